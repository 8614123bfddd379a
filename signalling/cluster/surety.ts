/**
 * Whether others can have taken this process for dead, and its places, without its knowing: it may have stood still for longer
 * than its key lasts. Then nothing that it knows is to be told before it has looked who is home of what.
 */
export class Surety {
  readonly #expiryMs: number
  #until: number
  /** `unheard`: since then no beat has reached Redis. */
  #doubt: 'none' | 'unheard' | 'heard' = 'none'
  #doubtedAt = 0
  #lapses = 0

  /** Times are in milliseconds since 1970. */
  constructor(expiryMs: number, now: number) {
    this.#expiryMs = expiryMs
    this.#until = now + expiryMs
  }

  /** How often there was something to look into. */
  get lapses(): number {
    return this.#lapses
  }

  isSure(now: number): boolean {
    return this.#doubt === 'none' && now < this.#until
  }

  /** At each heartbeat, also while Redis is away: then nobody is taken for dead. `sent`: beats until now. */
  tick(now: number, sent: number): void {
    if (now >= this.#until) {
      this.#doubt = 'unheard'
      this.#doubtedAt = sent
    }
    this.#until = now + this.#expiryMs
  }

  /** Redis has answered a beat. Answers whether there is something to look into. */
  heard(beat: number, wasThere: boolean): boolean {
    const isDue = this.#doubt === 'unheard' && beat > this.#doubtedAt
    if (wasThere && !isDue) return false
    this.#doubt = 'heard'
    this.#lapses += 1
    return true
  }

  /** All that was at home here until this lapse has been looked at. Answers whether that was the latest. */
  looked(lapse: number): boolean {
    if (this.#doubt !== 'heard' || lapse !== this.#lapses) return false
    this.#doubt = 'none'
    return true
  }
}
