import type { PeerId } from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Clock } from './clock.ts'
import type { Fact, Line } from './facts.ts'
import { Generations } from './generations.ts'
import { opponentAmong } from './manners.ts'
import { Outbox } from './outbox.ts'
import { Peer } from './peers.ts'
import type { Claims } from './resume-tokens.ts'
import type { PeerRecord, RoomRecord } from './room-record.ts'

interface MembersContext {
  readonly limits: ServerLimits
  readonly clock: Clock
}

/** What comes of waiting for somebody absent. */
export interface Wait {
  /** A signal was kept for somebody absent. */
  readonly onKept: () => void
  /** Nobody waits any longer for this one, who is no longer inside. */
  readonly onGivenUp: (peer: Peer) => void
}

/** Spoke for a peer in another process, and speaks no more. */
const FORMER_LINE: Line = {
  manner: 'perfect',
  peerId: '',
  origin: '',
  deliver: () => undefined,
  released: () => undefined,
}

/** Of most rooms. */
const nobodyFormer: Pick<Generations, 'entries' | 'forgottenUntil' | 'allows'> = new Generations(0)

/** Who is inside a room, in the order they came, and who may come back into it. Tells nobody of changes. */
export class Members {
  readonly #context: MembersContext
  readonly #peers = new Map<PeerId, Peer>()
  /** Null before anybody was gone for good. */
  #former: Generations | null = null

  constructor(context: MembersContext) {
    this.#context = context
  }

  get size(): number {
    return this.#peers.size
  }

  /** Without peers of other systems: they can not resume. */
  get record(): Pick<RoomRecord, 'peers' | 'former' | 'forgottenUntil'> {
    const own = [...this.#peers.values()].filter(({ manner }) => manner === 'perfect')
    const { entries: former, forgottenUntil } = this.#former ?? nobodyFormer
    return { peers: own.map(({ record }) => record), former, forgottenUntil }
  }

  /** Goes on with a record; only while there is nobody here. All who were inside are away from now on. */
  restore({ peers, former: entries, forgottenUntil }: Members['record'], wait: Wait): void {
    this.#knowFormer().refill({ entries, forgottenUntil }, this.#context.clock.now())
    for (const each of peers) this.#restorePeer(each, wait)
  }

  all(): Iterable<Peer> {
    return this.#peers.values()
  }

  find(id: PeerId): Peer | undefined {
    return this.#peers.get(id)
  }

  /** Whether somebody who is not inside may come back with this token. */
  mayReturn({ peerId, generation, expires }: Claims): boolean {
    const issuedAt = expires - this.#context.limits.tokenLifetimeMs
    return (this.#former ?? nobodyFormer).allows(peerId, generation, issuedAt)
  }

  add(who: Pick<PeerRecord, 'id' | 'name' | 'generation'> & { readonly origin?: string }, line: Line): Peer {
    const opponent = line.manner === 'one-opponent' ? opponentAmong(this.#peers.values()) : null
    const peer = new Peer({ ...who, manner: line.manner, opponent }, line)
    this.#former?.forget(peer.id)
    this.#peers.set(peer.id, peer)
    return peer
  }

  /** For good: no token brings this peer back. */
  remove(peer: Peer): void {
    this.#knowFormer().revoke(peer.id, this.#context.clock.now())
    this.#peers.delete(peer.id)
  }

  /** Its connection is gone, its place is kept for a while. `kept`: what its outbox holds already, null when too much. */
  lose(peer: Peer, wait: Wait, kept: readonly Fact[] | null = []): void {
    const { limits, clock } = this.#context
    const outbox = new Outbox({ signals: limits.outboxSignals, size: limits.outboxSize }, wait.onKept)
    outbox.refill(kept)
    peer.goAway(
      outbox,
      clock.schedule(limits.awayMs, () => this.#giveUp(peer, wait)),
    )
  }

  tell(fact: Fact, except: Peer | null): void {
    for (const peer of this.#peers.values()) if (peer !== except) peer.deliver(fact)
  }

  /** The room was ended: everybody hears `fact`, and is outside. */
  sendOut(fact: Fact): void {
    for (const peer of this.#peers.values()) peer.sendOut(fact)
  }

  /** Stops all waiting. */
  close(): void {
    for (const peer of this.#peers.values()) peer.close()
  }

  /** Stops all waiting, and lets every line go. */
  evict(): void {
    for (const peer of this.#peers.values()) peer.evict()
  }

  #knowFormer(): Generations {
    return (this.#former ??= new Generations(this.#context.limits.formerPeers))
  }

  #restorePeer({ outbox, ...who }: PeerRecord, wait: Wait): void {
    const peer = this.add(who, FORMER_LINE)
    this.lose(peer, wait, outbox && outbox.map((received): Fact => ['signal:received', received]))
  }

  #giveUp(peer: Peer, wait: Wait): void {
    this.#knowFormer().remember(peer.id, peer.generation, this.#context.clock.now())
    this.#peers.delete(peer.id)
    wait.onGivenUp(peer)
  }
}
