import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer, type TlsOptions } from 'node:tls'
import type { Clock } from '../domain/clock.ts'
import type { ServerLimits } from '../server-limits.ts'
import { isLoopback } from './addresses.ts'
import { createHttpServer } from './http-server.ts'
import { Reach } from './reach.ts'

/** What the server proves itself with, both in PEM: a private key (ECDSA), and a certificate of it. */
export interface TlsCertificate {
  readonly key: string
  readonly certificate: string
}

export interface EntranceOptions {
  readonly limits: ServerLimits
  readonly clock: Clock
  /** Without it plain HTTP is spoken with everybody. */
  readonly tls: TlsCertificate | null
  /**
   * Gets connections that begin as STUN and TURN do (RFC 8489, section 5), with what they said first still to be read. They
   * are its own from then on, to be closed with the server, too. Without it they are closed at once.
   */
  readonly onStun?: ((socket: Socket) => void) | undefined
}

/** A TLS record that holds a handshake message begins with it (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 0x16
/** First bytes of STUN; no text begins with one of them. */
const STUN = [0x00, 0x01]

const secureWith = ({ key, certificate }: TlsCertificate): TlsOptions => {
  // Node takes an empty one for none, and would then fail at each handshake.
  if (key === '' || certificate === '') throw new Error('TLS needs a key and its certificate.')
  return { key, cert: certificate, minVersion: 'TLSv1.3' }
}

/**
 * The one TCP port of the server. With a certificate it tells from the first byte of each connection what is spoken there:
 * TLS, whose connections are given to the same `http` that takes those of plain HTTP, or STUN.
 *
 * Who is slow to say the first byte, or to finish the handshake, is cut after `limits.headersTimeoutMs`; `limits.tcpConnections`
 * bounds how many there may be.
 */
export class Entrance {
  readonly http: HttpServer
  readonly #options: EntranceOptions
  readonly #tls: TlsServer | null
  readonly #reach = new Reach()
  readonly #takeHttp: (socket: Socket) => void
  /** Those that `http` does not know of: not sorted yet, or below TLS. */
  readonly #sockets = new Set<Socket>()

  /** Throws Node's error when `tls` is no key with its certificate. */
  constructor(options: EntranceOptions) {
    this.#options = options
    this.http = createHttpServer(options.limits, (request) => !this.isRedirected(request))
    const [takeHttp] = this.http.listeners('connection')
    this.#takeHttp = (socket) => void takeHttp?.call(this.http, socket)
    this.#tls = options.tls && this.#openTls(options.tls)
    if (this.#tls !== null || options.onStun !== undefined)
      this.http.removeAllListeners('connection').on('connection', (socket) => this.#take(socket))
  }

  get wasReached(): boolean {
    return this.#reach.wasReached
  }

  /** Has to be called once whoever answers listens to `http`. */
  watchReach(): void {
    this.http.on('request', ({ socket }) => this.#reach.note(socket))
    this.http.on('upgrade', ({ socket }) => this.#reach.note(socket))
  }

  /** Holds for new connections. Throws Node's error, and leaves the former one, when it is no key with its certificate. */
  setCertificate(certificate: TlsCertificate): void {
    if (this.#tls === null) throw new Error('A server that was started without a certificate does not take one later.')
    this.#tls.setSecureContext(secureWith(certificate))
  }

  /** Whether a request came in plain text from another computer, and is told the encrypted address instead of an answer. */
  isRedirected({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
    return this.#tls !== null && !('encrypted' in socket) && !isLoopback(socket.remoteAddress ?? '')
  }

  /** Cuts what `http` does not know of. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #openTls(certificate: TlsCertificate): TlsServer {
    const handshakeTimeout = this.#options.limits.headersTimeoutMs
    const tls = createTlsServer({ ...secureWith(certificate), ALPNProtocols: ['http/1.1'], handshakeTimeout })
    tls.on('tlsClientError', (_, socket) => socket.destroy())
    tls.on('secureConnection', (socket) => {
      this.#reach.note(socket)
      this.#takeHttp(socket)
    })
    return tls
  }

  #take(socket: Socket): void {
    const { clock, limits } = this.#options
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // One that breaks closes by itself; a fault that nobody listened to would end the process.
    socket.on('error', () => undefined)
    const stopWaiting = clock.schedule(limits.headersTimeoutMs, () => socket.destroy())
    socket.once('close', stopWaiting)
    socket.once('readable', () => {
      stopWaiting()
      const said = socket.read() as Buffer | null
      // Null: the other side hung up before it said a word.
      if (said === null) socket.destroy()
      else this.#sort(socket, said)
    })
  }

  #sort(socket: Socket, said: Buffer): void {
    const [first = 0] = said
    socket.unshift(said)
    if (this.#tls !== null && first === TLS_HANDSHAKE) {
      this.#tls.emit('connection', socket)
      return
    }
    this.#sockets.delete(socket)
    if (!STUN.includes(first)) this.#takeHttp(socket)
    else if (this.#options.onStun === undefined) socket.destroy()
    else this.#options.onStun(socket)
  }
}
