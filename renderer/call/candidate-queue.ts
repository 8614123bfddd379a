import type { Candidate } from '#signalling/protocol.ts'

/** The ICE generations (ufrags) that a description is about; RFC 8839, section 5.4. */
export const ufragsOf = (sdp: string): ReadonlySet<string> =>
  new Set([...sdp.matchAll(/^a=ice-ufrag:(\S+)/gm)].map(([, ufrag = '']) => ufrag))

const isOf = ({ usernameFragment }: Candidate, ufrags: ReadonlySet<string>): boolean =>
  usernameFragment === null || ufrags.has(usernameFragment)

/**
 * Keeps the other side's candidates that came before the description they belong to: before the first one, or before
 * the one of an ICE restart that took another way. Bounded: when full, the oldest goes.
 */
export class CandidateQueue {
  readonly #limit: number
  #ufrags: ReadonlySet<string> | null = null
  #waiting: Candidate[] = []

  constructor(limit = 128) {
    this.#limit = limit
  }

  get size(): number {
    return this.#waiting.length
  }

  /** Answers those that can be used now; keeps the others for the next description. */
  take(candidates: readonly Candidate[]): readonly Candidate[] {
    const ufrags = this.#ufrags
    const usable = ufrags === null ? [] : candidates.filter((candidate) => isOf(candidate, ufrags))
    const early = candidates.filter((candidate) => !usable.includes(candidate))
    this.#waiting = [...this.#waiting, ...early].slice(-this.#limit)
    return usable
  }

  /** A remote description was set: answers the kept candidates that belong to it, and drops the rest as stale. */
  release(sdp: string): readonly Candidate[] {
    const ufrags = ufragsOf(sdp)
    const usable = this.#waiting.filter((candidate) => isOf(candidate, ufrags))
    this.#ufrags = ufrags
    this.#waiting = []
    return usable
  }
}
