import { StoreFault, type Store } from '../store/store.ts'

/** Remembers which key an id belongs to. */
export interface ClaimStore {
  /** The fingerprint of the key that `userId` belongs to, or null. */
  readonly find: (userId: string, now: number) => string | null
  /** Answers false when there is no space for another id; nothing was kept then. `now`: milliseconds since 1970. */
  readonly keep: (userId: string, fingerprint: string, now: number) => boolean
}

interface ClaimLimits {
  readonly claims: number
  readonly claimLifetimeMs: number
}

/**
 * Claims as they are in the store. When it is full no more are taken: a flood of new ids can not take anybody's away. A
 * claim is good for a while after it was last shown. Where the store can not be read, nobody is taken for anybody: `find`
 * throws its fault.
 */
export class StoredClaims implements ClaimStore {
  readonly #store: Pick<Store, 'findClaim' | 'keepClaim' | 'countClaims' | 'forgetClaims'>
  readonly #limits: ClaimLimits

  constructor(store: Pick<Store, 'findClaim' | 'keepClaim' | 'countClaims' | 'forgetClaims'>, limits: ClaimLimits) {
    this.#store = store
    this.#limits = limits
  }

  find(userId: string, now: number): string | null {
    const claim = this.#store.findClaim(userId)
    return claim !== null && claim.shownAt + this.#limits.claimLifetimeMs > now ? claim.fingerprint : null
  }

  keep(userId: string, fingerprint: string, now: number): boolean {
    try {
      if (!this.#hasSpace(userId, now)) return false
      this.#store.keepClaim(userId, { fingerprint, shownAt: now })
      return true
    } catch (fault) {
      if (fault instanceof StoreFault) return false
      throw fault
    }
  }

  #hasSpace(userId: string, now: number): boolean {
    if (this.#store.findClaim(userId) !== null || this.#store.countClaims() < this.#limits.claims) return true
    this.#store.forgetClaims(now - this.#limits.claimLifetimeMs + 1)
    return this.#store.countClaims() < this.#limits.claims
  }
}
