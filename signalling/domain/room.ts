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
import type { Fact, Line } from './facts.ts'
import { Members, type Wait } from './members.ts'
import { infoFor, infosFor } from './peer-views.ts'
import type { Peer } from './peers.ts'
import { ok, refuse } from './results.ts'
import type { Claims } from './resume-tokens.ts'
import type { RoomContext, RoomKind } from './room-context.ts'
import type { RoomRecord } from './room-record.ts'
import { Watchers } from './watchers.ts'

const notWaiting: Cancel = () => undefined

/** One room: who is inside, who looks at it, what was said. Tells everyone concerned about each change, the journal first. */
export class Room {
  readonly code: RoomCode
  readonly title: string
  readonly capacity: number
  readonly name: string | null
  readonly #emptyMs: number | null
  readonly #context: RoomContext
  readonly #members: Members
  /** Null before anybody looked. */
  #watchers: Watchers | null = null
  readonly #chat = new ChatHistory()
  #cancelExpiry: Cancel

  constructor(kind: RoomKind, context: RoomContext) {
    this.code = kind.code
    this.title = kind.title
    this.capacity = kind.capacity
    this.name = kind.name
    this.#emptyMs = kind.emptyMs ?? null
    this.#context = context
    this.#members = new Members(context)
    this.#cancelExpiry = this.#scheduleExpiry()
  }

  /** As those see it who look from outside, and would come in as the newest. */
  get view(): RoomView {
    return this.viewFor(null)
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
    return { code, title, capacity, name, emptyMs: this.#emptyMs, ...this.#members.record }
  }

  /** The latest messages, oldest first. */
  get chat(): readonly ChatMessage[] {
    return this.#chat.messages
  }

  /** As somebody inside sees it. */
  viewFor(viewer: Peer | null): RoomView {
    const peers = infosFor(viewer, this.#members.all())
    return { code: this.code, title: this.title || (this.name ?? ''), capacity: this.capacity, peers }
  }

  /** Lets somebody look at the room: from now on each change is told. */
  watch(line: Line): Result<RoomView> {
    const { limits, clock } = this.#context
    this.#watchers ??= new Watchers(limits, clock.now())
    return this.#watchers.add(line) ? ok(this.view) : refuse('server-full')
  }

  unwatch(line: Line): void {
    this.#watchers?.remove(line)
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
    const peer = this.#members.find(claims.peerId)
    if (peer === undefined) return this.#readmit(claims, line)
    if (peer.generation !== claims.generation) return refuse('resume-refused')
    const wasAway = peer.presence === 'away'
    this.unwatch(line)
    peer.generation += 1
    const tellLines = peer.comeBack(line)
    this.#changed()
    tellLines()
    if (wasAway) this.#announce(['peer:back', { id: peer.id }], peer)
    return ok(peer)
  }

  /** What somebody who just came in is told; their token is made here, the former one is used up. */
  welcome(peer: Peer): Joined {
    const { tokens, clock, limits } = this.#context
    const { code, title, capacity, name: roomName, chat, documents } = this
    const { id: peerId, name, generation } = peer
    const expires = clock.now() + limits.tokenLifetimeMs
    const token = tokens.seal({ code, title, capacity, roomName, name, peerId, generation, expires })
    return { peerId, token, room: this.viewFor(peer), chat, documents }
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
    this.#announce(['peer:away', { id: peer.id }], peer)
  }

  /** Hands a signal to one other peer of this room, or to one who looks, with the sender as the server knows it. */
  signal(from: Peer, to: PeerId, signal: Signal): Refusal | null {
    const target = this.#members.find(to)
    if (target === from) return refuse('peer-not-found')
    if (target !== undefined) {
      this.#context.tally.signals += 1
      target.deliverSignal(from.id, signal)
      return null
    }
    const watcher = this.#watchers?.find(to)
    if (watcher === undefined) return refuse('peer-not-found')
    this.#context.tally.signals += 1
    watcher.deliver(['signal:received', { from: from.id, signal }])
    return null
  }

  /** The same from one who looks, to those inside only: links are made before joining. All who look share one rate. */
  signalFromWatcher(line: Line, to: PeerId, signal: Signal): Refusal | null {
    const target = this.#members.find(to)
    if (target?.manner !== 'perfect') return refuse('peer-not-found')
    if (this.#watchers?.maySignal(this.#context.clock.now()) !== true) return refuse('too-many-requests')
    this.#context.tally.signals += 1
    target.deliverSignal(line.peerId, signal)
    return null
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

  /**
   * Goes on with what another process kept of it; only right after it was made. All who were inside are away from now on,
   * and are waited for as long as anybody is.
   */
  restore(record: RoomRecord, chat: readonly ChatMessage[]): void {
    this.#chat.refill(chat)
    this.#members.restore(record, this.#wait)
    if (this.size > 0) this.#stopExpiry()
  }

  /** Stops all waiting; tells nobody. */
  close(): void {
    this.#stopExpiry()
    this.#members.close()
  }

  /** Stops all waiting, and lets everybody inside or looking go without a word. */
  evict(): void {
    this.#stopExpiry()
    this.#members.evict()
    this.#watchers?.release()
  }

  get #wait(): Wait {
    return {
      onKept: () => this.#changed(),
      onGivenUp: (peer) => this.#removed(peer, 'timed-out'),
    }
  }

  #readmit(claims: Claims, line: Line): Result<Peer> {
    const { peerId, name, generation } = claims
    if (!this.#members.mayReturn(claims)) return refuse('resume-refused')
    if (this.isFull) return refuse('room-full')
    return ok(this.#admit({ id: peerId, name, generation: generation + 1 }, line))
  }

  #admit(who: { readonly id: PeerId; readonly name: string; readonly generation: number }, line: Line): Peer {
    const peer = this.#members.add(who, line)
    this.unwatch(line)
    this.#stopExpiry()
    this.#changed()
    for (const other of this.#members.all())
      if (other !== peer) other.deliver(['peer:joined', infoFor(other, peer, false)])
    this.#tellWatchers()
    return peer
  }

  #removed(peer: Peer, reason: LeaveReason): void {
    if (this.#members.size === 0) this.#cancelExpiry = this.#scheduleExpiry()
    this.#changed()
    this.#announce(['peer:left', { id: peer.id, reason }], peer)
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

  #expire(): void {
    this.#context.onExpired(this)
    this.#watchers?.release(['room:closed', { code: this.code, reason: 'expired' }])
  }

  /** Before anybody is told of what has changed, and after it has. */
  #changed(): void {
    this.#context.journal.roomChanged(this)
  }

  /** A change of who is inside: the others get the fact, those who look get the room. */
  #announce(fact: Fact, about: Peer): void {
    this.#members.tell(fact, about)
    this.#tellWatchers()
  }

  #tellWatchers(): void {
    if (this.#watchers !== null && this.#watchers.size > 0) this.#watchers.tell(['room:changed', this.view])
  }
}
