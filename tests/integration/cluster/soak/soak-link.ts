import { io } from 'socket.io-client'
import {
  PROTOCOL_VERSION,
  type ChatMessage,
  type Joined,
  type PeerId,
  type RequestName,
  type Result,
  type RoomView,
} from '#signalling/protocol.ts'
import type { AnswerTo, SignallingSocket } from '../../../helpers/signalling-client.ts'
import type { SoakRoom, SoakWorld } from './soak-world.ts'

/** Each request is answered within it, or its connection ends; while its process stands still or Redis is away time does not count. */
const HANG_MS = 15_000
const CONNECT_MS = 4000
/** Of signals, which may be under way when somebody leaves. */
const REFUSED_SIGNALS = new Set(['peer-not-found', 'server-stopping', 'too-many-requests'])

interface LinkListener {
  readonly name: string
  readonly onSignal: (from: PeerId, epoch: string) => void
  readonly onChat: (message: ChatMessage) => void
}

/** One connection, and what it was told of the room it is in or looks at. */
export class SoakLink {
  readonly at: number
  readonly #world: SoakWorld
  readonly #listener: LinkListener
  readonly #socket: SignallingSocket
  #room: SoakRoom | null = null
  #names = new Map<PeerId, string>()
  #isReplaced = false

  constructor(world: SoakWorld, at: number, listener: LinkListener) {
    this.at = at
    this.#world = world
    this.#listener = listener
    const socket: SignallingSocket = io(world.urls[at], {
      ...{ transports: ['websocket'], auth: { version: PROTOCOL_VERSION }, timeout: CONNECT_MS },
      ...{ reconnection: false, forceNew: true, autoConnect: false },
    })
    this.#socket = socket
    socket.on('disconnect', (reason) => world.note(`${listener.name}@${String(at)} disconnected: ${reason}`))
    socket.on('session:replaced', () => {
      this.#isReplaced = true
      world.note(`${listener.name}@${String(at)} was replaced`)
    })
    socket.on('request:refused', ({ request, code }) => {
      if (!REFUSED_SIGNALS.has(code)) world.violate(`${listener.name}: ${request} was refused: ${code}`)
    })
    socket.on('signal:received', ({ from, signal }) => listener.onSignal(from, signal.epoch))
    socket.on('chat:posted', (message) => listener.onChat(message))
    socket.on('peer:joined', ({ id, name }) => this.#came(id, name))
    socket.on('peer:left', ({ id }) => void this.#names.delete(id))
    socket.on('room:changed', (view) => this.look(view))
    socket.on('room:closed', () => world.violate(`${listener.name} was told that a room was closed`))
  }

  get isAlive(): boolean {
    return this.#socket.connected
  }

  get isReplaced(): boolean {
    return this.#isReplaced
  }

  /** Names by id, as it was told. */
  get names(): ReadonlyMap<PeerId, string> {
    return this.#names
  }

  /** Answers whether it is connected. */
  async connect(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), CONNECT_MS)
    this.#socket.once('session:opened', () => resolve(true))
    this.#socket.once('connect_error', () => resolve(false))
    this.#socket.once('disconnect', () => resolve(false))
    this.#socket.connect()
    const isConnected = await promise
    clearTimeout(timer)
    if (!isConnected) this.#socket.close()
    return isConnected
  }

  /** Null: the connection has ended before the answer. `heed` is called with it before any fact behind it. */
  async ask<Name extends RequestName>(
    name: Name,
    payload: unknown,
    heed: (answer: Result<AnswerTo<Name>>) => void = () => undefined,
  ): Promise<Result<AnswerTo<Name>> | null> {
    if (!this.isAlive) return null
    const { promise, resolve } = Promise.withResolvers<Result<AnswerTo<Name>> | null>()
    const cancel = this.#world.countWell(this.at, HANG_MS, () => {
      this.#world.violate(`${this.#listener.name}@${String(this.at)}: ${name} hangs`)
      this.close()
    })
    const lost = () => resolve(null)
    this.#socket.once('disconnect', lost)
    const emit = this.#socket.emit.bind(this.#socket) as (...args: unknown[]) => void
    emit(name, payload, (answer: Result<AnswerTo<Name>>) => {
      heed(answer)
      resolve(answer)
    })
    const answer = await promise
    cancel()
    this.#socket.off('disconnect', lost)
    return answer
  }

  signal(to: PeerId, epoch: string): void {
    this.#socket.emit('signal:send', {
      to,
      signal: { kind: 'description', epoch, toEpoch: null, type: 'offer', sdp: 'v=0\r\n' },
    })
  }

  /** It is inside from now on. */
  sit(room: SoakRoom, { room: { peers } }: Joined): void {
    this.#room = room
    this.#names = new Map(peers.map(({ id, name }) => [id, name]))
    this.#check()
  }

  /** It looks at a room. */
  look({ peers, capacity, code }: RoomView): void {
    this.#names = new Map(peers.map(({ id, name }) => [id, name]))
    if (peers.length > capacity) this.#world.violate(`${this.#listener.name} saw ${String(peers.length)} in ${code}`)
  }

  stand(): void {
    this.#room = null
    this.#names = new Map()
  }

  /** Without a goodbye. */
  drop(): void {
    this.#socket.io.engine.close()
  }

  close(): void {
    this.#socket.close()
  }

  #came(id: PeerId, name: string): void {
    if (this.#names.has(id)) this.#world.violate(`${this.#listener.name} was told twice that ${name} came`)
    this.#names.set(id, name)
    this.#check()
  }

  #check(): void {
    const { size } = this.#names
    if (this.#room !== null && size > this.#room.capacity)
      this.#world.violate(`${this.#listener.name} is told of ${String(size)} in a room of ${this.#room.capacity}`)
  }
}
