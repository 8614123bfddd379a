/**
 * `npm start`: opens the desktop app. Without an Electron binary, or when it cannot start here, the same app opens in
 * the machine's own browser with the server beside it; without a screen the server alone runs and says where.
 *
 *   npm start -- [--profile=NAME] [--retry-electron] [what the app itself understands]
 */
import { homedir } from 'node:os'
import { openBrowserWindow, rootArgs } from './browser-window.ts'
import { findElectron } from './electron-binary.ts'
import { startLocalServer, type LocalServer } from './local-server.ts'
import { run, runMain } from './run.ts'
import { forgetAddress, rememberAddress, runningAddress } from './running-address.ts'
import { parseStartArguments, type StartArguments } from './start-arguments.ts'
import { hasDisplay, stateFolder } from './state-folder.ts'
import { buildStale } from './what-is-stale.ts'

const machine = { platform: process.platform, env: process.env, home: homedir() }
/** What ends with an error this soon did not start at all. */
const START_MS = 10_000

type Attempt = { readonly started: true; readonly code: number } | { readonly started: false; readonly reason: string }

const ran = async (running: Promise<number>): Promise<{ code: number; started: boolean }> => {
  const startedAt = performance.now()
  const code = await running
  return { code, started: code === 0 || code > 128 || performance.now() - startedAt > START_MS }
}

const startDesktop = async ({ isPatient, forApp }: StartArguments): Promise<Attempt> => {
  const electron = await findElectron(process.cwd(), isPatient)
  if (!electron.isThere) return { started: false, reason: electron.reason }
  await buildStale('desktop')
  const { code, started } = await ran(run([electron.path, ...rootArgs, '.', ...forApp]))
  return started ? { started, code } : { started, reason: `it ended at once with code ${String(code)}` }
}

const tellOthers = ({ urlForOthers }: LocalServer): void => {
  if (urlForOthers === null) console.log('This computer is on no network, so that nobody else can join.')
  else
    console.log(
      `Others on this network open ${urlForOthers}; their browser warns them once, as this computer vouches for itself.`,
    )
}

const keepServing = async (url: string, ended: Promise<number>): Promise<number> => {
  console.log(`Open ${url} in a browser. Ctrl+C stops Earshot.`)
  return await ended
}

const startInBrowser = async (folder: string): Promise<number> => {
  const running = await runningAddress(folder)
  if (running !== null) {
    console.log(`Earshot is running already: ${running}`)
    return hasDisplay(machine) ? ((await openBrowserWindow(running, folder)) ?? 0) : 0
  }
  const server = await startLocalServer(folder)
  rememberAddress(folder, server.url)
  tellOthers(server)
  try {
    if (!hasDisplay(machine)) return await keepServing(server.url, server.ended)
    console.log('Closing the window stops Earshot.')
    const window = ran(openBrowserWindow(server.url, folder).then((code) => code ?? 127))
    const first = await Promise.race([window, server.ended])
    if (typeof first === 'number') return first
    if (!first.started) return await keepServing(server.url, server.ended)
    await server.stop()
    return 0
  } finally {
    forgetAddress(folder)
  }
}

await runMain(async () => {
  const options = parseStartArguments(process.argv.slice(2))
  const folder = stateFolder(machine, options.profile)
  await buildStale('page')
  if (!hasDisplay(machine)) {
    console.log('There is no screen here, so only the server runs.')
    return await startInBrowser(folder)
  }
  const desktop = await startDesktop(options)
  if (desktop.started) return desktop.code
  console.log(`Electron cannot be used (${desktop.reason}), so Earshot opens in the browser instead.`)
  return await startInBrowser(folder)
})
