import type { Fingerprint } from './fingerprints.ts'

/** One person's part in a round. `nonce` and `commitment` are base64url, 43 characters. */
export interface Part {
  readonly fingerprint: Fingerprint
  readonly nonce: string
  readonly commitment: string
}

interface Others {
  readonly commitment: string | null
  /** What they revealed, and the commitment that it is the opening of. */
  readonly opening: { readonly nonce: string; readonly commitment: string } | null
}

/** `cheat`: they say now what does not fit to what they said before. `stranger`: not one of this round. */
export type Verdict = 'new' | 'known' | 'cheat' | 'stranger'

/**
 * What everybody of one round has said. Nobody may learn an own nonce of this side before they have bound themselves to theirs:
 * else they could try nonces until the words come out as they want them (RFC 6189, section 4.4.1.1).
 */
export class PhraseRound {
  readonly name: string
  readonly own: Part
  readonly #others: Map<Fingerprint, Others>
  #isBroken = false

  constructor(name: string, own: Part, others: readonly Fingerprint[]) {
    this.name = name
    this.own = own
    this.#others = new Map(others.map((fingerprint) => [fingerprint, { commitment: null, opening: null }]))
  }

  get others(): Iterable<Fingerprint> {
    return this.#others.keys()
  }
  /** Somebody cheated: it never comes to words. */
  get isBroken(): boolean {
    return this.#isBroken
  }
  /** Everybody is bound: the moment to reveal. */
  get isCommitted(): boolean {
    return !this.#isBroken && [...this.#others.values()].every(({ commitment }) => commitment !== null)
  }
  get isComplete(): boolean {
    return this.isCommitted && [...this.#others.values()].every(({ opening }) => opening !== null)
  }
  /** Fingerprint and nonce of everybody, in one order for all; of use when it is complete. */
  get openings(): readonly (readonly [Fingerprint, string])[] {
    const theirs = [...this.#others].map(([fingerprint, { opening }]) => [fingerprint, opening?.nonce ?? ''] as const)
    return [[this.own.fingerprint, this.own.nonce] as const, ...theirs].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  commit(fingerprint: Fingerprint, commitment: string): Verdict {
    const former = this.#others.get(fingerprint)
    if (!former) return 'stranger'
    if (former.commitment === commitment) return 'known'
    const fits = former.commitment === null && (former.opening === null || former.opening.commitment === commitment)
    if (!fits) return this.#break()
    this.#others.set(fingerprint, { ...former, commitment })
    return 'new'
  }

  /** `commitment` is what `nonce` with the certificate of their link is the opening of. It may come before what it opens. */
  reveal(fingerprint: Fingerprint, nonce: string, commitment: string): Verdict {
    const former = this.#others.get(fingerprint)
    if (!former) return 'stranger'
    if (former.opening?.nonce === nonce) return 'known'
    const fits = former.opening === null && (former.commitment === null || former.commitment === commitment)
    if (!fits) return this.#break()
    this.#others.set(fingerprint, { ...former, opening: { nonce, commitment } })
    return 'new'
  }

  #break(): 'cheat' {
    this.#isBroken = true
    return 'cheat'
  }
}
