import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import { isIPv6, type AddressInfo } from 'node:net'
import type { IceServer } from '#signalling/protocol.ts'
import { openDialects } from './dialects/dialects.ts'
import { ResumeTokens } from './domain/resume-tokens.ts'
import { Rooms } from './domain/rooms.ts'
import { Addresses } from './http/addresses.ts'
import { Hosts } from './http/hosts.ts'
import { openPage } from './http/page.ts'
import { createRequestListener } from './http/request-listener.ts'
import type { Log } from './log.ts'
import { defaultServerLimits, type ServerLimits } from './server-limits.ts'
import { readServerKey } from './store/server-key.ts'
import { createSystemClock } from './system-clock.ts'
import { SocketIoTransport } from './transports/socket-io.ts'

export type { Log } from './log.ts'

export interface SignallingServerOptions {
  /** Address to listen on; all of this machine's, IPv6 and IPv4, when there is none. */
  readonly host?: string | undefined
  /** 0, the default, takes any free port. */
  readonly port?: number | undefined
  /** Folder of the built page for people without the app; without it only a sentence is served. */
  readonly pageDir?: string | undefined
  /** Folder for what outlives a restart (the key of resume tokens); without it nothing does. */
  readonly dataDir?: string | undefined
  /** Origins of pages on other servers that may connect, for example `https://meet.example.org`. */
  readonly allowedOrigins?: readonly string[] | undefined
  /** Told to everyone who connects; none by default, so that no third party is contacted. */
  readonly iceServers?: readonly IceServer[] | undefined
  readonly limits?: Partial<ServerLimits> | undefined
  readonly log?: Log | undefined
}

export interface SignallingServer {
  /** As this machine reaches it, for example `http://localhost:8001`. */
  readonly url: string
  readonly port: number
  /** Tells everyone, then closes all connections; resolves within 2 s. Closing twice is no error. */
  readonly close: () => Promise<void>
}

const createHttpServer = (limits: ServerLimits): HttpServer => {
  const http = createServer({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.headersTimeoutMs,
    connectionsCheckingInterval: limits.checkConnectionsMs,
    maxHeaderSize: limits.headerBytes,
  })
  http.maxConnections = limits.tcpConnections
  return http
}

const urlFor = (host: string | undefined, port: number): string => {
  if (host === undefined || host === '::') return `http://localhost:${port}`
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/**
 * Starts a signalling server: rooms over Socket.IO, `/health`, and the page for browser guests. Reads no environment
 * and prints nothing. Rejects with Node's error when it can not listen (`code: 'EADDRINUSE'` when the port is taken)
 * or can not use `dataDir`.
 */
export const startSignallingServer = async (options: SignallingServerOptions = {}): Promise<SignallingServer> => {
  const { host, port = 0, pageDir, allowedOrigins = [], iceServers = [], log = () => undefined } = options
  const limits = { ...defaultServerLimits, ...options.limits }
  const clock = createSystemClock(log)
  const tokens = new ResumeTokens(await readServerKey(options.dataDir, log))
  const rooms = new Rooms({ limits, clock, tokens })
  const hosts = new Hosts(allowedOrigins)
  const addresses = new Addresses(limits, clock)
  const http = createHttpServer(limits)
  const dialects = openDialects({ rooms, clock, limits, log })
  const transport = new SocketIoTransport({
    ...{ http, rooms, hosts, addresses, limits, clock, log, iceServers },
    dialects: dialects.flatMap(({ sockets }) => sockets ?? []),
  })
  const answerRequest = createRequestListener({
    hosts,
    log,
    servePage: pageDir === undefined ? null : openPage(pageDir),
    routes: dialects.flatMap(({ routes }) => routes ?? []),
    poll: (request, response) => transport.poll(request, response),
    admit: (address, { rate = 'room' }) => addresses.takeRequest(address, rate),
  })
  http.on('request', answerRequest)
  http.listen({ port, ...(host === undefined ? {} : { host }) })
  await once(http, 'listening')
  // Such as EMFILE while accepting: one connection is lost, the server goes on.
  http.on('error', (fault) => log('error', 'http-fault', { fault: String(fault) }))

  let closing: Promise<void> | undefined
  const close = async () => {
    await Promise.all(dialects.map(({ close: closeDialect }) => closeDialect?.()))
    rooms.close()
    await transport.stop()
  }
  const { port: actualPort } = http.address() as AddressInfo
  return { url: urlFor(host, actualPort), port: actualPort, close: () => (closing ??= close()) }
}
