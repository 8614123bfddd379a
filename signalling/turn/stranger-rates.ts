import type { Clock } from '../domain/clock.ts'
import { TokenBucket } from '../domain/rate-limit.ts'
import type { ServerLimits } from '../server-limits.ts'

/**
 * How often somebody is answered who has shown no pass. Addresses of UDP can be made up: there is one bound for each, so that
 * one cannot take it all, and one for all together, so that the relay is of no use against whoever the address belongs to.
 */
export class StrangerRates {
  readonly #limits: ServerLimits
  readonly #clock: Clock
  readonly #all: TokenBucket
  readonly #byAddress = new Map<string, TokenBucket>()

  constructor(limits: ServerLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    this.#all = new TokenBucket(limits.turnStrangersRate, clock.now())
  }

  mayBeAnswered(address: string): boolean {
    const now = this.#clock.now()
    return this.#bucketOf(address, now).take(now) === 'allowed' && this.#all.take(now) === 'allowed'
  }

  #bucketOf(address: string, now: number): TokenBucket {
    const known = this.#byAddress.get(address)
    if (known !== undefined) return known
    if (this.#byAddress.size >= this.#limits.idleAddresses) this.#makeRoom(now)
    const bucket = new TokenBucket(this.#limits.turnStrangerRate, now)
    this.#byAddress.set(address, bucket)
    return bucket
  }

  /** Those that a new bucket would treat the same go first, then whoever came first. */
  #makeRoom(now: number): void {
    for (const [address, bucket] of this.#byAddress) if (bucket.isFull(now)) this.#byAddress.delete(address)
    if (this.#byAddress.size < this.#limits.idleAddresses) return
    const [first] = this.#byAddress.keys()
    if (first !== undefined) this.#byAddress.delete(first)
  }
}
