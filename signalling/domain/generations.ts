/** A generation no token can have: whoever is remembered with it can not come back. */
const REVOKED = Number.POSITIVE_INFINITY

/**
 * Remembers which generation of tokens the absent may come back with. Bounded: when it is full the oldest entry is
 * forgotten, and from then on every unknown token issued before that moment is refused. So a flood of departures can
 * cost somebody the way back, but can never make a used token good again.
 */
export class Generations {
  readonly #capacity: number
  readonly #current = new Map<string, number>()
  #forgottenUntil = Number.NEGATIVE_INFINITY

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** `now`: milliseconds since 1970. */
  remember(id: string, generation: number, now: number): void {
    this.#current.delete(id)
    this.#current.set(id, generation)
    if (this.#current.size <= this.#capacity) return
    const [oldest] = this.#current.keys()
    if (oldest !== undefined) this.#current.delete(oldest)
    this.#forgottenUntil = now
  }

  revoke(id: string, now: number): void {
    this.remember(id, REVOKED, now)
  }

  /** Somebody is back, and whoever holds them now keeps their generation. */
  forget(id: string): void {
    this.#current.delete(id)
  }

  /** Whether a token of this generation, issued at `issuedAt`, is still good. */
  allows(id: string, generation: number, issuedAt: number): boolean {
    const current = this.#current.get(id)
    return current === undefined ? issuedAt > this.#forgottenUntil : current === generation
  }
}
