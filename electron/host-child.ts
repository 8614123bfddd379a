import { utilityProcess } from 'electron'
import * as v from 'valibot'
import { HostReport, type HostOrder } from './host-messages.ts'
import type { Log } from './log.ts'

/** The process that the embedded server runs in, as `SignallingHost` needs it. */
export interface HostChild {
  order: (order: HostOrder) => void
  /** Ends it at once; `onExit` still follows. */
  kill: () => void
}

/** What a child tells whoever started it. `onExit` comes exactly once and last. */
export interface HostChildEvents {
  onReport: (report: HostReport) => void
  onExit: (code: number) => void
}
export type StartHostChild = (events: HostChildEvents) => HostChild

/** The environment of a server that reads none: only what the system's own libraries look at. */
const minimalEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LANG', 'TZ'].flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )

/** Answers a starter for `modulePath` (dist/electron/host-process.js), whose output goes to the log. */
export const hostChildStarter =
  (modulePath: string, log: Log): StartHostChild =>
  (events) => {
    const child = utilityProcess.fork(modulePath, [], {
      serviceName: 'Earshot host',
      env: minimalEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout?.on('data', (chunk: Buffer) => log.info(chunk.toString().trimEnd()))
    child.stderr?.on('data', (chunk: Buffer) => log.error(chunk.toString().trimEnd()))
    child.on('message', (message: unknown) => {
      const report = v.safeParse(HostReport, message)
      if (!report.success) log.error('The host process sent something unknown')
      else if (report.output.kind === 'log') log[report.output.level](report.output.message)
      else events.onReport(report.output)
    })
    child.once('exit', (code) => events.onExit(code))
    return {
      order: (order) => child.postMessage(order),
      kill: () => {
        child.kill()
      },
    }
  }
