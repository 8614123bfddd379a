import type { Rate } from '../server-limits.ts'

/** Token bucket over bytes: what does not fit is refused, and costs nothing. */
export class ByteBudget {
  readonly #rate: Rate
  #level: number
  #at: number

  constructor(rate: Rate, now: number) {
    this.#rate = rate
    this.#level = rate.burst
    this.#at = now
  }

  take(bytes: number, now: number): boolean {
    const elapsedMs = Math.max(0, now - this.#at)
    this.#level = Math.min(this.#rate.burst, this.#level + (elapsedMs / 1000) * this.#rate.perSecond)
    this.#at = now
    if (bytes > this.#level) return false
    this.#level -= bytes
    return true
  }
}
