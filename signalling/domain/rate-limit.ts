import type { Rate } from '../server-limits.ts'

/** `abuse`: refused for so long without a pause that the other side is no honest client. */
export type Verdict = 'allowed' | 'refused' | 'abuse'

/** Times the allowed burst that may be asked for at once before it is abuse. */
const ABUSE_FACTOR = 3

/**
 * Token bucket: `burst` at once, refilled by `perSecond`. Refused requests are counted as well, as a debt; whoever asks
 * for three times the burst without a pause is abusing the server.
 *
 * Own code, because the well-known libraries answer with a promise per request, which costs more than the request
 * itself (relaying a signal takes 45 us) and would let requests of one connection overtake each other.
 */
export class TokenBucket {
  readonly #rate: Rate
  #level: number
  #at: number

  /** `now`: milliseconds since 1970. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate
    this.#level = rate.burst
    this.#at = now
  }

  take(now: number): Verdict {
    this.#refill(now)
    const deepest = -(ABUSE_FACTOR - 1) * this.#rate.burst
    this.#level = Math.max(deepest, this.#level - 1)
    if (this.#level >= 0) return 'allowed'
    return this.#level > deepest ? 'refused' : 'abuse'
  }

  /** Whether there was so much to take. What is refused is not counted: for people who try again, and for bytes. */
  tryTake(now: number, cost = 1): boolean {
    this.#refill(now)
    if (this.#level < cost) return false
    this.#level -= cost
    return true
  }

  /** What was taken did not count. */
  giveBack(): void {
    this.#level = Math.min(this.#rate.burst, this.#level + 1)
  }

  /** Whether there is one to take. */
  hasOne(now: number): boolean {
    this.#refill(now)
    return this.#level >= 1
  }

  /** Whether nothing was taken lately, so that a new bucket would behave the same. */
  isFull(now: number): boolean {
    this.#refill(now)
    return this.#level >= this.#rate.burst
  }

  #refill(now: number): void {
    const elapsedMs = Math.max(0, now - this.#at)
    this.#level = Math.min(this.#rate.burst, this.#level + (elapsedMs / 1000) * this.#rate.perSecond)
    this.#at = now
  }
}
