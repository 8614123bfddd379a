import type { Fact } from './facts.ts'

/**
 * Keeps the signals for a peer that is away. When there is one too many, all are dropped and none is kept any more: a
 * negotiation with a hole in it is worth nothing, and the links start anew when the peer is back.
 */
export class Outbox {
  readonly #limits: { readonly signals: number; readonly size: number }
  readonly #onKept: () => void
  #facts: Fact[] = []
  #size = 0
  #isOverflown = false

  /** `size` is counted in UTF-16 units of JSON. `onKept` is told whenever `kept` is another. */
  constructor(limits: { readonly signals: number; readonly size: number }, onKept: () => void = () => undefined) {
    this.#limits = limits
    this.#onKept = onKept
  }

  /** Oldest first; null when there was one too many. */
  get kept(): readonly Fact[] | null {
    return this.#isOverflown ? null : this.#facts
  }

  keep(fact: Fact): void {
    if (this.#isOverflown) return
    this.#take(fact)
    this.#onKept()
  }

  /** Puts in place what another outbox had as `kept`, without telling of it; only while there is nothing here. */
  refill(kept: readonly Fact[] | null): void {
    if (kept === null) this.#overflow()
    else for (const fact of kept) if (!this.#isOverflown) this.#take(fact)
  }

  /** Answers what was kept, oldest first, and forgets it. */
  empty(): readonly Fact[] {
    const kept = this.#facts
    this.#facts = []
    this.#size = 0
    return kept
  }

  #take(fact: Fact): void {
    this.#facts.push(fact)
    this.#size += JSON.stringify(fact).length
    if (this.#facts.length > this.#limits.signals || this.#size > this.#limits.size) this.#overflow()
  }

  #overflow(): void {
    this.#isOverflown = true
    this.#facts = []
  }
}
