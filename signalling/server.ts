import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { IceServer } from '#signalling/protocol.ts'
import { ClusterStore } from './cluster/cluster-store.ts'
import type { Cluster, OpenCluster } from './cluster/cluster.ts'
import { Desk } from './cluster/desk.ts'
import { JoinedServer } from './cluster/joined-server.ts'
import { Notices } from './cluster/notices.ts'
import { ownProtocol } from './cluster/own-protocol.ts'
import type { Dialect } from './dialects/dialect.ts'
import { openDialects } from './dialects/dialects.ts'
import { Appointments } from './domain/appointments.ts'
import type { Clock } from './domain/clock.ts'
import { ResumeTokens } from './domain/resume-tokens.ts'
import { Rooms } from './domain/rooms.ts'
import type { SuccessionContext } from './domain/room-succession.ts'
import { StoredRooms } from './domain/saved-rooms.ts'
import { IceServers, type TurnOptions } from './domain/turn-credentials.ts'
import { HostSigner } from './domain/wills.ts'
import { Access, type AccessOptions } from './http/access.ts'
import { Addresses } from './http/addresses.ts'
import { Hosts } from './http/hosts.ts'
import { RecentFault } from './http/health.ts'
import { Entrance, type TlsCertificate } from './http/entrance.ts'
import { listen, urlFor } from './http/http-server.ts'
import { iceRoute } from './http/ice.ts'
import { ownHostRoute } from './http/own-host.ts'
import { openPage } from './http/page.ts'
import { createRequestListener } from './http/request-listener.ts'
import { successionRoute } from './http/succession.ts'
import type { Log } from './log.ts'
import { Tally, type OpenMetrics } from './metrics.ts'
import { defaultServerLimits, type ServerLimits } from './server-limits.ts'
import { openStore } from './store/open-store.ts'
import { readServerKey } from './store/server-key.ts'
import type { StoreFault } from './store/store.ts'
import { createSystemClock } from './system-clock.ts'
import { SocketIoTransport } from './transports/socket-io.ts'
import { TurnRelay } from './turn/turn-relay.ts'

export type { Log } from './log.ts'

export interface SignallingServerOptions {
  /**
   * Speaks TLS 1.3 on its one port; programs of this machine are still answered over plain HTTP, everybody else is sent to
   * https. Without it, plain HTTP for all: there may be a proxy in front.
   */
  readonly tls?: TlsCertificate | undefined
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
  /**
   * Joins those who reach this server but not each other: a TURN server of its own, on the same port by UDP and TCP. Off by
   * default, and in a server of several processes, where people of one room may be at different ones.
   */
  readonly relay?: boolean | undefined
  /**
   * On somebody's own computer: others there may go on with its rooms when it is gone, by what its key of `tls` signs. `ownerKey`
   * lets whoever shows it have this server go on with rooms of others; null: nobody may. Without `tls`, and in a server of several
   * processes, its rooms end with it.
   */
  readonly succession?: { readonly ownerKey: string | null } | undefined
  /** What has to be shown by whoever makes rooms, or by everyone; nothing by default. */
  readonly access?: AccessOptions | undefined
  /** Measures, and answers `/metrics`; off by default. */
  readonly metrics?: OpenMetrics | undefined
  /** Addresses and ranges of reverse proxies whose `X-Forwarded-For` says who is counted. */
  readonly trustedProxies?: readonly string[] | undefined
  /** Joins it with other processes, which are one server together; by default it is alone. */
  readonly openCluster?: OpenCluster | undefined
  /** Where a device is asked to come by a POST of `{ sessionId, deviceId }`, beside its own open connections. */
  readonly deviceNotifyUrl?: string | undefined
  /** What the page of this very computer is told of how others reach it (`HostState` of electron/ipc.ts); nothing by default. */
  readonly describeHost?: (() => unknown) | undefined
  readonly limits?: Partial<ServerLimits> | undefined
  readonly log?: Log | undefined
}

