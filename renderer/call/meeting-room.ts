import type { Knock, PeerId, RoomView } from '#signalling/protocol.ts'
import type { CallState } from './call-state.ts'
import { Emitter } from './emitter.ts'
import type { Answer, Fact } from './server-words.ts'
import type { Signalling } from './signalling.ts'

type JoinedState = Extract<CallState, { phase: 'joined' }>
type Details = Omit<RoomView, 'peers'>

interface MeetingRoomEvents {
  readonly changed: []
  /** Somebody waits in front of the room who did not before; their name. */
  readonly knocked: [string]
  /** We are a host now, and were none before. */
  readonly promoted: []
}

/** The room of a meeting, beside the people in it: its title, its door, who decides about it, and who wants to come in. */
export class MeetingRoom {
  readonly #events = new Emitter<MeetingRoomEvents>()
  readonly #stops: (() => void)[]
  #you: PeerId
  #details: Details
  #knocks: readonly Knock[]

  constructor(signalling: Signalling, { peerId, room, knocks }: Answer<'room:join'>) {
    this.#you = peerId
    this.#details = room
    this.#knocks = knocks
    this.#stops = [
      signalling.on('room:updated', (details) => {
        this.#takeDetails(details)
      }),
      signalling.on('knocks:changed', (told) => {
        this.#takeKnocks(told.knocks)
      }),
    ]
  }

  on<Name extends keyof MeetingRoomEvents>(
    name: Name,
    listener: (...args: MeetingRoomEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  get code(): string {
    return this.#details.code
  }
  get view(): Pick<JoinedState, 'room' | 'door' | 'hosts' | 'knocks'> {
    const { code, title, capacity, door, hosts } = this.#details
    return { room: { code, title, capacity }, door, hosts, knocks: this.#isHost ? this.#knocks : [] }
  }

  /** We have a seat, as `peerId`, and the server tells what it has. */
  settle({ peerId, room, knocks }: Answer<'room:join'>): void {
    const wasHost = this.#isHost
    this.#you = peerId
    this.#details = room
    this.#tellIfPromoted(wasHost)
    this.#takeKnocks(knocks)
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  get #isHost(): boolean {
    return this.#details.hosts.includes(this.#you)
  }

  #takeDetails({ title, capacity, door, hosts }: Fact<'room:updated'>): void {
    const wasHost = this.#isHost
    this.#details = { ...this.#details, title, capacity, door, hosts }
    this.#tellIfPromoted(wasHost)
    this.#events.emit('changed')
  }

  #takeKnocks(knocks: readonly Knock[]): void {
    const known = new Set(this.#knocks.map(({ id }) => id))
    this.#knocks = knocks
    this.#events.emit('changed')
    for (const { id, name } of knocks) if (!known.has(id)) this.#events.emit('knocked', name)
  }

  #tellIfPromoted(wasHost: boolean): void {
    if (!wasHost && this.#isHost) this.#events.emit('promoted')
  }
}
