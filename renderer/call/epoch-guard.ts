import type { Signal } from '#signalling/protocol.ts'

/** More former connections of one person than anybody makes within the life of a late signal. */
const REMEMBERED = 8

/**
 * `current`: of the connections that face each other now. `replaced`: the other side began anew (reload, or a path that
 * would not come back), so our connection must, too. `early`: candidates whose description has not come yet.
 * `misaddressed`: meant for a former connection of ours, so they do not know the present one.
 */
export type Belonging = 'current' | 'replaced' | 'early' | 'misaddressed' | 'stale'

/** What speaks for one connection of the two: all but reports, which are about the way. */
export type NegotiationSignal = Exclude<Signal, { kind: 'report' }>

/** Tells which connection of the other side a signal speaks for, so that those of former ones are dropped. */
export class EpochGuard {
  #theirs: string | null = null
  readonly #former: string[] = []

  /** The other side's epoch as far as it is known. */
  get theirs(): string | null {
    return this.#theirs
  }

  /** An own new connection faces nobody yet. */
  forget(): void {
    this.#theirs = null
  }

  /**
   * `own` is the epoch of our present connection; `isFirstAnswerDue`, whether that has offered and heard nothing yet: then
   * an answer to it is good from whichever connection of theirs.
   */
  judge(signal: NegotiationSignal, own: string, isFirstAnswerDue: boolean): Belonging {
    const { epoch, toEpoch } = signal
    if (this.#former.includes(epoch)) return 'stale'
    if (toEpoch !== null && toEpoch !== own) return 'misaddressed'
    if (epoch === this.#theirs) return 'current'
    if (signal.kind === 'candidates') return 'early'
    const isFirst = this.#theirs === null || (signal.type === 'answer' && isFirstAnswerDue)
    if (signal.type === 'answer' && !isFirst) return 'stale'
    this.#turnTo(epoch)
    return isFirst ? 'current' : 'replaced'
  }

  #turnTo(epoch: string): void {
    if (this.#theirs !== null) this.#former.push(this.#theirs)
    this.#former.splice(0, Math.max(0, this.#former.length - REMEMBERED))
    this.#theirs = epoch
  }
}
