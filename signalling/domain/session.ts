import type {
  Adopted,
  ChatMessage,
  DocumentKind,
  Inheritance,
  Joined,
  PeerId,
  Refusal,
  Result,
  RoomCode,
  RoomDetails,
  RoomDocument,
  RoomView,
  Signal,
} from '#signalling/protocol.ts'
import type { AdoptionWish } from './adoptions.ts'
import type { Pass } from './entrance.ts'
import type { Fact, Line } from './facts.ts'
import type { Manner } from './manners.ts'
import { newPeerId, type Peer } from './peers.ts'
import { ok, refuse } from './results.ts'
import type { RoomChange, RoomHosting } from './room-hosting.ts'
import type { Room } from './room.ts'
import type { HostedRoomWish, Rooms } from './rooms.ts'

type Nothing = Record<string, never>
const NOTHING: Nothing = {}

type Place =
  | { readonly phase: 'outside' }
  | { readonly phase: 'watching'; readonly room: Room }
  | { readonly phase: 'inside'; readonly room: Room; readonly peer: Peer }

const OUTSIDE: Place = { phase: 'outside' }

/** Who speaks on a connection. */
export interface Speaker {
  /** Where it comes from (origins.ts). */
  readonly origin: string
  /** That of our own clients when there is none. */
  readonly manner?: Manner
  /** Who this connection was told that it will be, by another process. */
  readonly peerId?: PeerId | undefined
}

/**
 * One connection's dealings with the rooms: it is in one room, looks at one, or neither. Each request changes
 * everything it should or, when it is refused, nothing.
 */
export class Session implements Line {
  readonly deliver: (fact: Fact) => void
  readonly manner: Manner
  readonly origin: string
  readonly #rooms: Rooms
  #place: Place = OUTSIDE
  /** The room that this connection had the server go on with. */
  #adopted: Room | null = null
  /** Who this connection will be in the next room it joins. */
  #nextPeerId: PeerId

  constructor(rooms: Rooms, deliver: (fact: Fact) => void, speaker: Speaker) {
    const { manner = 'perfect', origin, peerId = newPeerId() } = speaker
    this.#rooms = rooms
    this.deliver = deliver
    this.manner = manner
    this.origin = origin
    this.#nextPeerId = peerId
  }

  /** Null outside. */
  get room(): Room | null {
    return this.#place.phase === 'inside' ? this.#place.room : null
  }

  /** What it is inside of or looks at. */
  get around(): Room | null {
    return this.#place.phase === 'outside' ? null : this.#place.room
  }

  /** Who this connection is in its room, or will be in the next one. */
  get peerId(): PeerId {
    return this.#place.phase === 'inside' ? this.#place.peer.id : this.#nextPeerId
  }

  createRoom(wish: HostedRoomWish): Result<{ code: RoomCode; hostKey: string }> {
    const created = this.#rooms.createHosted(wish, this.origin)
    return created.ok ? ok({ code: created.value.room.code, hostKey: created.value.hostKey }) : created
  }

