import type {
  ChatMessage,
  DocumentInfo,
  DocumentKind,
  Joined,
  Refusal,
  Result,
  RoomCode,
  RoomDocument,
  RoomView,
} from '#signalling/protocol.ts'
import { Entrance } from './entrance.ts'
import type { Fact, Line } from './facts.ts'
import { Members } from './members.ts'
import type { Peer } from './peers.ts'
import { ok, refuse } from './results.ts'
import { RoomAudience } from './room-audience.ts'
import { RoomChat } from './room-chat.ts'
import type { RoomContext, RoomKind } from './room-context.ts'
import { RoomExpiry } from './room-expiry.ts'
import { RoomHosting, type Actor } from './room-hosting.ts'
import type { RoomRecord } from './room-record.ts'
import { RoomSeats } from './room-seats.ts'
import { RoomSuccession } from './room-succession.ts'

/** One room: who is inside, who looks at it, what was said. Tells everyone concerned about each change, the journal first. */
export class Room {
  readonly code: RoomCode
  readonly name: string | null
  readonly audience: RoomAudience
  readonly seats: RoomSeats
  readonly talk: RoomChat
  /** Null where nobody can go on with the room when this server is gone. */
  readonly succession: RoomSuccession | null
  readonly #emptyMs: number | null
  readonly #context: RoomContext
  readonly #members: Members
  /** Null for a room that another system made. */
  readonly #entrance: Entrance | null
  readonly #expiry: RoomExpiry

  constructor(kind: RoomKind, context: RoomContext) {
    const { limits, clock, journal } = context
    const members = new Members(context)
    const entrance = kind.door === null ? null : new Entrance(kind.door, context)
    this.code = kind.code
    this.name = kind.name
    this.#emptyMs = kind.emptyMs ?? null
    this.#context = context
    this.#members = members
    this.#entrance = entrance
    this.audience = new RoomAudience(kind, members, entrance, context)
    this.talk = new RoomChat({ clock, members, onPosted: (message) => journal.posted(this, message) })
    this.succession = this.#openSuccession(kind)
    this.#expiry = new RoomExpiry(clock, this.#emptyMs ?? limits.emptyRoomMs, () => this.#expire())
    this.seats = this.#openSeats()
    this.#expiry.start()
  }

  get title(): string {
    return this.audience.title
  }

  get capacity(): number {
    return this.audience.capacity
  }

  /** All of it, as one of our own clients sees it who would come in as the newest. Those who look get `audience.viewFrom`. */
  get view(): RoomView {
    return this.audience.viewFor(null)
  }

  get size(): number {
    return this.#members.size
  }

  get isFull(): boolean {
    return this.seats.areTaken
  }