export interface SignallingServer {
  /** As this machine reaches it, for example `http://localhost:8001`. */
  readonly url: string
  readonly port: number
  /**
   * Shown to those who connect from now on; with `succession`, wills are signed with its key. Throws Node's error, and changes
   * nothing, when it is no key with its certificate, or the server was started without `tls`.
   */
  readonly setCertificate: (certificate: TlsCertificate) => void
  /** Whether anybody from another computer was answered since it started. */
  readonly wasReached: () => boolean
  /** Tells everyone, then closes all connections; resolves within 2 s. Closing twice is no error. */
  readonly close: () => Promise<void>
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

/** The rooms, and what is kept of them: here, or by all processes together. */
const openRooms = async (
  { dataDir, openCluster }: SignallingServerOptions,
  { limits, clock, log, succession }: Base & Pick<Edge, 'succession'>,
) => {
  const ownKey = await readServerKey(dataDir, log)
  const cluster = (await openCluster?.({ limits, clock, log, ownKey })) ?? null
  const tokens = new ResumeTokens(cluster?.serverKey ?? ownKey)
  const shared = cluster && { cluster, store: new ClusterStore(cluster.journal) }
  const store = shared?.store ?? (await openStore(dataDir, { limits, log }))
  const storeFault = new RecentFault(clock, limits.storeFaultMs)
  const onFault = ({ kind, cause }: StoreFault) => {
    storeFault.note()
    log('error', 'store-fault', { kind, fault: String(cause) })
  }
  const appointments = new Appointments({ store, limits, clock, onFault })
  const saves = store.rooms && new StoredRooms({ store: store.rooms, limits, clock, onFault })
  const kept = { books: appointments, ...(saves && { saves }), ...(cluster && { journal: cluster.journal }) }
  const rooms = new Rooms({ limits, clock, tokens, succession, ...kept })
  const closeStore = () => {
    appointments.close()
    store.close()
  }
  return { rooms, appointments, store, storeFault, shared, closeStore }
}

const readyChecksOf = (transport: SocketIoTransport, storeFault: RecentFault, cluster: Cluster | undefined) => [
  () => (transport.isStopping ? 'stopping' : null),
  () => (storeFault.isRecent() ? 'store-failed' : null),
  () => cluster?.whyNotReady() ?? null,
]

/** For dialects of a server of several processes: what they need to know of the others. */
const openNeighbourhood = (cluster: Cluster, base: Base) => {
  const desk = new Desk(cluster.mail, base.log)
  const claim = async (key: string) => (await cluster.homes.find({ kind: 'place', key })).where === 'here'
  return { desk, claim, elsewhere: new Notices({ desk, ...base }) }
}

const openSuccession = ({ tls, succession, openCluster }: SignallingServerOptions): SuccessionContext | null =>
  tls === undefined || succession === undefined || openCluster !== undefined
    ? null
    : { signer: new HostSigner(tls.key), ownerKey: succession.ownerKey }

/** What carries requests is given to the transport and to the listener alike. */
const openEdge = (options: SignallingServerOptions, base: Base) => {
  const relay = options.relay === true && options.openCluster === undefined ? new TurnRelay(base) : null
  const onStun = relay === null ? undefined : (socket: Socket) => relay.takeTcp(socket)
  const entrance = new Entrance({ ...base, tls: options.tls ?? null, onStun })
  return {
    ...base,
    entrance,
    relay,
    http: entrance.http,
    isRedirected: (request: IncomingMessage) => entrance.isRedirected(request),
    hosts: new Hosts(options.allowedOrigins ?? []),
    addresses: new Addresses(base.limits, base.clock, options.trustedProxies),
    access: new Access(options.access ?? null),
    ice: new IceServers(options.iceServers ?? [], options.turn ?? null, base.clock, relay),
    tally: options.metrics === undefined ? null : new Tally(),
    succession: openSuccession(options),
  }
}

type Edge = ReturnType<typeof openEdge>

/** HTTP calls that belong to no system of its own wire. */
const plainRoutes = ({ ice }: Edge, rooms: Rooms, { describeHost }: SignallingServerOptions) => [
  iceRoute(ice),
  successionRoute(rooms),
  ownHostRoute(describeHost ?? (() => null)),
]

/** Ends every connection; those that have not got to a request by then are cut. */
const closeConnections = async (transport: SocketIoTransport, { entrance, limits, clock }: Edge): Promise<void> => {
  const cancel = clock.schedule(limits.stoppingMs + limits.closingMs, () => entrance.cut())
  await transport.stop()
  cancel()
}

/** What whoever started the server holds of it. */
const serverOn = (
  port: number,
  host: string | undefined,
  { entrance, succession }: Edge,
  close: () => Promise<void>,
) => {
  let closing: Promise<void> | undefined
  const setCertificate = (certificate: TlsCertificate) => {
    const changeKey = succession?.signer.prepare(certificate.key)
    entrance.setCertificate(certificate)
    changeKey?.()
  }
  return {
    url: urlFor(host, port),
    port,
    setCertificate,
    wasReached: () => entrance.wasReached,
    close: () => (closing ??= close()),
  }
}

/**
 * Starts a signalling server: rooms over Socket.IO, `/health`, and the page for browser guests. Reads no environment
 * and prints nothing. Rejects with Node's error when it can not listen (`code: 'EADDRINUSE'` when the port is taken)
 * or can not use `dataDir` or `tls` (with `succession`: a key on the curve P-256).
 */
export const startSignallingServer = async (options: SignallingServerOptions = {}): Promise<SignallingServer> => {
  const { host, pageDir, log = () => undefined } = options
  const base: Base = { limits: { ...defaultServerLimits, ...options.limits }, clock: createSystemClock(log), log }
  const edge = openEdge(options, base)
  const { rooms, appointments, store, storeFault, shared, closeStore } = await openRooms(options, edge)
  const neighbourhood = shared && openNeighbourhood(shared.cluster, base)
  const dialects = openDialects({
    ...{ ...base, rooms, appointments, store, ...neighbourhood },
    roomElsewhere: (address) => joined && joined.roomSession(address),
    takePlace: (address) => edge.addresses.enter(address),
    live: { iceServers: options.iceServers ?? [], deviceNotifyUrl: options.deviceNotifyUrl ?? null },
  })
  const routes = dialects.flatMap((dialect) => dialect.routes ?? [])
  const own = ownProtocol({ rooms, services: { iceFor: (peer) => edge.ice.for(peer) }, log, tally: edge.tally })
  const joined =
    shared && neighbourhood && new JoinedServer({ ...base, ...shared, ...neighbourhood, rooms, dialects, routes, own })
  const sockets = dialects.flatMap((dialect) => dialect.sockets ?? [])
  const transport = new SocketIoTransport({ ...edge, rooms, dialects: sockets, forwarding: joined?.forwarding })
  const metrics = options.metrics?.({
    tally: edge.tally ?? new Tally(),
    connections: () => transport.connections().set('sse', listener.streams().length),
    census: () => rooms.census(),
    relayedSignals: () => rooms.relayedSignals,
    relay: edge.relay,
  })
  const listener = createRequestListener({
    ...edge,
    servePage: pageDir === undefined ? null : openPage(pageDir),
    routes: [...routes, ...plainRoutes(edge, rooms, options), ...(metrics?.routes ?? [])],
    poll: (request, response) => transport.poll(request, response),
    forward: joined && ((route, exchange) => joined.exchanges.forward(route, exchange)),
    readyChecks: readyChecksOf(transport, storeFault, shared?.cluster),
  })
  edge.http.on('request', listener.listen)
  edge.entrance.watchReach()
  if (joined !== null) shared?.cluster.start(joined)
  const port = await listen(edge.http, options.port ?? 0, host, log).catch((fault: unknown) => {
    metrics?.close()
    closeStore()
    void shared?.cluster.close()
    throw fault
  })
  await edge.relay?.listenUdp(port, host)
  log('info', 'server-started', { port })

  return serverOn(port, host, edge, async () => {
    log('info', 'server-stopping', rooms.census())
    transport.announceStop()
    await closeDialects(dialects, base)
    for (const stream of listener.streams()) stream.end()
    joined?.exchanges.close()
    metrics?.close()
    await Promise.all([shared?.cluster.close(), closeConnections(transport, edge), edge.relay?.close()])
    rooms.close()
    closeStore()
  })
}
