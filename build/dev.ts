/**
 * `npm run dev`: the app with the page from Vite, which reloads in place; the desktop restarts when its own sources
 * change. Without an Electron binary the page opens in the machine's browser, and the server restarts instead.
 * A second `npm run dev -- --profile=2` opens a window of a second person on what the first one runs.
 */
import { homedir } from 'node:os'
import { createServer, type ViteDevServer } from 'vite'
import { openBrowserWindow } from './browser-window.ts'
import { runDesktopWithReload } from './desktop-reload.ts'
import { findElectron } from './electron-binary.ts'
import { startLocalServer } from './local-server.ts'
import { runMain } from './run.ts'
import { parseStartArguments, type StartArguments } from './start-arguments.ts'
import { hasDisplay, stateFolder } from './state-folder.ts'
import { buildStale } from './what-is-stale.ts'

/** As in vite.config.ts. */
const PAGE_URL = 'http://127.0.0.1:5173/'

const machine = { platform: process.platform, env: process.env, home: homedir() }
const noScreen = { isThere: false, reason: 'there is no screen here' } as const

const isServedAlready = async (): Promise<boolean> => {
  const answered = fetch(`${PAGE_URL}@vite/client`, { signal: AbortSignal.timeout(1000) })
  return await answered.then(
    ({ ok }) => ok,
    () => false,
  )
}

/** `serverUrl`: where the page finds the signalling server under its own address; the desktop brings its own. */
const servePage = async (serverUrl: string | null): Promise<ViteDevServer> => {
  const proxied = serverUrl === null ? {} : { '/socket.io': { target: serverUrl, ws: true }, '/health': serverUrl }
  const vite = await createServer({ configFile: 'vite.config.ts', root: 'renderer', server: { proxy: proxied } })
  return await vite.listen()
}

/** Resolves when the window is closed; at once where none can be opened. */
const openWindow = async (folder: string): Promise<'closed' | 'none'> => {
  const code = hasDisplay(machine) ? await openBrowserWindow(PAGE_URL, folder) : null
  if (code !== null) return 'closed'
  console.log(`Open ${PAGE_URL} in a browser. Ctrl+C stops everything.`)
  return 'none'
}

const runInDesktop = async (path: string, { forApp }: StartArguments): Promise<number> => {
  const isFirst = !(await isServedAlready())
  const vite = isFirst ? await servePage(null) : null
  await buildStale('desktop')
  const code = await runDesktopWithReload({ path, args: forApp, pageUrl: PAGE_URL, isBuilder: isFirst })
  await vite?.close()
  return code
}

const runInBrowser = async (folder: string): Promise<number> => {
  if (await isServedAlready()) {
    await openWindow(folder)
    return 0
  }
  const server = await startLocalServer(folder, { nodeArgs: ['--watch'] })
  const vite = await servePage(server.url)
  const first = await Promise.race([openWindow(folder), server.ended])
  const code = first === 'none' ? await server.ended : first
  await vite.close()
  await server.stop()
  return code === 'closed' ? 0 : code
}

await runMain(async () => {
  const options = parseStartArguments(process.argv.slice(2))
  const folder = stateFolder(machine, options.profile)
  const electron = await (hasDisplay(machine) ? findElectron(process.cwd(), options.isPatient) : noScreen)
  if (electron.isThere) return await runInDesktop(electron.path, options)
  console.log(`Electron cannot be used (${electron.reason}), so the page opens in the browser instead.`)
  return await runInBrowser(folder)
})
