import type { Cancel, Clock } from '../domain/clock.ts'
import { addSequence, sequenceAhead } from './sequence.ts'

interface MissingPacketsOptions {
  readonly clock: Clock
  readonly ask: (sequenceNumbers: readonly number[]) => void
  /** Some packets will not come any more: only a key frame helps. */
  readonly giveUp: () => void
}

/** A packet may be overtaken by others for this long before it counts as lost. */
const REORDER_MS = 10
/** Between two requests for the same packet: about the round trip to a device far away. */
const REPEAT_MS = 60
const MOST_REQUESTS = 8
/** A larger hole is not worth filling. */
const MOST_MISSING = 200

interface Missing {
  askedAt: number
  requests: number
}

/**
 * Notices what of a device's track was lost on the way here, and asks for it again. In place of what werift does by
 * itself, which asks every 5 ms, gives up after 50, and stops for a whole round of sequence numbers after a loss at
 * their wrap (0.25.2, media/receiver/nack.ts).
 */
export class MissingPackets {
  readonly #options: MissingPacketsOptions
  readonly #missing = new Map<number, Missing>()
  #highest: number | null = null
  #cancel: Cancel | null = null

  constructor(options: MissingPacketsOptions) {
    this.#options = options
  }

  /** Answers false for a packet that has been here before, or was not waited for any more. */
  take(sequenceNumber: number): boolean {
    if (this.#highest === null) {
      this.#highest = sequenceNumber
      return true
    }
    const ahead = sequenceAhead(sequenceNumber, this.#highest)
    if (ahead <= 0) return this.#missing.delete(sequenceNumber)
    for (let step = 1; step < ahead && ahead <= MOST_MISSING; step += 1)
      this.#missing.set(addSequence(this.#highest, step), { askedAt: -Infinity, requests: 0 })
    this.#highest = sequenceNumber
    if (ahead > MOST_MISSING || this.#missing.size > MOST_MISSING) this.#giveUp()
    else if (this.#missing.size > 0) this.#cancel ??= this.#options.clock.schedule(REORDER_MS, () => this.#askAgain())
    return true
  }

  /** The numbers begin anew. */
  restart(): void {
    this.#highest = null
    this.close()
  }

  close(): void {
    this.#missing.clear()
    this.#cancel?.()
    this.#cancel = null
  }

  #askAgain(): void {
    this.#cancel = null
    const { clock, ask } = this.#options
    const now = clock.now()
    const due = [...this.#missing].filter(([, { askedAt }]) => now - askedAt >= REPEAT_MS)
    if (due.some(([, { requests }]) => requests >= MOST_REQUESTS)) {
      this.#giveUp()
      return
    }
    for (const [, missing] of due) {
      missing.askedAt = now
      missing.requests += 1
    }
    if (this.#missing.size > 0) this.#cancel = clock.schedule(REORDER_MS, () => this.#askAgain())
    if (due.length > 0) ask(due.map(([sequenceNumber]) => sequenceNumber))
  }

  #giveUp(): void {
    this.close()
    this.#options.giveUp()
  }
}
