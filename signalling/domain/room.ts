import type {
  ChatMessage,
  DocumentInfo,
  DocumentKind,
  Joined,
  LeaveReason,
  PeerId,
  PeerInfo,
  Refusal,
  Result,
  RoomCode,
  RoomDocument,
  RoomView,
  Signal,
} from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import { ChatHistory } from './chat-history.ts'
import type { Cancel, Clock } from './clock.ts'
import type { RoomBooks } from './documents.ts'
import type { Fact, Line } from './facts.ts'
import { Generations } from './generations.ts'
import { offererOf, opponentAmong, type Mannered } from './manners.ts'
import { Outbox } from './outbox.ts'
import { Peer } from './peers.ts'
import { TokenBucket } from './rate-limit.ts'
import { ok, refuse } from './results.ts'
import type { Claims, ResumeTokens } from './resume-tokens.ts'

/** Counted over all rooms. */
export interface RoomTally {
  signals: number
}

/** What every room is given by the one who keeps the rooms. */
export interface RoomContext {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly tokens: ResumeTokens
  readonly books: RoomBooks
  readonly tally: RoomTally
  readonly onExpired: (room: Room) => void
}
export interface RoomKind {
  readonly code: RoomCode
  readonly title: string
  readonly capacity: number
  /** Given by another system, which finds the room by it. */
  readonly name: string | null
  /** `emptyRoomMs` when there is none. */
  readonly emptyMs?: number | undefined
}

/** Whoever looks is one of our own clients, and would come in as the newest. */
const ONLOOKER: Mannered = { id: '', manner: 'perfect', opponent: null }

const infoFor = (viewer: Mannered, peer: Peer, isEarlier: boolean): PeerInfo => {
  const offerer = isEarlier ? offererOf(peer, viewer) : offererOf(viewer, peer)
  if (offerer === 'either') return peer.info
  return { ...peer.info, offer: (offerer === 'insider') === isEarlier ? 'they' : 'you' }
}

/** One room: who is inside, who looks at it, what was said. Tells everyone concerned about each change. */
export class Room {
  readonly code: RoomCode
  readonly title: string
  readonly capacity: number
  readonly name: string | null
  readonly #emptyMs: number
  readonly #context: RoomContext
  /** In the order they came. */
  readonly #peers = new Map<PeerId, Peer>()
  readonly #former: Generations
  /** By the id they will have inside. */
  readonly #watchers = new Map<PeerId, Line>()
  readonly #watcherSignals: TokenBucket
  readonly #chat = new ChatHistory()
  #cancelExpiry: Cancel | null

  constructor(kind: RoomKind, context: RoomContext) {
    this.code = kind.code
    this.title = kind.title
    this.capacity = kind.capacity
    this.name = kind.name
    this.#emptyMs = kind.emptyMs ?? context.limits.emptyRoomMs
    this.#context = context
    this.#former = new Generations(context.limits.formerPeers)
    this.#watcherSignals = new TokenBucket(context.limits.watcherSignalRate, context.clock.now())
    this.#cancelExpiry = this.#scheduleExpiry()
  }

  /** As those see it who look from outside, and would come in as the newest. */
  get view(): RoomView {
    return this.viewFor(null)
  }

  get size(): number {
    return this.#peers.size
  }

  get isFull(): boolean {
    return this.#peers.size >= this.capacity
  }

  get documents(): readonly DocumentInfo[] {
    return this.name === null ? [] : this.#context.books.documents(this.name)
  }

  /** As somebody inside sees it. */
  viewFor(viewer: Peer | null): RoomView {
    const peers: PeerInfo[] = []
    let isEarlier = true
    for (const peer of this.#peers.values()) {
      if (peer === viewer) isEarlier = false
      peers.push(peer === viewer ? peer.info : infoFor(viewer ?? ONLOOKER, peer, isEarlier))
    }
    return { code: this.code, title: this.title || (this.name ?? ''), capacity: this.capacity, peers }
  }

