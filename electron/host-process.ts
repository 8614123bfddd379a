/** The embedded server: runs in a utility process of its own, takes orders from the main process, reports back. */
import { inspect } from 'node:util'
import * as v from 'valibot'
import { startSignallingServer } from '#signalling/server.ts'
import { HostOrder, type HostReport, type StartOrder } from './host-messages.ts'

type SignallingServer = Awaited<ReturnType<typeof startSignallingServer>>

const { parentPort } = process
const report = (message: HostReport): void => parentPort.postMessage(message)

/** EACCES: Windows keeps ranges of ports for itself (`netsh int ipv4 show excludedportrange`). */
const isPortTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')

const writeLog = (level: 'error' | 'warn' | 'info', event: string, fields: object): void =>
  report({ kind: 'log', level, message: `${event} ${JSON.stringify(fields)}`.slice(0, 8000) })

/** Starts on the first free port of the order; null when none is. */
const startOnFreePort = async (order: StartOrder): Promise<SignallingServer | null> => {
  for (const port of order.ports) {
    try {
      return await startSignallingServer({
        port,
        pageDir: order.pageDir,
        dataDir: order.dataDir,
        allowedOrigins: order.allowedOrigins,
        log: (level, event, fields) => {
          if (level !== 'debug') writeLog(level, event, fields)
        },
      })
    } catch (error) {
      if (!isPortTaken(error)) throw error
    }
  }
  return null
}

let server: SignallingServer | null = null

const obey = async (order: HostOrder): Promise<void> => {
  if (order.kind === 'stop') {
    await server?.close()
    process.exit(0)
  }
  server = await startOnFreePort(order)
  report(server === null ? { kind: 'no-free-port' } : { kind: 'listening', port: server.port })
}

/** Electron only warns of an unhandled rejection here (since 37); a server in an unknown state must not go on. */
process.on('unhandledRejection', (error) => {
  process.stderr.write(`${inspect(error)}\n`)
  process.exit(1)
})

parentPort.on('message', (event) => {
  void obey(v.parse(HostOrder, event.data))
})
report({ kind: 'ready' })
