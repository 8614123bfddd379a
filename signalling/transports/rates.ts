import type { Clock } from '../domain/clock.ts'
import { TokenBucket, type Verdict } from '../domain/rate-limit.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { RateKind } from './requests.ts'

/** How often one connection, or one address, may ask: a bucket for each kind of request, made when it is first used. */
export class Rates {
  readonly #clock: Clock
  readonly #limits: ServerLimits
  // No map: each of thousands of quiet connections has one.
  readonly #buckets: { [Kind in RateKind]?: TokenBucket } = {}

  constructor(limits: ServerLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  take(kind: RateKind): Verdict {
    const now = this.#clock.now()
    let bucket = this.#buckets[kind]
    if (bucket === undefined) {
      const { signalRate, chatRate, mergeRate, roomRate } = this.#limits
      const rates = { signal: signalRate, chat: chatRate, merge: mergeRate, room: roomRate }
      bucket = new TokenBucket(rates[kind], now)
      this.#buckets[kind] = bucket
    }
    return bucket.take(now)
  }

  /** Whether nothing was taken lately, so that new ones would behave the same. */
  isFull(): boolean {
    const now = this.#clock.now()
    return Object.values(this.#buckets).every((bucket) => bucket.isFull(now))
  }
}
