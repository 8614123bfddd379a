import { randomBytes } from 'node:crypto'
import type { PeerId, PeerInfo, Presence, Signal } from '#signalling/protocol.ts'
import type { Cancel } from './clock.ts'
import type { Fact, Line } from './facts.ts'
import type { Manner, Mannered } from './manners.ts'
import type { Outbox } from './outbox.ts'

/** 128 random bits: ids are also what a spoofer would have to guess. */
export const newPeerId = (): PeerId => randomBytes(16).toString('base64url')

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
}

/** Somebody in a room: an id, a name, and a way to tell them facts. */
export class Peer implements Mannered {
  readonly id: PeerId
  readonly name: string
  readonly manner: Manner
  readonly opponent: PeerId | null
  /** Which of its resume tokens is the current one. */
  generation: number
  #connection: Connection

  constructor(who: Who, line: Line) {
    this.id = who.id
    this.name = who.name
    this.manner = who.manner ?? 'perfect'
    this.opponent = who.opponent ?? null
    this.generation = who.generation
    this.#connection = { phase: 'present', line }
  }

  get presence(): Presence {
    return this.#connection.phase
  }

  get info(): PeerInfo {
    return { id: this.id, name: this.name, presence: this.presence }
  }

  /** Lost on a peer that is away: when it resumes it is told how the room is then. */
  deliver(fact: Fact): void {
    if (this.#connection.phase === 'present') this.#connection.line.deliver(fact)
  }

  /** Signals wait for a peer that is away. */
  deliverSignal(from: PeerId, signal: Signal): void {
    const fact: Fact = ['signal:received', { from, signal }]
    if (this.#connection.phase === 'present') this.#connection.line.deliver(fact)
    else this.#connection.outbox.keep(fact)
  }

  /** Its connection was lost. `stopWaiting` ends the wait for it. */
  goAway(outbox: Outbox, stopWaiting: Cancel): void {
    this.#connection = { phase: 'away', outbox, stopWaiting }
  }

  /** Takes it up on another line, which is told what was kept; the former line, if there is one, is let go. */
  comeBack(line: Line): void {
    const former = this.#connection
    this.#connection = { phase: 'present', line }
    if (former.phase === 'present') {
      former.line.deliver(['session:replaced'])
      former.line.released()
    } else {
      former.stopWaiting()
      for (const fact of former.outbox.empty()) line.deliver(fact)
    }
  }

  /** Nobody waits for it any more. */
  close(): void {
    if (this.#connection.phase === 'away') this.#connection.stopWaiting()
  }
}
