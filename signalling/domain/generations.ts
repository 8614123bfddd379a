/** A generation no token can have: whoever is remembered with it can not come back. */
const REVOKED = Number.POSITIVE_INFINITY

/**
 * Remembers which generation of tokens the absent may come back with. Bounded: when it is full the oldest entry is
 * forgotten, and from then on every unknown token issued before that moment is refused. So a flood of departures can
 * cost somebody the way back, but can never make a used token good again.
 */
export class Generations {
  readonly #capacity: number
  /** Null before anybody was remembered: most rooms never have to. */
  #current: Map<string, number> | null = null
  #forgottenUntil = Number.NEGATIVE_INFINITY

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Oldest first; null stands for revoked. What `refill` takes. */
  get entries(): readonly (readonly [id: string, generation: number | null])[] {
    return Array.from(
      this.#current ?? [],
      ([id, generation]) => [id, generation === REVOKED ? null : generation] as const,
    )
  }

  /** Until when tokens of the forgotten were issued; null when nobody was forgotten. Milliseconds since 1970. */
  get forgottenUntil(): number | null {
    return this.#forgottenUntil === Number.NEGATIVE_INFINITY ? null : this.#forgottenUntil
  }

  /** Goes on with what others remembered. What is too much for this one is forgotten as ever. */
  refill(others: Pick<Generations, 'entries' | 'forgottenUntil'>, now: number): void {
    this.#forgetUntil(others.forgottenUntil ?? Number.NEGATIVE_INFINITY)
    for (const [id, generation] of others.entries) this.remember(id, generation ?? REVOKED, now)
  }

  /** `now`: milliseconds since 1970. */
  remember(id: string, generation: number, now: number): void {
    const current = (this.#current ??= new Map())
    current.delete(id)
    current.set(id, generation)
    if (current.size <= this.#capacity) return
    const [oldest] = current.keys()
    if (oldest !== undefined) current.delete(oldest)
    this.#forgetUntil(now)
  }

  revoke(id: string, now: number): void {
    this.remember(id, REVOKED, now)
  }

  /** Somebody is back, and whoever holds them now keeps their generation. */
  forget(id: string): void {
    this.#current?.delete(id)
  }

  /** Whether a token of this generation, issued at `issuedAt`, is still good. */
  allows(id: string, generation: number, issuedAt: number): boolean {
    const current = this.#current?.get(id)
    return current === undefined ? issuedAt > this.#forgottenUntil : current === generation
  }

  /** Never goes back: what was refilled may be of a machine whose clock is ahead. */
  #forgetUntil(time: number): void {
    this.#forgottenUntil = Math.max(this.#forgottenUntil, time)
  }
}
