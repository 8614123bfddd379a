import { io, type Socket } from 'socket.io-client'
import * as v from 'valibot'
import { Emitter } from './emitter.ts'
import { LiveCandidate, LiveIce, LiveOffer, LiveRefusal, LiveState } from './live-words.ts'
import { parseConnectionRefusal } from './server-words.ts'

interface LiveWireEvents {
  /** Connected, or connected again. */
  readonly opened: []
  readonly lost: []
  /** No connection came about. The code is the server's; null when there is none to be reached. */
  readonly unreached: [code: ReturnType<typeof parseConnectionRefusal>]
  readonly state: [v.InferOutput<typeof LiveState>]
  readonly offer: [RTCSessionDescriptionInit]
  readonly candidate: [RTCIceCandidateInit]
  /** The server gave the connection of sound and picture up, or refused something. */
  readonly trouble: []
}

/** What a device of a live stream says to the server and hears from it; tests put a double in its place. */
export interface LiveWire {
  readonly on: <Name extends keyof LiveWireEvents>(
    name: Name,
    listener: (...args: LiveWireEvents[Name]) => void,
  ) => () => void
  readonly iceServers: RTCIceServer[]
  readonly connect: () => void
  /** Answers a status as of HTTP: 200, the one of a refusal, or 0 without an answer. */
  readonly ask: (event: 'wait-for-stream' | 'join-stream', payload: object) => Promise<number>
  readonly send: (event: 'answerSdp' | 'ice-candidate' | 'leave-stream', payload: object) => void
  /**
   * The same. From a page of the server itself it goes out also while that is being left; the desktop's page may not speak
   * plain HTTP to anybody (its content policy), and asks over the socket.
   */
  readonly post: (path: '/create-session' | '/live/stop', body: object) => Promise<number>
  readonly close: () => void
}

export interface LiveWireOptions {
  /** Origin of the server. */
  readonly serverUrl: string
  /** The access token for this server, asked anew each time; null when it needs none. */
  readonly accessToken: () => string | null
}

const socketEvents = { '/create-session': 'create-stream', '/live/stop': 'stop-stream' } as const

const ANSWER_MS = 5000
/** A server that refuses or ends a connection is asked again, but not at the pace of a lost one. */
const REFUSED_PAUSE_MS = 2000

/** The wire of docs/DIALECTS.md, "Live streams". Its socket comes back by itself until `close`; nothing is kept for later. */
class SocketWire implements LiveWire {
  readonly #options: LiveWireOptions
  readonly #socket: Socket
  readonly #events = new Emitter<LiveWireEvents>()
  #timer: ReturnType<typeof setTimeout> | undefined
  iceServers: RTCIceServer[] = []

  constructor(options: LiveWireOptions) {
    this.#options = options
    const { serverUrl, accessToken } = options
    this.#socket = io(serverUrl, {
      transports: ['websocket'],
      autoConnect: false,
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 2000,
      timeout: 3000,
      // Sent in the first packet of the connection, so that no address holds the token.
      auth: (give: (auth: object) => void) => {
        const token = accessToken()
        give(token === null ? {} : { token })
      },
    })
    this.#socket.on('connect', () => this.#events.emit('opened'))
    this.#socket.on('disconnect', () => {
      this.#comeBack()
      this.#events.emit('lost')
    })
    this.#socket.on('connect_error', (error) => {
      this.#comeBack()
      this.#events.emit('unreached', parseConnectionRefusal(error))
    })
    this.#hear('session:opened', LiveIce, ({ iceServers }) => (this.iceServers = iceServers))
    this.#hear('stream-state', LiveState, (state) => this.#events.emit('state', state))
    this.#hear('offerSdp', LiveOffer, ({ sdp }) => this.#events.emit('offer', sdp))
    this.#hear('ice-candidate', LiveCandidate, ({ candidate }) => this.#events.emit('candidate', candidate))
    this.#socket.on('error', () => this.#events.emit('trouble'))
  }

  on<Name extends keyof LiveWireEvents>(name: Name, listener: (...args: LiveWireEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  connect(): void {
    this.#socket.connect()
  }

  async ask(event: string, payload: object): Promise<number> {
    if (!this.#socket.connected) return 0
    try {
      const answer: unknown = await this.#socket.timeout(ANSWER_MS).emitWithAck(event, payload)
      const refusal = v.safeParse(LiveRefusal, answer)
      return refusal.success ? (refusal.output.status ?? 429) : 200
    } catch {
      return 0
    }
  }

  send(event: string, payload: object): void {
    if (this.#socket.connected) this.#socket.emit(event, payload)
  }

  async post(path: keyof typeof socketEvents, body: object): Promise<number> {
    const { serverUrl, accessToken } = this.#options
    if (new URL(serverUrl).origin !== location.origin) return await this.ask(socketEvents[path], body)
    const token = accessToken()
    try {
      const response = await fetch(new URL(path, serverUrl), {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
        keepalive: true,
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      return response.status
    } catch {
      return 0
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#socket.removeAllListeners()
    this.#socket.disconnect()
  }

  /** Socket.IO itself comes back only from what was not the server's will. */
  #comeBack(): void {
    if (this.#socket.active) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#socket.connect(), REFUSED_PAUSE_MS)
  }

  #hear<Schema extends v.GenericSchema>(event: string, schema: Schema, take: (said: v.InferOutput<Schema>) => void) {
    this.#socket.on(event, (payload: unknown) => {
      const said = v.safeParse(schema, payload)
      if (said.success) take(said.output)
    })
  }
}

export const openLiveWire = (options: LiveWireOptions): LiveWire => new SocketWire(options)
