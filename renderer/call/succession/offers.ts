import type { PeerId } from '#signalling/protocol.ts'
import type { Offer } from './succession-state.ts'

/** Whoever could not be reached is not tried again for so long: somebody else may go on with the room, too. */
const UNREACHED_MS = 8000
/** They say so once a second. */
const PAUSE_MS = 3000

/** What is known of those who say that they go on with the room. */
export class Offers {
  readonly #offers = new Map<PeerId, Offer>()
  readonly #unreachedAt = new Map<PeerId, number>()
  readonly #said = new Map<PeerId, { readonly since: number; readonly last: number }>()

  /** False for somebody who could not be reached just now: then it is not kept. */
  put(from: PeerId, offer: Offer): boolean {
    const now = performance.now()
    const before = this.#said.get(from)
    const isOngoing = before !== undefined && now - before.last < PAUSE_MS
    this.#said.set(from, { since: isOngoing ? before.since : now, last: now })
    if (now - (this.#unreachedAt.get(from) ?? -Infinity) < UNREACHED_MS) return false
    this.#offers.set(from, offer)
    return true
  }

  /** How long they have been saying so without a pause. */
  insistedMs(from: PeerId): number {
    return performance.now() - (this.#said.get(from)?.since ?? performance.now())
  }

  /** That of the one who comes first, by the rank of their computer; null when there is none. */
  best(rankOf: (pin: string) => number): PeerId | null {
    const sorted = [...this.#offers].toSorted(([, one], [, other]) => rankOf(one.host.pin) - rankOf(other.host.pin))
    return sorted[0]?.[0] ?? null
  }

  take(from: PeerId): Offer | null {
    const offer = this.#offers.get(from) ?? null
    this.#offers.delete(from)
    return offer
  }

  /** There was no way to their computer. */
  failed(from: PeerId): void {
    this.#offers.delete(from)
    this.#unreachedAt.set(from, performance.now())
  }

  clear(): void {
    this.#offers.clear()
  }
}