  /** Lets somebody look at the room: from now on each change is told. */
  watch(line: Line): Result<RoomView> {
    if (this.#watchers.size >= this.#context.limits.watchersPerRoom) return refuse('server-full')
    this.#watchers.set(line.peerId, line)
    return ok(this.view)
  }

  unwatch(line: Line): void {
    this.#watchers.delete(line.peerId)
  }

  /** `peerId` is new and made by the server. */
  join(peerId: PeerId, name: string, line: Line): Result<Peer> {
    if (this.isFull) return refuse('room-full')
    return ok(this.#admit({ id: peerId, name, generation: 1 }, line))
  }

  /**
   * Brings a peer back under its old id: one that is away, one whose place has run out (if there is space), one of a
   * former life of the server, or one whose former connection is not known to be dead, which then loses the place.
   */
  resume(claims: Claims, line: Line): Result<Peer> {
    const peer = this.#peers.get(claims.peerId)
    if (peer === undefined) return this.#readmit(claims, line)
    if (peer.generation !== claims.generation) return refuse('resume-refused')
    const wasAway = peer.presence === 'away'
    this.unwatch(line)
    peer.generation += 1
    peer.comeBack(line)
    if (wasAway) this.#announce(['peer:back', { id: peer.id }], peer)
    return ok(peer)
  }

  /** What somebody who just came in is told; their token is made here, the former one is used up. */
  welcome(peer: Peer): Joined {
    const { tokens, clock, limits } = this.#context
    const token = tokens.seal({
      code: this.code,
      title: this.title,
      capacity: this.capacity,
      roomName: this.name,
      name: peer.name,
      peerId: peer.id,
      generation: peer.generation,
      expires: clock.now() + limits.tokenLifetimeMs,
    })
    const { documents } = this
    return { peerId: peer.id, token, room: this.viewFor(peer), chat: this.#chat.messages, documents }
  }

  /** On purpose and for good: no token brings this peer back. */
  leave(peer: Peer): void {
    this.#former.revoke(peer.id, this.#context.clock.now())
    this.#remove(peer, 'left')
  }

  /** The connection of a peer is gone; its place is kept for a while. */
  lose(peer: Peer): void {
    const { limits, clock } = this.#context
    const outbox = new Outbox({ signals: limits.outboxSignals, size: limits.outboxSize })
    peer.goAway(
      outbox,
      clock.schedule(limits.awayMs, () => this.#giveUp(peer)),
    )
    this.#announce(['peer:away', { id: peer.id }], peer)
  }

  /** Hands a signal to one other peer of this room, or to one who looks, with the sender as the server knows it. */
  signal(from: Peer, to: PeerId, signal: Signal): Refusal | null {
    const target = this.#peers.get(to)
    if (target === from) return refuse('peer-not-found')
    if (target !== undefined) {
      this.#context.tally.signals += 1
      target.deliverSignal(from.id, signal)
      return null
    }
    const watcher = this.#watchers.get(to)
    if (watcher === undefined) return refuse('peer-not-found')
    this.#context.tally.signals += 1
    watcher.deliver(['signal:received', { from: from.id, signal }])
    return null
  }

  /** The same from one who looks, to those inside only: links are made before joining. All who look share one rate. */
  signalFromWatcher(line: Line, to: PeerId, signal: Signal): Refusal | null {
    const target = this.#peers.get(to)
    if (target?.manner !== 'perfect') return refuse('peer-not-found')
    if (this.#watcherSignals.take(this.#context.clock.now()) !== 'allowed') return refuse('too-many-requests')
    this.#context.tally.signals += 1
    target.deliverSignal(line.peerId, signal)
    return null
  }

  /** Tells everybody else; the same nonce again answers the stored message and tells nobody. */
  post(from: Peer, chat: { readonly nonce: string; readonly text: string }): ChatMessage {
    const known = this.#chat.find(from.id, chat.nonce)
    if (known !== undefined) return known
    const { id, name } = from
    const message = this.#chat.add({
      from: id,
      name,
      text: chat.text,
      at: this.#context.clock.now(),
      nonce: chat.nonce,
    })
    this.#tellPeers(['chat:posted', message], from)
    return message
  }

  readDocument(kind: DocumentKind): RoomDocument | null {
    return this.name === null ? null : this.#context.books.document(this.name, kind)
  }

  /** Tells everyone inside which documents there are now. */
  documentsChanged(): void {
    const { documents } = this
    for (const peer of this.#peers.values()) peer.deliver(['documents:changed', { documents }])
  }

  /** Stops all waiting; tells nobody. */
  close(): void {
    this.#cancelExpiry?.()
    for (const peer of this.#peers.values()) peer.close()
  }

  #readmit(claims: Claims, line: Line): Result<Peer> {
    const { peerId, name, generation, expires } = claims
    const issuedAt = expires - this.#context.limits.tokenLifetimeMs
    if (!this.#former.allows(peerId, generation, issuedAt)) return refuse('resume-refused')
    if (this.isFull) return refuse('room-full')
    this.#former.forget(peerId)
    return ok(this.#admit({ id: peerId, name, generation: generation + 1 }, line))
  }

  #admit(who: { readonly id: PeerId; readonly name: string; readonly generation: number }, line: Line): Peer {
    const opponent = line.manner === 'one-opponent' ? opponentAmong(this.#peers.values()) : null
    const peer = new Peer({ ...who, manner: line.manner, opponent }, line)
    this.unwatch(line)
    this.#cancelExpiry?.()
    this.#cancelExpiry = null
    for (const other of this.#peers.values()) other.deliver(['peer:joined', infoFor(other, peer, false)])
    this.#peers.set(peer.id, peer)
    this.#tellWatchers()
    return peer
  }

  #giveUp(peer: Peer): void {
    this.#former.remember(peer.id, peer.generation, this.#context.clock.now())
    this.#remove(peer, 'timed-out')
  }

  #remove(peer: Peer, reason: LeaveReason): void {
    this.#peers.delete(peer.id)
    if (this.#peers.size === 0) this.#cancelExpiry = this.#scheduleExpiry()
    this.#announce(['peer:left', { id: peer.id, reason }], peer)
  }

  #scheduleExpiry(): Cancel {
    return this.#context.clock.schedule(this.#emptyMs, () => this.#expire())
  }

  #expire(): void {
    this.#context.onExpired(this)
    for (const watcher of this.#watchers.values()) {
      watcher.deliver(['room:closed', { code: this.code, reason: 'expired' }])
      watcher.released()
    }
  }

  /** A change of who is inside: the others get the fact, those who look get the room. */
  #announce(fact: Fact, about: Peer): void {
    this.#tellPeers(fact, about)
    this.#tellWatchers()
  }

  #tellWatchers(): void {
    if (this.#watchers.size === 0) return
    const { view } = this
    for (const watcher of this.#watchers.values()) watcher.deliver(['room:changed', view])
  }

  #tellPeers(fact: Fact, except: Peer): void {
    for (const peer of this.#peers.values()) if (peer !== except) peer.deliver(fact)
  }
}
