import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server } from 'socket.io'
import * as v from 'valibot'
import {
  Handshake,
  limits as wire,
  PROTOCOL_VERSION,
  type ErrorCode,
  type PeerId,
  type RequestName,
} from '#signalling/protocol.ts'
import type { Clock } from '../domain/clock.ts'
import { refuse } from '../domain/results.ts'
import { originOf } from '../domain/origins.ts'
import type { Rooms } from '../domain/rooms.ts'
import { Session } from '../domain/session.ts'
import type { IceServers } from '../domain/turn-credentials.ts'
import { tokensOf, type Access } from '../http/access.ts'
import type { Addresses } from '../http/addresses.ts'
import type { Hosts } from '../http/hosts.ts'
import { contain, type Log } from '../log.ts'
import type { Tally } from '../metrics.ts'
import type { ServerLimits } from '../server-limits.ts'
import { admitUpgrade, SOCKET_PATH } from './admission.ts'
import { Connection, type SignallingServerSocket, type SocketIoServer } from './connection.ts'
import type { Forwarding } from '../cluster/forwarding.ts'
import type { DialectSocket, SocketDialect } from '../dialects/dialect.ts'
import { newPeerId } from '../domain/peers.ts'
import { ForeignGate } from './foreign-gate.ts'
import { ForwardingGate, RequestGate, type Gate, type RequestGateOptions } from './request-gate.ts'
import { requests } from './requests.ts'

interface SocketIoOptions {
  readonly http: HttpServer
  readonly rooms: Rooms
  readonly hosts: Hosts
  readonly addresses: Addresses
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Log
  readonly ice: IceServers
  readonly access: Access
  /** Null when nobody counts. */
  readonly tally: Tally | null
  /** Spoken with clients that name no version of the protocol. */
  readonly dialects: readonly SocketDialect[]
  /** Of a server of several processes. */
  readonly forwarding?: Forwarding | null | undefined
}

/** A client of our own, as its packets and its end are handed on. */
interface OwnClient {
  /** Who it will be in the first room it joins. */
  readonly peerId: PeerId
  readonly gate: Gate
  readonly lost: () => void
}

/** Reaches a Socket.IO client as `connect_error` with this `data`; such a client does not try again by itself. */
const handshakeError = (code: ErrorCode): Error =>
  Object.assign(new Error(refuse(code).message), { data: { code, message: refuse(code).message } })

const settings = (limits: ServerLimits) => ({
  path: SOCKET_PATH,
  // Our own clients use WebSocket alone: one round trip instead of three. Those of other systems begin with long-polling.
  transports: ['websocket' as const, 'polling' as const],
  maxHttpBufferSize: wire.frameBytes,
  pingInterval: limits.pingIntervalMs,
  pingTimeout: limits.pingTimeoutMs,
  connectTimeout: limits.connectTimeoutMs,
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
})

/** What is used of a session of engine.io, as its untyped event hands it over. */
interface EngineSession {
  readonly request: IncomingMessage
  readonly once: (event: 'upgrade' | 'close', then: () => void) => void
}

/** Speaks the protocol over Socket.IO: sockets in, sessions of the domain out. */
export class SocketIoTransport {
  readonly #options: SocketIoOptions
  readonly #io: SocketIoServer
  readonly #tcp = new Set<Duplex>()
  /** Places of long-polling sessions that are just being opened. */
  readonly #opening = new WeakMap<IncomingMessage, () => void>()
  readonly #foreign = new Set<ForeignGate>()
  readonly #dialects: readonly SocketDialect[]
  #isStopping = false

  constructor(options: SocketIoOptions) {
    this.#options = options
    const { dialects, forwarding } = options
    this.#dialects = forwarding ? dialects.map((dialect) => forwarding.wrap(dialect)) : dialects
    this.#io = new Server(options.http, settings(options.limits))
    // Socket.IO put itself before every request and upgrade; it gets the admitted upgrades and nothing else.
    options.http.removeAllListeners('request').removeAllListeners('upgrade')
    options.http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#io.engine.on('connection', (session: EngineSession) => this.#keepPlace(session))
    this.#io.use((socket, next) => next(this.#checkHandshake(socket)))
    this.#io.on('connection', (socket) => contain(options.log, 'connection-fault', () => this.#open(socket)))
  }

