import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { exitOf, node, shareSignals } from './run.ts'

export type ElectronBinary =
  | { readonly isThere: true; readonly path: string }
  /** `reason` completes "Electron cannot be used: ...". */
  | { readonly isThere: false; readonly reason: string }

/** A failed download is not tried again for so long, so that the next start is immediate. */
const PATIENCE_MS = 6 * 3_600_000
/** Without one more byte for so long a download is given up. A slow one may take its time. */
const STALL_LIMIT_MS = 45_000
const DOWNLOAD_LIMIT_MS = 30 * 60_000

const inPackage: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
}

/** Electron's own rule (node_modules/electron/index.js): path.txt names the file, the variable the folder. */
const locate = (electron: string): string => {
  const pathFile = join(electron, 'path.txt')
  const file = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : (inPackage[process.platform] ?? 'electron')
  return join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(electron, 'dist'), file)
}

const bytesIn = (folder: string): number => {
  const sizeOf = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
  try {
    return readdirSync(folder, { encoding: 'utf8', recursive: true }).reduce((sum, name) => sum + sizeOf(name), 0)
  } catch {
    return 0 // the installer removed a folder in between
  }
}

/** Runs Electron's own installer, which keeps what it downloads in the temporary folder: there its progress shows. */
const download = async (electron: string): Promise<boolean> => {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-electron-'))
  const stdio = process.env['EARSHOT_DEBUG'] === '1' ? 'inherit' : 'ignore'
  const env = { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder }
  const child = spawn(node, [join(electron, 'install.js')], { stdio, env, timeout: DOWNLOAD_LIMIT_MS })
  shareSignals(child)
  let [bytes, grewAt] = [0, performance.now()]
  const watching = setInterval(() => {
    const now = bytesIn(folder)
    if (now !== bytes) [bytes, grewAt] = [now, performance.now()]
    if (performance.now() - grewAt > STALL_LIMIT_MS) child.kill()
    if (process.stdout.isTTY) process.stdout.write(`\r  ${String(Math.round(bytes / 1e6))} MB `)
  }, 1000)
  const code = await exitOf(child)
  clearInterval(watching)
  if (process.stdout.isTTY) process.stdout.write('\r\u001b[2K')
  rmSync(folder, { recursive: true, force: true })
  return code === 0
}

/**
 * Finds the Electron binary, and gets it once when the npm package came without: the package downloads it on first
 * use, from outside the package registry, which not every network allows.
 * @param root folder of package.json
 * @param isPatient false tries again at once although a download failed lately
 */
export const findElectron = async (root: string, isPatient: boolean): Promise<ElectronBinary> => {
  const electron = join(root, 'node_modules', 'electron')
  const path = locate(electron)
  if (existsSync(path)) return { isThere: true, path }
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH']
  if (override) return { isThere: false, reason: `ELECTRON_OVERRIDE_DIST_PATH has no ${path}` }
  const failure = join(root, 'node_modules', '.cache', 'earshot', 'no-electron')
  const failedAt = statSync(failure, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (isPatient && Date.now() - failedAt < PATIENCE_MS) {
    return {
      isThere: false,
      reason: 'its download failed a short while ago; npm start -- --retry-electron tries again',
    }
  }
  console.log('Downloading Electron, once (about 120 MB)...')
  if ((await download(electron)) && existsSync(locate(electron))) return { isThere: true, path: locate(electron) }
  mkdirSync(dirname(failure), { recursive: true })
  writeFileSync(failure, '')
  return { isThere: false, reason: 'it could not be downloaded from GitHub' }
}
