import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import { isIPv6, type AddressInfo } from 'node:net'
import type { IceServer } from '#signalling/protocol.ts'
import type { Dialect } from './dialects/dialect.ts'
import { openDialects } from './dialects/dialects.ts'
import { Appointments } from './domain/appointments.ts'
import type { Clock } from './domain/clock.ts'
import { ResumeTokens } from './domain/resume-tokens.ts'
import { Rooms } from './domain/rooms.ts'
import { IceServers, type TurnOptions } from './domain/turn-credentials.ts'
import { Access, type AccessOptions } from './http/access.ts'
import { Addresses } from './http/addresses.ts'
import { Hosts } from './http/hosts.ts'
import { RecentFault } from './http/health.ts'
import { iceRoute } from './http/ice.ts'
import { openPage } from './http/page.ts'
import { createRequestListener } from './http/request-listener.ts'
import type { Log } from './log.ts'
import { Tally, type OpenMetrics } from './metrics.ts'
import { defaultServerLimits, type ServerLimits } from './server-limits.ts'
import { openStore } from './store/open-store.ts'
import { readServerKey } from './store/server-key.ts'
import type { StoreFault } from './store/store.ts'
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
  /** Told to everyone who connects; none by default, so that no third party is contacted. Never holds a shared password. */
  readonly iceServers?: readonly IceServer[] | undefined
  /** A TURN server that shares a secret with this one: everyone who connects is told a credential of their own. */
  readonly turn?: TurnOptions | undefined
  /** What has to be shown by whoever makes rooms, or by everyone; nothing by default. */
  readonly access?: AccessOptions | undefined
  /** Measures, and answers `/metrics`; off by default. */
  readonly metrics?: OpenMetrics | undefined
  /** Addresses and ranges of reverse proxies whose `X-Forwarded-For` says who is counted. */
  readonly trustedProxies?: readonly string[] | undefined
  /** Where a device is asked to come by a POST of `{ sessionId, deviceId }`, beside its own open connections. */
  readonly deviceNotifyUrl?: string | undefined
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

interface Base {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Log
}

/** Lets each end its streams and timers. One that fails or takes too long does not hold up the others. */
const closeDialects = async (dialects: readonly Dialect[], { limits, clock, log }: Base): Promise<void> => {
  const closed = dialects.map(async ({ close }) => {
    try {
      await close?.()
    } catch (fault) {
      log('error', 'dialect-fault', { fault: String(fault) })
    }
  })
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const cancel = clock.schedule(limits.dialectsClosingMs, () => resolve(undefined))
  await Promise.race([Promise.all(closed), late])
  cancel()
}

/** The rooms, and what is kept of them. */
const openRooms = async (dataDir: string | undefined, { limits, clock, log }: Base) => {
  const tokens = new ResumeTokens(await readServerKey(dataDir, log))
  const store = await openStore(dataDir, { limits, log })
  const storeFault = new RecentFault(clock, limits.storeFaultMs)
  const onFault = ({ kind, cause }: StoreFault) => {
    storeFault.note()
    log('error', 'store-fault', { kind, fault: String(cause) })
  }
  const appointments = new Appointments({ store, limits, clock, onFault })
  const rooms = new Rooms({ limits, clock, tokens, books: appointments })
  const closeStore = () => {
    appointments.close()
    store.close()
  }
  return { rooms, appointments, store, storeFault, closeStore }
}

const listen = async (http: HttpServer, port: number, host: string | undefined, log: Log): Promise<number> => {
  http.listen({ port, ...(host === undefined ? {} : { host }) })
  await once(http, 'listening')
  // Such as EMFILE while accepting: one connection is lost, the server goes on.
  http.on('error', (fault) => log('error', 'http-fault', { fault: String(fault) }))
  return (http.address() as AddressInfo).port
}

/** What carries requests is given to the transport and to the listener alike. */
const openEdge = (options: SignallingServerOptions, base: Base) => ({
  ...base,
  http: createHttpServer(base.limits),
  hosts: new Hosts(options.allowedOrigins ?? []),
  addresses: new Addresses(base.limits, base.clock, options.trustedProxies),
  access: new Access(options.access ?? null),
  ice: new IceServers(options.iceServers ?? [], options.turn ?? null, base.clock),
  tally: options.metrics === undefined ? null : new Tally(),
})

/**
 * Starts a signalling server: rooms over Socket.IO, `/health`, and the page for browser guests. Reads no environment
 * and prints nothing. Rejects with Node's error when it can not listen (`code: 'EADDRINUSE'` when the port is taken)
 * or can not use `dataDir`.
 */
export const startSignallingServer = async (options: SignallingServerOptions = {}): Promise<SignallingServer> => {
  const { host, pageDir, log = () => undefined } = options
  const base: Base = { limits: { ...defaultServerLimits, ...options.limits }, clock: createSystemClock(log), log }
  const { rooms, appointments, store, storeFault, closeStore } = await openRooms(options.dataDir, base)
  const edge = openEdge(options, base)
  const dialects = openDialects({
    ...{ ...base, rooms, appointments, store },
    takePlace: (address) => edge.addresses.enter(address),
    live: { iceServers: options.iceServers ?? [], deviceNotifyUrl: options.deviceNotifyUrl ?? null },
  })
  const sockets = dialects.flatMap((dialect) => dialect.sockets ?? [])
  const transport = new SocketIoTransport({ ...edge, rooms, dialects: sockets })
  const metrics = options.metrics?.({
    tally: edge.tally ?? new Tally(),
    connections: () => transport.connections().set('sse', listener.streams().length),
    census: () => rooms.census(),
    relayedSignals: () => rooms.relayedSignals,
  })
  const listener = createRequestListener({
    ...edge,
    servePage: pageDir === undefined ? null : openPage(pageDir),
    routes: [...dialects.flatMap(({ routes }) => routes ?? []), iceRoute(edge.ice), ...(metrics?.routes ?? [])],
    poll: (request, response) => transport.poll(request, response),
    readyChecks: [
      () => (transport.isStopping ? 'stopping' : null),
      () => (storeFault.isRecent() ? 'store-failed' : null),
    ],
  })
  edge.http.on('request', listener.listen)
  const port = await listen(edge.http, options.port ?? 0, host, log).catch((fault: unknown) => {
    metrics?.close()
    closeStore()
    throw fault
  })
  log('info', 'server-started', { port })

  let closing: Promise<void> | undefined
  const close = async () => {
    log('info', 'server-stopping', rooms.census())
    transport.announceStop()
    await closeDialects(dialects, base)
    for (const stream of listener.streams()) stream.end()
    rooms.close()
    metrics?.close()
    await transport.stop()
    closeStore()
  }
  return { url: urlFor(host, port), port, close: () => (closing ??= close()) }
}
