import type {
  LeaveReason,
  PeerId,
  Refusal,
  Result,
  RoomCode,
  RoomDetails,
  RoomView,
  Signal,
} from '#signalling/protocol.ts'
import type { Entrance } from './entrance.ts'
import type { Fact, Line } from './facts.ts'
import type { Members } from './members.ts'
import { infoFor, infosFor } from './peer-views.ts'
import type { Peer } from './peers.ts'
import { ok, refuse } from './results.ts'
import type { RoomContext, RoomKind } from './room-context.ts'
import { Watchers } from './watchers.ts'

const OPEN = { hasPassword: false, knock: false, locked: false }

/** All who are told of a room: those inside, and those who look. What they may know of it, and whom they reach. */
export class RoomAudience {
  readonly code: RoomCode
  readonly name: string | null
  title: string
  capacity: number
  readonly #context: RoomContext
  readonly #members: Members
  readonly #entrance: Entrance | null
  /** Null before anybody looked. */
  #watchers: Watchers | null = null

  constructor(kind: RoomKind, members: Members, entrance: Entrance | null, context: RoomContext) {
    this.code = kind.code
    this.name = kind.name
    this.title = kind.title
    this.capacity = kind.capacity
    this.#members = members
    this.#entrance = entrance
    this.#context = context
  }

  get details(): RoomDetails {
    const { hosts, door } = this.#entrance ?? {}
    return {
      title: this.title || (this.name ?? ''),
      capacity: this.capacity,
      door: door?.info ?? OPEN,
      hosts: hosts?.ids ?? [],
    }
  }

  /** As somebody inside sees it; as one of our own clients does who would come in as the newest when there is no `viewer`. */
  viewFor(viewer: Peer | null): RoomView {
    return { code: this.code, ...this.details, peers: infosFor(viewer, this.#members.all()) }
  }

  /** As those see it who look from there. */
  viewFrom(origin: string): RoomView {
    const view = this.viewFor(null)
    return this.isGuardedFor(origin) ? { ...view, peers: [], hosts: [] } : view
  }

  isGuardedFor(origin: string): boolean {
    return this.#entrance?.door.isGuardedFor(origin) === true
  }

  isWatching(line: Line): boolean {
    return this.#watchers?.find(line.peerId) !== undefined
  }

  /** Lets somebody look at the room: from now on each change is told. */
  watch(line: Line): Result<RoomView> {
    const { limits, clock } = this.#context
    this.#watchers ??= new Watchers(limits, clock.now())
    return this.#watchers.add(line) ? ok(this.viewFrom(line.origin)) : refuse('server-full')
  }

  unwatch(line: Line): void {
    this.#watchers?.remove(line)
  }

  /** Lets all who look go, after telling them `fact` when there is one. */
  releaseWatchers(fact?: Fact): void {
    this.#watchers?.release(fact)
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
    if (watcher === undefined || this.isGuardedFor(watcher.origin)) return refuse('peer-not-found')
    this.#context.tally.signals += 1
    watcher.deliver(['signal:received', { from: from.id, signal }])
    return null
  }

  /** The same from one who looks, to those inside only: links are made before joining. All who look share one rate. */
  signalFromWatcher(line: Line, to: PeerId, signal: Signal): Refusal | null {
    const target = this.isGuardedFor(line.origin) ? undefined : this.#members.find(to)
    if (target?.manner !== 'perfect') return refuse('peer-not-found')
    if (this.#watchers?.maySignal(this.#context.clock.now()) !== true) return refuse('too-many-requests')
    this.#context.tally.signals += 1
    target.deliverSignal(line.peerId, signal)
    return null
  }

  /** A change of who is inside: the others get the fact, those who look get the room. */
  announce(fact: Fact, about: Peer): void {
    this.#members.tell(fact, about)
    this.#tellWatchers('people')
  }

  /** Somebody came in. `isNewHost`: that the hosts are others now. */
  announceArrival(peer: Peer, isNewHost: boolean): void {
    for (const other of this.#members.all())
      if (other !== peer) other.deliver(['peer:joined', infoFor(other, peer, false)])
    if (isNewHost) this.#members.tell(['room:updated', this.details], peer)
    this.#tellWatchers('people')
  }

  /** Somebody is gone. `wasHost`: so that the hosts are others now; `heir`: who has become one by it. */
  announceDeparture(left: { id: PeerId; reason: LeaveReason }, wasHost: boolean, heir: Peer | null): void {
    this.#members.tell(['peer:left', left], null)
    if (wasHost) this.#members.tell(['room:updated', this.details], null)
    if (heir !== null) this.tellKnocksTo(heir)
    // Whoever looks from where somebody was removed sees less from now on.
    this.#tellWatchers(left.reason === 'removed' ? 'details' : 'people')
  }

  /** Somebody inside has become a host. */
  announceHost(host: Peer): void {
    this.#members.tell(['room:updated', this.details], null)
    this.tellKnocksTo(host)
    this.#tellWatchers('people')
  }

  announceDetails(): void {
    this.#members.tell(['room:updated', this.details], null)
    this.#tellWatchers('details')
  }

  /** Tells the hosts who waits to be let in. */
  announceKnocks(): void {
    for (const id of this.#entrance?.hosts.ids ?? []) {
      const host = this.#members.find(id)
      if (host !== undefined) this.tellKnocksTo(host)
    }
  }

  tellKnocksTo(host: Peer): void {
    host.deliver(['knocks:changed', { knocks: this.#entrance?.waiting ?? [] }])
  }

  /** Of a guarded room they see its details alone, so that they hear of nothing else, either. */
  #tellWatchers(what: 'people' | 'details'): void {
    if (this.#watchers === null || this.#watchers.size === 0) return
    const view = this.viewFor(null)
    this.#watchers.tell(({ origin }) => {
      if (!this.isGuardedFor(origin)) return ['room:changed', view]
      return what === 'details' ? ['room:changed', { ...view, peers: [], hosts: [] }] : null
    })
  }
}
