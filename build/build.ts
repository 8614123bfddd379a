import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type InlineConfig } from 'vite'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const distDir = resolve(root, 'dist')

/** What the running Electron brings; everything else is bundled, so that the package needs no node_modules. */
const external = ['electron', /^node:/, ...builtinModules]

/** One entry into one file. Never empties the folder: the page beside it may be in use. */
const bundle = (entry: string, outDir: string, fileName: string, format: 'es' | 'cjs'): InlineConfig => ({
  configFile: false,
  root,
  logLevel: 'warn',
  // Packages that look at import conditions get their Node build.
  resolve: { conditions: ['node', 'module', 'default'] },
  ssr: { noExternal: true, external: ['electron'] },
  build: {
    ssr: true,
    outDir,
    emptyOutDir: false,
    target: 'node24',
    minify: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { [fileName]: resolve(root, entry) },
      external,
      output: { format, entryFileNames: '[name]', codeSplitting: false },
    },
  },
})

/** Builds the page by vite.config.ts into `renderer/` of `into`. */
export const buildPage = async (into = distDir): Promise<void> => {
  await build({
    root: resolve(root, 'renderer'),
    configFile: resolve(root, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: resolve(into, 'renderer') },
  })
}

/**
 * Puts SQLite's native part for this system beside the bundle, where signalling/store/sqlite-file.ts looks for it. The
 * packages get that of the system they are for (electron-builder.config.ts). Where there is none, the server keeps in memory.
 */
const copySqlite = async (outDir: string): Promise<void> => {
  const name = `${process.platform}-${process.arch}.node`
  const prebuilt = resolve(root, 'node_modules/better-sqlite3/prebuilds', name)
  if (!existsSync(prebuilt)) return
  await mkdir(resolve(outDir, 'prebuilds'), { recursive: true })
  const target = resolve(outDir, 'prebuilds', name)
  if (existsSync(target) && (await readFile(target)).equals(await readFile(prebuilt))) return
  // A server that runs has the former file loaded: it is replaced, never written over.
  await rm(target, { force: true })
  await copyFile(prebuilt, target)
}

/** Builds main process, host process and preload into `electron/` of `into`: one file each. */
export const buildDesktop = async (into = distDir): Promise<void> => {
  const outDir = resolve(into, 'electron')
  await build(bundle('electron/main.ts', outDir, 'main.js', 'es'))
  await build(bundle('electron/host-process.ts', outDir, 'host-process.js', 'es'))
  await copySqlite(outDir)
  // A sandboxed preload is a plain script: CommonJS, one file (Electron, "ES Modules", section "Preload").
  await build(bundle('electron/preload.ts', outDir, 'preload.cjs', 'cjs'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const part = process.argv[2] ?? 'all'
  if (part === 'page' || part === 'all') await buildPage()
  if (part === 'desktop' || part === 'all') await buildDesktop()
  if (!['page', 'desktop', 'all'].includes(part)) {
    console.error(`Unknown part "${part}": page, desktop or all.`)
    process.exitCode = 1
  }
}