  look(address: string): Result<RoomView> {
    if (this.#place.phase === 'inside') return refuse('already-in-room')
    const opened = this.#rooms.seek(address, this.origin)
    if (!opened.ok) return opened
    const room = opened.value
    if (this.#place.phase === 'watching' && this.#place.room === room) {
      room.stopKnocking(this)
      return ok(room.audience.viewFrom(this.origin))
    }
    const looked = room.watch(this)
    if (looked.ok) this.#moveTo({ phase: 'watching', room })
    return looked
  }

  join(address: string, name: string, pass: Pass = {}): Result<Joined> {
    if (this.#place.phase === 'inside') return refuse('already-in-room')
    const opened = this.#rooms.seek(address, this.origin)
    return opened.ok ? this.enter(opened.value, name, pass) : opened
  }

  /** Asks to be let in, while it looks at the room; it does from now on. */
  knock(address: string, name: string, password?: string): Result<Nothing> {
    if (this.#place.phase === 'inside') return refuse('already-in-room')
    const opened = this.#rooms.seek(address, this.origin)
    if (!opened.ok) return opened
    const room = opened.value
    const refusal = room.knock(this, name, password)
    if (refusal !== null) return refusal
    if (this.#place.phase !== 'watching' || this.#place.room !== room) this.#moveTo({ phase: 'watching', room })
    return ok(NOTHING)
  }

  /** Joins a room that is known already. */
  enter(room: Room, name: string, pass: Pass = {}): Result<Joined> {
    if (this.#place.phase === 'inside') return refuse('already-in-room')
    const joined = room.seats.join(this.#nextPeerId, name, this, pass)
    if (!joined.ok) return joined
    this.#moveTo({ phase: 'inside', room, peer: joined.value })
    return ok(room.welcome(joined.value))
  }

  resume(token: string): Result<Joined> {
    if (this.#place.phase === 'inside') return refuse('already-in-room')
    const claims = this.#rooms.openToken(token)
    if (claims === null) return refuse('resume-refused')
    const found = this.#rooms.findOrRevive(claims)
    if (!found.ok) return found
    const resumed = found.value.seats.resume(claims, this)
    if (!resumed.ok) return resumed
    this.#moveTo({ phase: 'inside', room: found.value, peer: resumed.value })
    return ok(found.value.welcome(resumed.value))
  }

  /** Leaves the room, or stops looking at one. */
  leave(): Result<Nothing> {
    const place = this.#moveTo(OUTSIDE)
    if (place.phase === 'inside') place.room.seats.leave(place.peer)
    return ok(NOTHING)
  }

  sendSignal(to: PeerId, signal: Signal): Result<Nothing> {
    const place = this.#place
    if (place.phase === 'outside') return refuse('not-in-room')
    const refusal =
      place.phase === 'inside'
        ? place.room.audience.signal(place.peer, to, signal)
        : place.room.audience.signalFromWatcher(this, to, signal)
    return refusal ?? ok(NOTHING)
  }

  sendChat(chat: { readonly nonce: string; readonly text: string }): Result<ChatMessage> {
    if (this.#place.phase !== 'inside') return refuse('not-in-room')
    return ok(this.#place.room.talk.post(this.#place.peer, chat))
  }

  readDocument(kind: DocumentKind): Result<RoomDocument> {
    if (this.#place.phase !== 'inside') return refuse('not-in-room')
    const document = this.#place.room.readDocument(kind)
    return document === null ? refuse('document-not-found') : ok(document)
  }

  /** A host inside, or whoever looks and shows the key of the hosts. */
  changeRoom({ hostKey, ...change }: RoomChange & { readonly hostKey?: string | undefined }): Result<RoomDetails> {
    const place = this.#place
    const isInFront = place.phase === 'watching' && hostKey !== undefined
    const hosting = isInFront ? place.room.hostingWithKey(this, hostKey) : this.#hosting()
    return hosting.ok ? hosting.value.change(change) : hosting
  }

  endRoom(): Result<Nothing> {
    return this.#asHost((hosting) => {
      hosting.end()
      return null
    })
  }

  answerKnock(id: PeerId, admit: boolean): Result<Nothing> {
    return this.#asHost((hosting) => hosting.answerKnock(id, admit))
  }

  mute(id: PeerId): Result<Nothing> {
    return this.#asHost((hosting) => hosting.mute(id))
  }

  remove(id: PeerId): Result<Nothing> {
    return this.#asHost((hosting) => hosting.remove(id))
  }

  promote(id: PeerId): Result<Nothing> {
    return this.#asHost((hosting) => hosting.promote(id))
  }

  /** This one's computer could go on with the room. */
  standAsHeir(pin: string): Result<Inheritance> {
    if (this.#place.phase !== 'inside') return refuse('not-in-room')
    const { room, peer } = this.#place
    return room.succession === null
      ? refuse('bad-request', 'Nobody can go on with this room.')
      : ok(room.succession.stand(peer, pin))
  }

  /** Has the server go on with a room whose host is gone; this connection may then bring in what was said there. */
  adoptRoom(wish: AdoptionWish): Result<Adopted> {
    const adopted = this.#rooms.adoptions.adopt(wish, this.origin)
    if (!adopted.ok) return adopted
    const { room, seats } = adopted.value
    this.#adopted = room
    return ok({ seats })
  }

  /** For heirs, and for whoever adopted the room. */
  mergeChat(messages: readonly ChatMessage[]): Result<Nothing> {
    const place = this.#place
    const own = this.#adopted !== null && this.#rooms.coded(this.#adopted.code) === this.#adopted ? this.#adopted : null
    const room = place.phase === 'inside' ? place.room : own
    if (room === null) return refuse('not-in-room')
    const isHeir = place.phase === 'inside' && room.succession?.has(place.peer.id) === true
    if (room !== own && !isHeir)
      return refuse(
        'bad-request',
        'Only those whose computer could go on with the room bring in what was said elsewhere.',
      )
    room.talk.merge(messages)
    return ok(NOTHING)
  }

  /** The connection is gone. */
  lost(): void {
    const place = this.#moveTo(OUTSIDE)
    if (place.phase === 'inside') place.room.seats.lose(place.peer)
  }

  released(): void {
    this.#moveTo(OUTSIDE)
  }

  #hosting(): Result<RoomHosting> {
    const place = this.#place
    return place.phase === 'inside' ? place.room.hosting(place.peer) : refuse('not-host')
  }

  /** `act` answers why not, or null. */
  #asHost(act: (hosting: RoomHosting) => Refusal | null): Result<Nothing> {
    const hosting = this.#hosting()
    if (!hosting.ok) return hosting
    return act(hosting.value) ?? ok(NOTHING)
  }

  /** Answers the former place. */
  #moveTo(place: Place): Place {
    const former = this.#place
    if (former.phase === 'watching') former.room.unwatch(this)
    if (former.phase === 'inside') this.#nextPeerId = newPeerId()
    this.#place = place
    return former
  }
}