  /** Whether anybody inside is connected. */
  get isAttended(): boolean {
    return [...this.#members.all()].some(({ presence }) => presence === 'present')
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
    return this.talk.messages
  }

  /** Whether this id is of somebody inside. */
  has(id: string): boolean {
    return this.#members.find(id) !== undefined
  }

  /** Whether whoever comes from there has something to get past. To clients of other systems it is then a full room. */
  isGuardedFor(origin: string): boolean {
    return this.audience.isGuardedFor(origin)
  }

  /** Lets somebody look at the room: from now on each change is told. */
  watch(line: Line): Result<RoomView> {
    return this.audience.watch(line)
  }

  unwatch(line: Line): void {
    this.audience.unwatch(line)
    this.stopKnocking(line)
  }

  /** Asks to be let in. Whoever did not look yet does from now on. Where nobody has to knock it is answered at once. */
  knock(line: Line, name: string, password: string | undefined): Refusal | null {
    const refusal = this.#entrance?.refusalToKnock(line, name, password) ?? null
    if (refusal !== null) return refusal
    if (!this.audience.isWatching(line) && !this.watch(line).ok) return refuse('server-full')
    if (this.#entrance?.knock(line, name) === true) this.audience.announceKnocks()
    else line.deliver(['knock:answered', { admitted: true }])
    return null
  }

  stopKnocking(line: Line): void {
    if (this.#entrance?.stopKnocking(line) === true) this.audience.announceKnocks()
  }

  /** What somebody who just came in is told; their token is made here, the former one is used up. */
  welcome(peer: Peer): Joined {
    const { chat, documents, succession } = this
    const isHost = this.#entrance?.hosts.has(peer.id) === true
    const token = this.tokenFor(peer)
    const knocks = isHost ? this.#entrance.waiting : []
    const joined = { peerId: peer.id, token, room: this.audience.viewFor(peer), chat, documents, knocks }
    return succession === null || peer.manner !== 'perfect' ? joined : { ...joined, succession: succession.view }
  }

  /** Leads back to the place of somebody inside, once. */
  tokenFor({ id: peerId, name, generation }: Pick<Peer, 'id' | 'name' | 'generation'>): string {
    const { tokens, clock, limits } = this.#context
    const { code, title, capacity, name: roomName } = this
    const expires = clock.now() + limits.tokenLifetimeMs
    const isHost = this.#entrance?.hosts.has(peerId) === true
    const role = this.#entrance === null ? null : isHost ? 'host' : 'guest'
    const token = tokens.seal({ code, title, capacity, roomName, name, peerId, generation, role, expires })
    this.#save(true)
    return token
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
   * Goes on with what another process or computer kept of it; only right after it was made. All who were inside are away from
   * now on, and are waited for as long as anybody is.
   */
  restore(record: RoomRecord, chat: readonly ChatMessage[]): void {
    this.talk.refill(chat)
    this.seats.restore(record)
  }

  /** It was made again after a restart: its hosts have a while to come back before somebody else becomes one. */
  awaitHosts(): void {
    this.#entrance?.awaitHosts(() => {
      const heir = this.#entrance?.appointHost(this.#members.all()) ?? null
      if (heir === null) return
      this.#changed()
      this.audience.announceHost(heir)
    })
  }

  /** Stops all waiting; tells nobody. */
  close(): void {
    this.#stopWaiting()
    this.#members.close()
  }

  /** Stops all waiting, and lets everybody inside or looking go; those who look are told `fact` before when there is one. */
  evict(fact?: Fact): void {
    this.#stopWaiting()
    this.#members.evict()
    this.audience.releaseWatchers(fact)
  }

  #openSeats(): RoomSeats {
    return new RoomSeats({
      members: this.#members,
      entrance: this.#entrance,
      audience: this.audience,
      changed: () => this.#changed(),
      unwatch: (line) => this.unwatch(line),
      onOccupied: () => this.#expiry.stop(),
      onEmptied: () => this.#expiry.start(),
    })
  }

  #openSuccession({ will }: RoomKind): RoomSuccession | null {
    const entrance = this.#entrance
    const signer = this.#context.succession?.signer
    if (entrance === null || signer === undefined) return null
    const { audience } = this
    return new RoomSuccession({ members: this.#members, audience, entrance, signer, adopted: will ?? null })
  }

  #hostingBy(entrance: Entrance, host: Actor): Result<RoomHosting> {
    const room = {
      ...{ entrance, members: this.#members, audience: this.audience, attempts: this.#context.attempts },
      changed: () => this.#changed(),
      sendOut: (other: Peer) => this.seats.sendOut(other),
      end: () => this.#end(),
    }
    return ok(new RoomHosting(room, host))
  }

  /** A host ends it: everybody inside or looking is told, and is outside. Nothing leads back. */
  #end(): void {
    this.#stopWaiting()
    this.#context.onClosed(this)
    const fact: Fact = ['room:closed', { code: this.code, reason: 'ended' }]
    this.#members.sendOut(fact)
    this.audience.releaseWatchers(fact)
  }

  #stopWaiting(): void {
    this.#expiry.stop()
    this.#entrance?.close()
  }

  #expire(): void {
    this.#entrance?.close()
    this.#context.onClosed(this)
    this.audience.releaseWatchers(['room:closed', { code: this.code, reason: 'expired' }])
  }

  /** Before anybody is told of what has changed, and after it has. */
  #changed(): void {
    this.#context.journal.roomChanged(this)
    this.#save(false)
    this.succession?.changed()
  }

  /** `isSealing`: as Entrance has it. */
  #save(isSealing: boolean): void {
    const { code, title, capacity, succession } = this
    this.#entrance?.save({ code, title, capacity, ...succession?.saved }, isSealing)
  }
}
