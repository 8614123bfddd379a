import { io, type Socket } from 'socket.io-client'
import {
  PROTOCOL_VERSION,
  type FactName,
  type PeerId,
  type RequestName,
  type Result,
  type Signal,
} from '#signalling/protocol.ts'
import type { CallProblem } from './call-state.ts'
import { Emitter } from './emitter.ts'
import type { Log } from './log.ts'
import {
  factNames,
  parseAnswer,
  parseConnectionRefusal,
  parseFact,
  refuse,
  type Fact,
  type Payload,
  type Session,
} from './server-words.ts'
import type { Answered, Patience, Signalling, SignallingEvents } from './signalling.ts'

const REQUEST_TIMEOUT_MS = 5000
/** A server of ours tells who we are at once; another Socket.IO application never does. */
const SESSION_TIMEOUT_MS = 3000
/** A server that refuses or ends a connection is asked again, but not at the pace of a lost one. */
const REFUSED_PAUSE_MS = 2000
const PROBE_TIMEOUT_MS = 2000

interface SignallingClientOptions {
  /** Origin of the server; a path is not looked at. */
  readonly serverUrl: string
  readonly log: Log
  /** The access token for this server, asked anew for each connection; null when it needs none. */
  readonly accessToken?: () => string | null
}

/**
 * A Socket.IO connection to one server, over WebSocket only, that comes back by itself until `close`. Nothing is ever
 * kept for later: what is sent while there is no connection is refused as `disconnected`, so that no old offer is
 * replayed into a new session. What the server says is parsed; what is malformed is dropped.
 */
export class SignallingClient implements Signalling {
  readonly #serverUrl: string
  readonly #log: Log
  readonly #socket: Socket
  readonly #events = new Emitter<SignallingEvents>()
  #session: Session | null = null
  #first: PromiseWithResolvers<Result<Session, CallProblem>> | null = null
  #failuresLeft = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor({ serverUrl, log, accessToken }: SignallingClientOptions) {
    this.#serverUrl = serverUrl
    this.#log = log
    this.#socket = io(serverUrl, {
      transports: ['websocket'],
      // Sent in the first packet of the connection, so that no address holds the token.
      auth: (give: (auth: object) => void) => {
        const token = accessToken?.() ?? null
        give({ version: PROTOCOL_VERSION, ...(token === null ? {} : { token }) })
      },
      autoConnect: false,
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 2000,
      timeout: 3000,
    })
    this.#listen()
  }

  get isOnline(): boolean {
    return this.#session !== null
  }

  on<Name extends keyof SignallingEvents>(name: Name, listener: (...args: SignallingEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  async connect({ deadlineMs, failures }: Patience): Promise<Result<Session, CallProblem>> {
    const first = Promise.withResolvers<Result<Session, CallProblem>>()
    this.#first = first
    this.#failuresLeft = failures
    const timer = setTimeout(() => {
      this.#fail(this.#socket.connected ? 'timeout' : 'server-unreachable')
    }, deadlineMs)
    this.#socket.connect()
    const result = await first.promise
    clearTimeout(timer)
    if (!result.ok) this.close()
    return result
  }

  async request<Name extends RequestName>(
    name: Name,
    payload: Payload<Name>,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<Answered<Name>> {
    if (!this.isOnline) return refuse('disconnected')
    try {
      const said: unknown = await this.#socket.timeout(timeoutMs).emitWithAck(name, payload)
      return parseAnswer(name, said)
    } catch {
      // Socket.IO rejects with untyped errors for both.
      return refuse(this.#socket.connected ? 'timeout' : 'disconnected')
    }
  }

  sendSignal(to: PeerId, signal: Signal): void {
    if (this.isOnline) this.#socket.emit('signal:send', { to, signal })
  }

  renew(): void {
    clearTimeout(this.#timer)
    this.#socket.disconnect()
    this.#socket.connect()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#session = null
    this.#first?.resolve(refuse('timeout'))
    this.#socket.removeAllListeners()
    this.#socket.io.removeAllListeners()
    this.#socket.disconnect()
  }

  #listen(): void {
    for (const name of factNames) this.#socket.on(name, (said: unknown) => this.#onFact(name, said))
    this.#socket.on('connect', () => {
      this.#after(SESSION_TIMEOUT_MS, () => {
        this.#fail('not-a-server')
      })
    })
    this.#socket.on('connect_error', (error) => void this.#onConnectError(error))
    this.#socket.on('disconnect', (reason) => {
      this.#onDisconnect(reason)
    })
  }

  #onFact(name: FactName, said: unknown): void {
    const parsed = parseFact(name, said)
    if (!parsed) {
      this.#log('warn', `The server said a malformed ${name}`)
      if (name === 'session:opened') this.#fail('not-a-server')
    } else if (name === 'session:opened') this.#onSession(parsed.fact as Session)
    else this.#tell(name, parsed.fact)
  }

  /** `name` and `fact` belong together; the compiler cannot follow a union through two parameters. */
  #tell(name: Exclude<FactName, 'session:opened'>, fact: Fact<FactName>): void {
    ;(this.#events.emit as (name: FactName, fact: Fact<FactName>) => void).call(this.#events, name, fact)
  }

  #onSession(session: Session): void {
    clearTimeout(this.#timer)
    const isFirst = this.#first !== null
    this.#session = session
    this.#first?.resolve({ ok: true, value: session })
    this.#first = null
    if (!isFirst) this.#events.emit('opened', session)
  }

  #onDisconnect(reason: string): void {
    clearTimeout(this.#timer)
    const wasOnline = this.isOnline
    this.#session = null
    this.#log('info', `The server is gone: ${reason}`)
    // Socket.IO leaves it to us whether to come back to a server that sent us away.
    if (reason === 'io server disconnect') this.#after(REFUSED_PAUSE_MS / 4, () => this.#socket.connect())
    if (wasOnline) this.#events.emit('lost')
  }

  async #onConnectError(error: Error): Promise<void> {
    const code = parseConnectionRefusal(error)
    if (code) {
      const isFirst = this.#first !== null
      this.#fail(code)
      if (!isFirst) this.#events.emit('refused', code)
    } else if (this.#first && --this.#failuresLeft <= 0) this.#fail(await this.#nameFailure())
    else if (!this.#socket.active) this.#after(REFUSED_PAUSE_MS, () => this.#socket.connect())
  }

  /** A browser does not tell why a WebSocket did not open; whether anything answers there tells the two cases apart. */
  async #nameFailure(): Promise<CallProblem> {
    try {
      await fetch(this.#serverUrl, {
        mode: 'no-cors',
        cache: 'no-store',
        signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
      })
      return 'not-a-server'
    } catch {
      return 'server-unreachable'
    }
  }

  /** Ends the first connect; a later failure is tried again. */
  #fail(problem: CallProblem): void {
    if (this.#first) this.#first.resolve(refuse(problem))
    else if (this.#socket.connected) this.renew()
    else if (!this.#socket.active) this.#after(REFUSED_PAUSE_MS, () => this.#socket.connect())
    this.#first = null
  }

  #after(pauseMs: number, act: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(act, pauseMs)
  }
}
