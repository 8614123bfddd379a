import type { PeerId } from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Fact, Line } from './facts.ts'
import { TokenBucket } from './rate-limit.ts'

/** Those who look at one room from outside, by the id they will have inside. */
export class Watchers {
  readonly #lines = new Map<PeerId, Line>()
  readonly #capacity: number
  readonly #signals: TokenBucket

  /** `now`: milliseconds since 1970. */
  constructor(limits: Pick<ServerLimits, 'watchersPerRoom' | 'watcherSignalRate'>, now: number) {
    this.#capacity = limits.watchersPerRoom
    this.#signals = new TokenBucket(limits.watcherSignalRate, now)
  }

  get size(): number {
    return this.#lines.size
  }

  /** Answers false when there are too many already. */
  add(line: Line): boolean {
    if (this.#lines.size >= this.#capacity) return false
    this.#lines.set(line.peerId, line)
    return true
  }

  remove(line: Line): void {
    this.#lines.delete(line.peerId)
  }

  find(id: PeerId): Line | undefined {
    return this.#lines.get(id)
  }

  /** Whether one of them may send a signal now. All share one rate. */
  maySignal(now: number): boolean {
    return this.#signals.take(now) === 'allowed'
  }

  /** `factFor` answers null for those who are not to hear anything. */
  tell(factFor: (line: Line) => Fact | null): void {
    for (const line of this.#lines.values()) {
      const fact = factFor(line)
      if (fact !== null) line.deliver(fact)
    }
  }

  /** Lets each go, after telling it `fact` when there is one. */
  release(fact?: Fact): void {
    for (const line of this.#lines.values()) {
      if (fact !== undefined) line.deliver(fact)
      line.released()
    }
  }
}
