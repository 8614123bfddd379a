/** The process that plays Electron's main process: `node electron-stand-in-entry.ts <main script> [arguments]`. */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { appStandIn, electron, standIn } from './electron-stand-in-world.ts'

const mainScript = process.argv[2]!
process.argv.splice(0, 3, process.execPath, mainScript)
Object.defineProperty(process, 'type', { value: 'browser' })
Object.defineProperty(process, 'versions', {
  value: { ...process.versions, electron: '45.4.1', chrome: '156.0.8078.100' },
})

const moduleUrl = new URL('electron-stand-in-module.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: moduleUrl, shortCircuit: true } : next(specifier, context),
})

interface Evaluation {
  readonly id: number
  readonly source: string
  readonly argument: unknown
}
const answer = async ({ id, source, argument }: Evaluation): Promise<void> => {
  try {
    // The test's own function, as text: this is how Playwright's ElectronApplication.evaluate does it too.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
    const value: unknown = await new Function(`return (${source})`)()({ electron, standIn }, argument)
    process.send?.({ id, value })
  } catch (error) {
    process.send?.({ id, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
process.on('message', (evaluation: Evaluation) => void answer(evaluation))
// The test is gone: nothing is left behind.
process.once('disconnect', () => appStandIn.exit(1))

await import(pathToFileURL(mainScript).href)
appStandIn.becomeReady()
process.send?.({ id: 0 })
