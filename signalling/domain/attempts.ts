import type { Rate, ServerLimits } from '../server-limits.ts'
import type { Clock } from './clock.ts'
import { LOOPBACK } from './origins.ts'
import { TokenBucket } from './rate-limit.ts'

type Limits = Pick<
  ServerLimits,
  'missRate' | 'passwordRate' | 'hashRate' | 'serverHashRate' | 'triedAddresses' | 'isLoopbackExempt'
>

/** How often something may be tried from one origin: a bucket for each that has tried lately. */
class OriginRate {
  readonly #rate: Rate
  readonly #most: number
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(rate: Rate, most: number) {
    this.#rate = rate
    this.#most = most
  }

  tryTake(origin: string, now: number): boolean {
    const bucket = this.#buckets.get(origin) ?? this.#open(origin, now)
    return bucket.tryTake(now)
  }

  giveBack(origin: string): void {
    this.#buckets.get(origin)?.giveBack()
  }

  hasOne(origin: string, now: number): boolean {
    return this.#buckets.get(origin)?.hasOne(now) ?? true
  }

  #open(origin: string, now: number): TokenBucket {
    if (this.#buckets.size >= this.#most) this.#forgetSome(now)
    const bucket = new TokenBucket(this.#rate, now)
    this.#buckets.set(origin, bucket)
    return bucket
  }

  /** All that would be the same if they were new; when there is none, the oldest. */
  #forgetSome(now: number): void {
    for (const [origin, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(origin)
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined && this.#buckets.size >= this.#most) this.#buckets.delete(oldest)
  }
}

/** What those may try who do not belong here, over all rooms of one server and all wires. */
export class Attempts {
  readonly #limits: Limits
  readonly #clock: Clock
  readonly #misses: OriginRate
  readonly #passwords: OriginRate
  readonly #hashes: OriginRate
  readonly #allHashes: TokenBucket

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    this.#misses = new OriginRate(limits.missRate, limits.triedAddresses)
    this.#passwords = new OriginRate(limits.passwordRate, limits.triedAddresses)
    this.#hashes = new OriginRate(limits.hashRate, limits.triedAddresses)
    this.#allHashes = new TokenBucket(limits.serverHashRate, clock.now())
  }

  /** Whether what is counted by address is counted for this one. */
  isCounted(origin: string): boolean {
    return origin !== LOOPBACK || !this.#limits.isLoopbackExempt
  }

  /** Whether somebody may ask for a room that may not be there. */
  mayAsk(origin: string): boolean {
    return !this.isCounted(origin) || this.#misses.hasOne(origin, this.#clock.now())
  }

  /** What was asked for was not there. */
  missed(origin: string): void {
    if (this.isCounted(origin)) this.#misses.tryTake(origin, this.#clock.now())
  }

  /** What was counted as missing was somewhere else. */
  found(origin: string): void {
    this.#misses.giveBack(origin)
  }

  /** Whether a password may be hashed now, whatever comes of it. */
  mayHash(origin: string): boolean {
    const now = this.#clock.now()
    if (this.isCounted(origin) && !this.#hashes.tryTake(origin, now)) return false
    return this.#allHashes.tryTake(now)
  }

  /**
   * Whether a password may be compared now. `room`: of all tries at that room. It counts as a wrong one until `wasRight` is
   * called.
   */
  mayGuess(origin: string, room: TokenBucket): boolean {
    const now = this.#clock.now()
    if (this.isCounted(origin) && !this.#passwords.tryTake(origin, now)) return false
    if (room.tryTake(now)) {
      if (this.mayHash(origin)) return true
      room.giveBack()
    }
    this.#passwords.giveBack(origin)
    return false
  }

  /** Whether the key of the server's owner may be compared now. It counts as a wrong password until `wasOwner` is called. */
  mayClaim(origin: string): boolean {
    return !this.isCounted(origin) || this.#passwords.tryTake(origin, this.#clock.now())
  }

  wasOwner(origin: string): void {
    this.#passwords.giveBack(origin)
  }

  wasRight(origin: string, room: TokenBucket): void {
    this.#passwords.giveBack(origin)
    room.giveBack()
  }
}
