/** The embedded server: runs in a utility process of its own, takes orders from the main process, reports back. */
import { inspect } from 'node:util'
import * as v from 'valibot'
import { startSignallingServer } from '#signalling/server.ts'
import { HostOrder, type HostReport, type StartOrder } from './host-messages.ts'

/** How often it is looked whether others have reached the server; who asks for that waits for seconds anyhow. */
const REACH_MS = 500

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
        tls: order.tls,
        succession: { ownerKey: order.ownerKey },
        relay: true,
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

const tellWhenReached = ({ wasReached }: SignallingServer): void => {
  const timer = setInterval(() => {
    if (!wasReached()) return
    clearInterval(timer)
    report({ kind: 'reached' })
  }, REACH_MS)
}

let server: SignallingServer | null = null

/** One that is of no use costs nobody the meeting: the former one stays. */
const changeCertificate = (tls: StartOrder['tls']): void => {
  try {
    server?.setCertificate(tls)
  } catch (error) {
    writeLog('error', 'certificate-refused', { fault: String(error) })
  }
}

const start = async (order: StartOrder): Promise<void> => {
  server = await startOnFreePort(order)
  if (server !== null) tellWhenReached(server)
  report(server === null ? { kind: 'no-free-port' } : { kind: 'listening', port: server.port })
}

const obey = async (order: HostOrder): Promise<void> => {
  if (order.kind === 'stop') {
    await server?.close()
    process.exit(0)
  }
  if (order.kind === 'certificate') changeCertificate(order.tls)
  else await start(order)
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
