import type {
  ChatMessage,
  DocumentInfo,
  DocumentKind,
  Joined,
  LeaveReason,
  PeerId,
  Refusal,
  Result,
  RoomCode,
  RoomDocument,
  RoomView,
  Signal,
} from '#signalling/protocol.ts'
import { ChatHistory } from './chat-history.ts'
import type { Cancel } from './clock.ts'
import { Entrance, type Pass } from './entrance.ts'
import type { Fact, Line } from './facts.ts'
import { Members, type Wait } from './members.ts'
import type { Peer } from './peers.ts'
import { ok, refuse } from './results.ts'
import type { Claims } from './resume-tokens.ts'
import { RoomAudience } from './room-audience.ts'
import type { RoomContext, RoomKind } from './room-context.ts'
import { RoomHosting, type Actor } from './room-hosting.ts'
import type { RoomRecord } from './room-record.ts'

const notWaiting: Cancel = () => undefined

/** Who comes in. */
interface Newcomer {
  readonly id: PeerId
  readonly name: string
  readonly generation: number
}

/** One room: who is inside, who looks at it, what was said. Tells everyone concerned about each change, the journal first. */
export class Room {
  readonly code: RoomCode
  readonly name: string | null
  readonly #emptyMs: number | null
  readonly #context: RoomContext
  readonly #members: Members
  /** Null for a room that another system made. */
  readonly #entrance: Entrance | null
  readonly #audience: RoomAudience
  readonly #chat = new ChatHistory()
  #cancelExpiry: Cancel

  constructor(kind: RoomKind, context: RoomContext) {
    this.code = kind.code
    this.name = kind.name
    this.#emptyMs = kind.emptyMs ?? null
    this.#context = context
    this.#members = new Members(context)
    this.#entrance = kind.door === null ? null : new Entrance(kind.door, context)
    this.#audience = new RoomAudience(kind, this.#members, this.#entrance, context)
    this.#cancelExpiry = this.#scheduleExpiry()
  }

  get title(): string {
    return this.#audience.title
  }

  get capacity(): number {
    return this.#audience.capacity
  }

  /** All of it, as one of our own clients sees it who would come in as the newest. Those who look get `viewFrom`. */
  get view(): RoomView {
    return this.#audience.viewFor(null)
  }

  get size(): number {
    return this.#members.size
  }

  get isFull(): boolean {
    return this.#members.size >= this.capacity
  }

  get documents(): readonly DocumentInfo[] {
    return this.name === null ? [] : this.#context.books.documents(this.name)
  }

