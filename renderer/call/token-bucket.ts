/** Lets `burst` things happen at once and `perSecond` in the long run. */
export class TokenBucket {
  readonly #burst: number
  readonly #perSecond: number
  readonly #now: () => number
  #tokens: number
  #filledAt: number

  constructor({
    burst,
    perSecond,
    now = () => performance.now(),
  }: {
    burst: number
    perSecond: number
    now?: () => number
  }) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#now = now
    this.#tokens = burst
    this.#filledAt = now()
  }

  /** False when there is no room for it; then nothing is taken. */
  take(cost = 1): boolean {
    const now = this.#now()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond)
    this.#filledAt = now
    if (this.#tokens < cost) return false
    this.#tokens -= cost
    return true
  }
}