  /**
   * A request of a long-polling client, whose host and origin have been checked. Answers false when there is no place for a
   * new session.
   */
  poll(request: IncomingMessage, response: ServerResponse): boolean {
    const isNew = !new URLSearchParams((request.url ?? '').split('?')[1] ?? '').has('sid')
    if (isNew) {
      const { addresses, tally } = this.#options
      const leave = this.#isStopping ? null : addresses.enter(addresses.of(request))
      if (leave === null) {
        tally?.refuse('no-place')
        return false
      }
      this.#opening.set(request, leave)
      response.once('close', () => {
        if (this.#opening.delete(request)) leave()
      })
    }
    this.#io.engine.handleRequest(request, response)
    return true
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  /** Open connections by transport: `websocket`, `polling`. */
  connections(): Map<string, number> {
    const counts = new Map([
      ['websocket', 0],
      ['polling', 0],
    ])
    for (const { conn } of this.#io.sockets.sockets.values())
      counts.set(conn.transport.name, (counts.get(conn.transport.name) ?? 0) + 1)
    return counts
  }

  /** Tells everyone that the server stops, each in the words of their system. From now on requests are refused. */
  announceStop(): void {
    this.#isStopping = true
    this.#io.emit('server:stopping')
    for (const foreign of this.#foreign) foreign.stopping()
  }

  /** Answers what still comes in with a refusal for a moment, then closes every connection. */
  async stop(): Promise<void> {
    const { limits, clock } = this.#options
    await new Promise<void>((resolve) => clock.schedule(limits.stoppingMs, resolve))
    const cancel = clock.schedule(limits.closingMs, () => {
      this.#options.http.closeAllConnections()
      for (const socket of this.#tcp) socket.destroy()
    })
    await this.#io.close()
    cancel()
  }

  /** The place of a long-polling session is given back when it ends or becomes a WebSocket, which has one of its own. */
  #keepPlace(session: EngineSession): void {
    const leave = this.#opening.get(session.request)
    if (leave === undefined) return
    this.#opening.delete(session.request)
    let hasLeft = false
    const leaveOnce = () => {
      if (!hasLeft) leave()
      hasLeft = true
    }
    session.once('upgrade', leaveOnce)
    session.once('close', leaveOnce)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { hosts, addresses, tally } = this.#options
    const onRefused = (reason: string) => tally?.refuse(reason)
    if (!admitUpgrade(request, socket, { hosts, addresses, onRefused, isStopping: () => this.#isStopping })) return
    this.#tcp.add(socket)
    socket.once('close', () => this.#tcp.delete(socket))
    this.#io.engine.handleUpgrade(request, socket, head)
  }

  #checkHandshake({ handshake, request }: SignallingServerSocket): Error | undefined {
    const said = v.safeParse(Handshake, handshake.auth)
    const refused = (code: ErrorCode) => {
      this.#options.tally?.refuse(code)
      return handshakeError(code)
    }
    if (!said.success) return refused('bad-request')
    const { version, token } = said.output
    if (version !== undefined && version !== PROTOCOL_VERSION) return refused('unsupported-version')
    const tokens = [token ?? [], tokensOf(request)].flat()
    return this.#options.access.mayEnter(tokens) ? undefined : refused('access-denied')
  }

  #mayCreate({ handshake, request }: SignallingServerSocket): boolean {
    const { token } = v.parse(Handshake, handshake.auth)
    return this.#options.access.mayCreate([token ?? [], tokensOf(request)].flat())
  }

  #open(socket: SignallingServerSocket): void {
    const { limits, clock, log, addresses, ice, tally } = this.#options
    const hasVersion = 'version' in socket.handshake.auth
    const mayCreate = this.#mayCreate(socket)
    const address = addresses.of(socket.request)
    const connection = new Connection(socket, limits)
    const hello: unknown = { ...socket.handshake.query, ...socket.handshake.auth }
    const refusal = (request: RequestName) => {
      if (this.#isStopping) return refuse('server-stopping')
      if (!hasVersion) return refuse('unsupported-version')
      return request === 'room:create' && !mayCreate ? refuse('access-denied') : null
    }
    const who = { id: socket.id, address, mayCreate }
    const { host } = socket.request.headers
    const services = { iceFor: (peer: PeerId) => ice.for(peer, host) }
    const own = this.#openOwn(socket, connection, who, { requests, limits, clock, log, refusal, tally, services })
    const foreign = hasVersion ? null : this.#openForeign(socket, connection, who)
    connection.takePackets(own.gate, foreign, log, () => {
      log('warn', 'flood-cut', { address })
      addresses.punish(address)
      connection.cut()
    })
    socket.on('disconnect', (reason) => {
      log('info', 'connection-closed', { reason })
      if (foreign !== null) this.#foreign.delete(foreign)
      // Nobody leaves because the server stops: the links between them stay, and nobody is told otherwise.
      if (this.#isStopping) return
      foreign?.lost()
      contain(log, 'disconnect-fault', own.lost)
    })
    connection.forgetHandshake()
    log('info', 'connection-opened', { transport: socket.conn.transport.name, isForeign: foreign !== null })
    connection.deliver(['session:opened', { peerId: own.peerId, ...services.iceFor(own.peerId) }])
    foreign?.greet(hello)
  }

  #openOwn(
    socket: SignallingServerSocket,
    connection: Connection,
    who: Pick<DialectSocket, 'id' | 'address' | 'mayCreate'>,
    options: RequestGateOptions,
  ): OwnClient {
    const { forwarding, rooms } = this.#options
    if (!forwarding) {
      const session = new Session(rooms, connection.deliver, { origin: originOf(who.address) })
      const gate = new RequestGate(session, options)
      return { peerId: session.peerId, gate, lost: () => session.lost() }
    }
    const peerId = newPeerId()
    const forwarded = forwarding.openOwn({ ...who, send: connection.send, close: () => socket.conn.close() }, peerId)
    const gate = new ForwardingGate(forwarded, () => connection.cutSlowReader(), options)
    return { peerId, gate, lost: () => forwarded.lost() }
  }

  #openForeign(
    socket: SignallingServerSocket,
    { send }: Connection,
    who: Pick<DialectSocket, 'id' | 'address' | 'mayCreate'>,
  ): ForeignGate {
    const { limits, clock, log, tally, forwarding } = this.#options
    // A client that is to come again finds its connection broken: one that is sent away stays away.
    const close = forwarding ? () => socket.conn.close() : () => void socket.disconnect(true)
    const foreign = new ForeignGate(
      { ...who, send, close },
      { dialects: this.#dialects, limits, clock, log, tally, isStopping: () => this.#isStopping },
    )
    this.#foreign.add(foreign)
    return foreign
  }
}