  /** What `restore` takes, beside the chat. */
  get record(): RoomRecord {
    const { code, title, capacity, name } = this
    const door = this.#entrance?.record ?? null
    return { code, title, capacity, name, emptyMs: this.#emptyMs, door, ...this.#members.record }
  }

  /** The latest messages, oldest first. */
  get chat(): readonly ChatMessage[] {
    return this.#chat.messages
  }

  /** As those see it who look from there. */
  viewFrom(origin: string): RoomView {
    return this.#audience.viewFrom(origin)
  }

  /** Whether this id is of somebody inside. */
  has(id: string): boolean {
    return this.#members.find(id) !== undefined
  }

  /** Whether whoever comes from there has something to get past. To clients of other systems it is then a full room. */
  isGuardedFor(origin: string): boolean {
    return this.#audience.isGuardedFor(origin)
  }

  /** Lets somebody look at the room: from now on each change is told. */
  watch(line: Line): Result<RoomView> {
    return this.#audience.watch(line)
  }

  unwatch(line: Line): void {
    this.#audience.unwatch(line)
    this.stopKnocking(line)
  }

  /** Asks to be let in. Whoever did not look yet does from now on. Where nobody has to knock it is answered at once. */
  knock(line: Line, name: string, password: string | undefined): Refusal | null {
    const refusal = this.#entrance?.refusalToKnock(line, name, password) ?? null
    if (refusal !== null) return refusal
    if (!this.#audience.isWatching(line) && !this.watch(line).ok) return refuse('server-full')
    if (this.#entrance?.knock(line, name) === true) this.#audience.announceKnocks()
    else line.deliver(['knock:answered', { admitted: true }])
    return null
  }

  stopKnocking(line: Line): void {
    if (this.#entrance?.stopKnocking(line) === true) this.#audience.announceKnocks()
  }

  /** `peerId` is new and made by the server. */
  join(peerId: PeerId, name: string, line: Line, pass: Pass = {}): Result<Peer> {
    const refusal = this.#entrance?.refusal(line, name, pass) ?? null
    if (refusal !== null) return refusal
    if (this.isFull) return refuse('room-full')
    const isHost = this.#entrance?.isHostKey(line, pass) === true
    return ok(this.#admit({ id: peerId, name, generation: 1 }, line, isHost))
  }

  /**
   * Brings a peer back under its old id: one that is away, one whose place has run out (if there is space), one of a
   * former life of the server, or one whose former connection is not known to be dead, which then loses the place.
   */
  resume(claims: Claims, line: Line): Result<Peer> {
    const peer = this.#members.find(claims.peerId)
    if (peer === undefined) return this.#readmit(claims, line)
    if (peer.generation !== claims.generation) return refuse('resume-refused')
    const wasAway = peer.presence === 'away'
    this.unwatch(line)
    peer.generation += 1
    const tellLines = peer.comeBack(line)
    this.#changed()
    tellLines()
    if (wasAway) this.#audience.announce(['peer:back', { id: peer.id }], peer)
    return ok(peer)
  }

  /** What somebody who just came in is told; their token is made here, the former one is used up. */
  welcome(peer: Peer): Joined {
    const { tokens, clock, limits } = this.#context
    const { code, title, capacity, name: roomName, chat, documents } = this
    const { id: peerId, name, generation } = peer
    const expires = clock.now() + limits.tokenLifetimeMs
    const isHost = this.#entrance?.hosts.has(peerId) === true
    const role = this.#entrance === null ? null : isHost ? 'host' : 'guest'
    const token = tokens.seal({ code, title, capacity, roomName, name, peerId, generation, role, expires })
    this.#entrance?.save(this, true)
    const knocks = isHost ? this.#entrance.waiting : []
    return { peerId, token, room: this.#audience.viewFor(peer), chat, documents, knocks }
  }

  /** On purpose and for good: no token brings this peer back. */
  leave(peer: Peer): void {
    this.#members.remove(peer)
    this.#removed(peer, 'left')
  }

  /** The connection of a peer is gone; its place is kept for a while. */
  lose(peer: Peer): void {
    this.#members.lose(peer, this.#wait)
    this.#changed()
    this.#audience.announce(['peer:away', { id: peer.id }], peer)
  }

  /** Hands a signal to one other peer of this room, or to one who looks, with the sender as the server knows it. */
  signal(from: Peer, to: PeerId, signal: Signal): Refusal | null {
    return this.#audience.signal(from, to, signal)
  }

  /** The same from one who looks, to those inside only: links are made before joining. All who look share one rate. */
  signalFromWatcher(line: Line, to: PeerId, signal: Signal): Refusal | null {
    return this.#audience.signalFromWatcher(line, to, signal)
  }

  /** Tells everybody else; the same nonce again answers the stored message and tells nobody. */
  post(from: Peer, { nonce, text }: { readonly nonce: string; readonly text: string }): ChatMessage {
    const known = this.#chat.find(from.id, nonce)
    if (known !== undefined) return known
    const { id, name } = from
    const message = this.#chat.add({ from: id, name, text, at: this.#context.clock.now(), nonce })
    this.#context.journal.posted(this, message)
    this.#members.tell(['chat:posted', message], from)
    return message
  }

  readDocument(kind: DocumentKind): RoomDocument | null {
    return this.name === null ? null : this.#context.books.document(this.name, kind)
  }

  /** Tells everyone inside which documents there are now. */
  documentsChanged(): void {
    this.#members.tell(['documents:changed', { documents: this.documents }], null)
  }

  /** What this one may do for being a host. */
  hosting(peer: Peer): Result<RoomHosting> {
    return this.#entrance?.hosts.has(peer.id) === true ? this.#hostingBy(this.#entrance, peer) : refuse('not-host')
  }

  /** What somebody may do who only looks, and shows the key of the hosts. */
  hostingWithKey(line: Line, hostKey: string): Result<RoomHosting> {
    if (this.#entrance?.isHostKey(line, { hostKey }) !== true) return refuse('not-host')
    return this.#hostingBy(this.#entrance, { id: line.peerId, origin: line.origin })
  }

  /**
   * Goes on with what another process kept of it; only right after it was made. All who were inside are away from now on,
   * and are waited for as long as anybody is.
   */
  restore(record: RoomRecord, chat: readonly ChatMessage[]): void {
    this.#chat.refill(chat)
    this.#members.restore(record, this.#wait)
    this.#entrance?.hosts.arrive(record.peers.map(({ id }) => id))
    if (this.size > 0) this.#stopExpiry()
  }

  /** It was made again after a restart: its hosts have a while to come back before somebody else becomes one. */
  awaitHosts(): void {
    this.#entrance?.awaitHosts(() => {
      const heir = this.#findHeir()
      if (heir === null) return
      this.#changed()
      this.#audience.announceHost(heir)
    })
  }

  /** Stops all waiting; tells nobody. */
  close(): void {
    this.#stopWaiting()
    this.#members.close()
  }

  /** Stops all waiting, and lets everybody inside or looking go without a word. */
  evict(): void {
    this.#stopWaiting()
    this.#members.evict()
    this.#audience.releaseWatchers()
  }

  get #wait(): Wait {
    return {
      onKept: () => this.#changed(),
      onGivenUp: (peer) => this.#removed(peer, 'timed-out'),
    }
  }

  #hostingBy(entrance: Entrance, host: Actor): Result<RoomHosting> {
    const room = {
      ...{ entrance, members: this.#members, audience: this.#audience, attempts: this.#context.attempts },
      changed: () => this.#changed(),
      sendOut: (other: Peer) => this.#sendOut(other),
      end: () => this.#end(),
    }
    return ok(new RoomHosting(room, host))
  }

  #readmit(claims: Claims, line: Line): Result<Peer> {
    const { peerId, name, generation, role } = claims
    const { door, hosts } = this.#entrance ?? {}
    if (!this.#members.mayReturn(claims) || door?.hasRemoved(peerId) === true) return refuse('resume-refused')
    if (this.isFull) return refuse('room-full')
    const isHost = role === 'host' || hosts?.awaits(peerId) === true
    return ok(this.#admit({ id: peerId, name, generation: generation + 1 }, line, isHost))
  }

  #admit(who: Newcomer, line: Line, isHost: boolean): Peer {
    const peer = this.#members.add(who, line)
    this.unwatch(line)
    this.#stopExpiry()
    if (isHost) this.#entrance?.hosts.add(peer.id)
    const heir = this.#findHeir()
    this.#changed()
    this.#audience.announceArrival(peer, isHost || heir !== null)
    return peer
  }

  #removed(peer: Peer, reason: LeaveReason): void {
    const wasHost = this.#entrance?.hosts.gone(peer.id, reason === 'timed-out') === true
    const heir = this.#findHeir()
    if (this.#members.size === 0) this.#cancelExpiry = this.#scheduleExpiry()
    this.#changed()
    this.#audience.announceDeparture({ id: peer.id, reason }, wasHost, heir)
  }

  /** A host removes somebody. */
  #sendOut(peer: Peer): void {
    this.#members.remove(peer)
    this.#removed(peer, 'removed')
    peer.sendOut(['session:removed'])
  }

  /** A host ends it: everybody inside or looking is told, and is outside. Nothing leads back. */
  #end(): void {
    this.#stopWaiting()
    this.#context.onClosed(this)
    const fact: Fact = ['room:closed', { code: this.code, reason: 'ended' }]
    this.#members.sendOut(fact)
    this.#audience.releaseWatchers(fact)
  }

  /** Answers who is a host from now on because there is no other. */
  #findHeir(): Peer | null {
    if (this.#entrance === null || this.#entrance.isAwaitingHosts) return null
    const heir = this.#entrance.hosts.heirAmong(this.#members.all())
    if (heir !== null) this.#entrance.hosts.add(heir.id)
    return heir
  }

  #scheduleExpiry(): Cancel {
    const { clock, limits } = this.#context
    return clock.schedule(this.#emptyMs ?? limits.emptyRoomMs, () => this.#expire())
  }

  /** What was scheduled is let go with its timer: most rooms have somebody in them. */
  #stopExpiry(): void {
    this.#cancelExpiry()
    this.#cancelExpiry = notWaiting
  }

  #stopWaiting(): void {
    this.#stopExpiry()
    this.#entrance?.close()
  }

  #expire(): void {
    this.#entrance?.close()
    this.#context.onClosed(this)
    this.#audience.releaseWatchers(['room:closed', { code: this.code, reason: 'expired' }])
  }

  /** Before anybody is told of what has changed, and after it has. */
  #changed(): void {
    this.#context.journal.roomChanged(this)
    this.#entrance?.save(this, false)
  }
}
