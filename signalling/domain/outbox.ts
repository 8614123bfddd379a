import type { Fact } from './facts.ts'

/**
 * Keeps the signals for a peer that is away. When there is one too many, all are dropped and none is kept any more: a
 * negotiation with a hole in it is worth nothing, and the links start anew when the peer is back.
 */
export class Outbox {
  readonly #limits: { readonly signals: number; readonly size: number }
  #facts: Fact[] = []
  #size = 0
  #isOverflown = false

  /** `size` is counted in UTF-16 units of JSON. */
  constructor(limits: { readonly signals: number; readonly size: number }) {
    this.#limits = limits
  }

  keep(fact: Fact): void {
    if (this.#isOverflown) return
    this.#facts.push(fact)
    this.#size += JSON.stringify(fact).length
    if (this.#facts.length <= this.#limits.signals && this.#size <= this.#limits.size) return
    this.#isOverflown = true
    this.#facts = []
  }

  /** Answers what was kept, oldest first, and forgets it. */
  empty(): readonly Fact[] {
    const kept = this.#facts
    this.#facts = []
    this.#size = 0
    return kept
  }
}
