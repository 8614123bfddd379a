import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server } from 'socket.io'
import * as v from 'valibot'
import { Handshake, limits as wire, PROTOCOL_VERSION, type ErrorCode, type IceServer } from '#signalling/protocol.ts'
import type { Clock } from '../domain/clock.ts'
import { refuse } from '../domain/results.ts'
import type { Rooms } from '../domain/rooms.ts'
import { Session } from '../domain/session.ts'
import type { Addresses } from '../http/addresses.ts'
import type { Hosts } from '../http/hosts.ts'
import { contain, type Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import { admitUpgrade, SOCKET_PATH } from './admission.ts'
import { Connection, type SignallingServerSocket, type SocketIoServer } from './connection.ts'
import type { SocketDialect } from '../dialects/dialect.ts'
import { ForeignGate } from './foreign-gate.ts'
import { RequestGate } from './request-gate.ts'
import { requests } from './requests.ts'

interface SocketIoOptions {
  readonly http: HttpServer
  readonly rooms: Rooms
  readonly hosts: Hosts
  readonly addresses: Addresses
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Log
  readonly iceServers: readonly IceServer[]
  /** Spoken with clients that name no version of the protocol. */
  readonly dialects: readonly SocketDialect[]
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

/** Speaks the protocol over Socket.IO: sockets in, sessions of the domain out. */
export class SocketIoTransport {
  readonly #options: SocketIoOptions
  readonly #io: SocketIoServer
  readonly #tcp = new Set<Duplex>()
  /** Places of long-polling sessions that are just being opened. */
  readonly #opening = new WeakMap<IncomingMessage, () => void>()
  #isStopping = false

  constructor(options: SocketIoOptions) {
    this.#options = options
    this.#io = new Server(options.http, settings(options.limits))
    // Socket.IO put itself before every request and upgrade; it gets the admitted upgrades and nothing else.
    options.http.removeAllListeners('request').removeAllListeners('upgrade')
    options.http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#io.engine.on(
      'connection',
      (session: { request: IncomingMessage; once: (event: 'close', then: () => void) => void }) => {
        const leave = this.#opening.get(session.request)
        if (leave === undefined) return
        this.#opening.delete(session.request)
        session.once('close', leave)
      },
    )
    this.#io.use((socket, next) => next(this.#checkHandshake(socket.handshake.auth)))
    this.#io.on('connection', (socket) => contain(options.log, 'connection-fault', () => this.#open(socket)))
  }

  /**
   * A request of a long-polling client, whose host and origin have been checked. Answers false when there is no place for a
   * new session.
   */
  poll(request: IncomingMessage, response: ServerResponse): boolean {
    const isNew = !new URLSearchParams((request.url ?? '').split('?')[1] ?? '').has('sid')
    if (isNew) {
      const leave = this.#isStopping ? null : this.#options.addresses.enter(request.socket.remoteAddress ?? '')
      if (leave === null) return false
      this.#opening.set(request, leave)
      response.once('close', () => {
        if (this.#opening.delete(request)) leave()
      })
    }
    this.#io.engine.handleRequest(request as never, response)
    return true
  }

  /** Tells everyone, answers what still comes in with a refusal for a moment, then closes every connection. */
  async stop(): Promise<void> {
    const { limits, clock } = this.#options
    this.#isStopping = true
    this.#io.emit('server:stopping')
    await new Promise<void>((resolve) => clock.schedule(limits.stoppingMs, resolve))
    const cancel = clock.schedule(limits.closingMs, () => {
      this.#options.http.closeAllConnections()
      for (const socket of this.#tcp) socket.destroy()
    })
    await this.#io.close()
    cancel()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { hosts, addresses } = this.#options
    if (!admitUpgrade(request, socket, { hosts, addresses, isStopping: () => this.#isStopping })) return
    this.#tcp.add(socket)
    socket.once('close', () => this.#tcp.delete(socket))
    this.#io.engine.handleUpgrade(request, socket, head)
  }

  #checkHandshake(auth: unknown): Error | undefined {
    const handshake = v.safeParse(Handshake, auth)
    if (!handshake.success) return handshakeError('bad-request')
    const { version } = handshake.output
    return version === undefined || version === PROTOCOL_VERSION ? undefined : handshakeError('unsupported-version')
  }

  #open(socket: SignallingServerSocket): void {
    const { limits, rooms, clock, log, addresses, iceServers } = this.#options
    const hasVersion = 'version' in socket.handshake.auth
    const connection = new Connection(socket, limits)
    const session = new Session(rooms, connection.deliver)
    const refusal = () => {
      if (this.#isStopping) return refuse('server-stopping')
      return hasVersion ? null : refuse('unsupported-version')
    }
    const gate = new RequestGate(session, { requests, limits, clock, log, refusal })
    const address = socket.handshake.address
    const isStopping = () => this.#isStopping
    const foreign = hasVersion
      ? null
      : new ForeignGate(
          { id: socket.id, send: connection.send, close: () => void socket.disconnect(true) },
          { dialects: this.#options.dialects, limits, clock, log, isStopping },
        )
    connection.takePackets(gate, foreign, log, () => {
      log('warn', 'flood-cut', { address })
      addresses.punish(address)
      connection.cut()
    })
    socket.on('disconnect', () => {
      foreign?.lost()
      if (!this.#isStopping) contain(log, 'disconnect-fault', () => session.lost())
    })
    connection.forgetHandshake()
    connection.deliver(['session:opened', { peerId: session.peerId, iceServers }])
  }
}
