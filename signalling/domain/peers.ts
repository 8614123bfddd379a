import { randomBytes } from 'node:crypto'
import type { PeerId, PeerInfo, Presence, Signal } from '#signalling/protocol.ts'
import type { Cancel } from './clock.ts'
import type { Fact, Line } from './facts.ts'
import type { Manner, Mannered } from './manners.ts'
import type { Outbox } from './outbox.ts'
import type { PeerRecord, ReceivedSignal } from './room-record.ts'

/** 128 random bits: ids are also what a spoofer would have to guess. */
export const newPeerId = (): PeerId => randomBytes(16).toString('base64url')

/** Of an outbox of signals. */
const signalsOf = (kept: readonly Fact[]): readonly ReceivedSignal[] =>
  kept.flatMap((fact) => (fact[0] === 'signal:received' ? [fact[1]] : []))

/** How a peer is connected. What is needed only while it is away lives only that long. */
type Connection =
  | { readonly phase: 'present'; readonly line: Line }
  | { readonly phase: 'away'; readonly outbox: Outbox; readonly stopWaiting: Cancel }

interface Who {
  readonly id: PeerId
  readonly name: string
  readonly generation: number
  readonly manner?: Manner
  readonly opponent?: PeerId | null
  /** Where it was connected from; that of the line when there is none. */
  readonly origin?: string
}

/** Somebody in a room: an id, a name, and a way to tell them facts. */
export class Peer implements Mannered {
  readonly id: PeerId
  readonly name: string
  readonly manner: Manner
  readonly opponent: PeerId | null
  /** Which of its resume tokens is the current one. */
  generation: number
  #origin: string
  #connection: Connection

  constructor(who: Who, line: Line) {
    this.id = who.id
    this.name = who.name
    this.manner = who.manner ?? 'perfect'
    this.opponent = who.opponent ?? null
    this.generation = who.generation
    this.#origin = who.origin ?? line.origin
    this.#connection = { phase: 'present', line }
  }

  get presence(): Presence {
    return this.#connection.phase
  }

  get info(): PeerInfo {
    return { id: this.id, name: this.name, presence: this.presence }
  }

  /** Where it is connected from, or was last. */
  get origin(): string {
    return this.#origin
  }

  get record(): PeerRecord {
    const { id, name, generation, origin } = this
    const kept = this.#connection.phase === 'away' ? this.#connection.outbox.kept : []
    return { id, name, generation, origin, outbox: kept && signalsOf(kept) }
  }

  /** Lost on a peer that is away: when it resumes it is told how the room is then. */
  deliver(fact: Fact): void {
    if (this.#connection.phase === 'present') this.#connection.line.deliver(fact)
  }

  /** Signals wait for a peer that is away; what a link looks like now is of no use later. */
  deliverSignal(from: PeerId, signal: Signal): void {
    const fact: Fact = ['signal:received', { from, signal }]
    if (signal.kind === 'report') this.deliver(fact)
    else this.deliverSurely(fact)
  }

  /** It waits for a peer that is away. */
  deliverSurely(fact: Fact): void {
    if (this.#connection.phase === 'present') this.#connection.line.deliver(fact)
    else this.#connection.outbox.keep(fact)
  }

  /** Its connection was lost. `stopWaiting` ends the wait for it. */
  goAway(outbox: Outbox, stopWaiting: Cancel): void {
    this.#connection = { phase: 'away', outbox, stopWaiting }
  }

  /**
   * Takes it up on another line. Answers what then tells that line what was kept, and lets the former one go if there is
   * one: for whoever has to write down first that it is back.
   */
  comeBack(line: Line): () => void {
    const former = this.#connection
    this.#connection = { phase: 'present', line }
    this.#origin = line.origin
    if (former.phase === 'away') {
      former.stopWaiting()
      return () => {
        for (const fact of former.outbox.empty()) line.deliver(fact)
      }
    }
    return () => {
      former.line.deliver(['session:replaced'])
      former.line.released()
    }
  }

  /** Nobody waits for it any more. */
  close(): void {
    if (this.#connection.phase === 'away') this.#connection.stopWaiting()
  }

  /** A host sent it out, or ended the room: it hears of that, and its line is free. Nobody waits for it any more. */
  sendOut(fact: Fact): void {
    this.deliver(fact)
    this.evict()
  }

  /** Its room is no longer here: lets its line go without a word. */
  evict(): void {
    this.close()
    if (this.#connection.phase === 'present') this.#connection.line.released()
  }
}
