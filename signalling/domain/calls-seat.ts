import type { PeerId, Refusal, Result, Signal } from '#signalling/protocol.ts'
import type { CallRefusal, CallType } from './calls-facts.ts'
import { Outbox } from './outbox.ts'
import { originOf } from './origins.ts'
import type { Neighbour, OpenRoomSession, OverReason, RoomListener, RoomSession, Seated } from './room-session.ts'
import type { Device, UserId } from './users.ts'

/** No peer's id: the signal waits until there is somebody for it. */
const LATER = 'later'

/** Which user sits where, so that users are known by their ids to each other. */
export class Seats {
  readonly #byUser = new Map<UserId, Seat>()
  readonly #byPeer = new Map<PeerId, Seat>()

  add(seat: Seat): void {
    this.#byUser.set(seat.user, seat)
    if (seat.peerId !== null) this.#byPeer.set(seat.peerId, seat)
  }

  remove(seat: Seat): void {
    if (this.#byUser.get(seat.user) === seat) this.#byUser.delete(seat.user)
    if (seat.peerId !== null) this.#byPeer.delete(seat.peerId)
  }

  peerOf(user: string): PeerId | undefined {
    return this.#byUser.get(user)?.peerId ?? undefined
  }

  at(peer: PeerId): Seat | undefined {
    return this.#byPeer.get(peer)
  }
}

export interface SeatContext {
  readonly seats: Seats
  readonly limits: { readonly outboxSignals: number; readonly outboxSize: number }
  /** It is no longer in the room. */
  readonly onOver: (seat: Seat, reason: OverReason) => void
}

interface SeatKind {
  readonly user: UserId
  /** Whom the user called, or was called by: a user or a room. Signals to it go to whoever it turns out to be. */
  readonly addressee: string
  readonly callType: CallType
}

/** What this user and one peer of the room are to each other. */
interface Relation {
  /** Null among those who negotiate perfectly. */
  readonly offer: 'you' | 'they' | null
  /** Whether an offer of the other one was answered: from then on both may offer. */
  isAnswered: boolean
}

/**
 * One user's part in a call: on one device at a time, and once the call is accepted, as a peer in its room. Users know
 * neither rooms nor epochs; what they send to an id goes to the peer that is meant.
 */
export class Seat {
  readonly user: UserId
  readonly #kind: SeatKind
  readonly #context: SeatContext
  /** Null before the call is accepted, and when it is over. */
  #session: RoomSession | null = null
  /** Whether the room has been asked for a place, and has not answered yet. */
  #isAsking = false
  /** Stays the same over all its connections; null before there is a room. */
  #peerId: PeerId | null = null
  #token: string | null = null
  #device: Device | null
  /** Where the latest device is. */
  #origin: string
  /** Whether the device has shown that it knows the call is accepted. */
  #isConfirmed = false
  readonly #relations = new Map<PeerId, Relation>()
  /** An offer, and its candidates, that nobody is there for yet. */
  #drawer: Outbox | null = null
  /** Whom the last description went to or came from. */
  #partner: PeerId | null = null

  constructor(kind: SeatKind, device: Device, context: SeatContext) {
    this.user = kind.user
    this.#kind = kind
    this.#device = device
    this.#origin = originOf(device.address)
    this.#context = context
  }

  /** Null while its connection is lost. */
  get device(): Device | null {
    return this.#device
  }
  get peerId(): PeerId | null {
    return this.#peerId
  }
  get isConfirmed(): boolean {
    return this.#isConfirmed
  }

  /** `then` is told why not, or null: at once in a room of this process. Never told once the seat is left, or its session over. */
  enter(open: OpenRoomSession, then: (refusal: Refusal | null) => void = () => undefined): void {
    const session = open(this.#listener())
    this.#session = session
    this.#isAsking = true
    session.enter({ user: this.user, origin: this.#origin }, (seated) => {
      if (seated.ok) this.#welcome(seated.value)
      then(seated.ok ? null : seated)
      this.#settle(seated)
    })
  }

  leave(): void {
    this.#context.seats.remove(this)
    const session = this.#session
    this.#session = null
    // While it is lost its place is held by the room, and only the token leads to it.
    if (this.#device === null && this.#token !== null && !this.#isAsking)
      session?.resume({ token: this.#token, origin: this.#origin }, () => undefined)
    session?.leave()
  }

  lose(): void {
    this.#device = null
    // Whoever is just being let in is not inside yet, and has no token to come back with.
    if (!this.#isAsking) this.#session?.lose()
  }

  /** The same user is back on another connection, which is told what was kept for it. */
  take(device: Device): void {
    this.#device = device
    this.#origin = originOf(device.address)
    if (this.#token === null || this.#session === null || this.#isAsking) return
    this.#isAsking = true
    this.#session.resume({ token: this.#token, origin: this.#origin }, (seated) => {
      if (seated.ok) this.#welcome(seated.value)
      this.#settle(seated)
      if (!seated.ok) this.#context.onOver(this, 'lost')
    })
  }

  /** Somebody is there whom an offer in the drawer may be for. */
  emptyDrawerFor(id: PeerId): void {
    if (this.#relations.get(id)?.offer !== 'you' || this.#drawer === null || this.#device === null) return
    const kept = this.#drawer.empty()
    this.#drawer = null
    for (const fact of kept) if (fact[0] === 'signal:received') this.#pass(id, fact[1].signal)
  }

  /** Which peer a message to `to`, as this user calls somebody, is for; null for nobody. */
  target(kind: 'offer' | 'answer' | 'candidate', to: string): PeerId | null {
    if (this.#relations.has(to)) return to
    const peer = this.#context.seats.peerOf(to)
    if (peer !== undefined && this.#relations.has(peer)) return peer
    if (to !== this.#kind.addressee) return null
    if (kind === 'answer' || (kind === 'candidate' && this.#drawer === null)) return this.#partner
    return kind === 'candidate' ? LATER : (this.#awaited() ?? LATER)
  }

  /** `to` is what `target` answered. */
  send(to: PeerId, signal: Signal): CallRefusal | null {
    if (to === LATER) return this.#keep(signal)
    this.#isConfirmed = true
    return this.#pass(to, signal)
  }

  #pass(to: PeerId, signal: Signal): CallRefusal | null {
    const relation = this.#relations.get(to)
    // The other one offers, so this offer would meet that one half way.
    if (relation?.offer === 'they' && !relation.isAnswered && !isAnswer(signal)) return null
    if (isAnswer(signal)) {
      if (relation !== undefined) relation.isAnswered = true
      this.#drawer = null
    }
    if (signal.kind === 'description') this.#partner = to
    return this.#session?.sendSignal(to, signal) === true ? null : 'receiver-not-found'
  }

  #listener(): RoomListener {
    return {
      arrived: (peer) => this.#meet(peer),
      gone: (id) => this.#part(id),
      signalled: (from, signal) => this.#tell(from, signal),
      over: (reason) => this.#context.onOver(this, reason),
    }
  }

  #part(id: PeerId): void {
    this.#relations.delete(id)
    if (this.#partner === id) this.#partner = null
  }

  #tell(from: PeerId, signal: Signal): void {
    if (signal.kind === 'description') this.#partner = from
    const { callType } = this.#kind
    this.#device?.tell(['call:signal', { from: this.#context.seats.at(from)?.user ?? from, signal, callType }])
  }

  #welcome({ token, peerId, peers }: Seated): void {
    this.#token = token
    this.#peerId = peerId
    for (const id of this.#relations.keys()) if (!peers.some((peer) => peer.id === id)) this.#part(id)
    for (const peer of peers) if (peer.id !== peerId) this.#meet(peer)
    this.#context.seats.add(this)
  }

  /** What waited until the room answered. */
  #settle({ ok: isInside }: Result<Seated>): void {
    this.#isAsking = false
    if (!isInside || this.#peerId === null) return
    for (const id of this.#relations.keys()) {
      this.#context.seats.at(id)?.emptyDrawerFor(this.#peerId)
      this.emptyDrawerFor(id)
    }
    if (this.#device === null) this.#session?.lose()
  }

  #meet({ id, offer }: Neighbour): void {
    if (!this.#relations.has(id)) this.#relations.set(id, { offer: offer ?? null, isAnswered: false })
  }

  /** The first that waits for this user's offer. */
  #awaited(): PeerId | null {
    for (const [id, { offer }] of this.#relations) if (offer === 'you') return id
    return null
  }

  #keep(signal: Signal): null {
    const { outboxSignals: signals, outboxSize: size } = this.#context.limits
    if (signal.kind === 'description') this.#drawer = new Outbox({ signals, size })
    this.#drawer?.keep(['signal:received', { from: this.#peerId ?? '', signal }])
    return null
  }
}

const isAnswer = (signal: Signal): boolean => signal.kind === 'description' && signal.type === 'answer'
