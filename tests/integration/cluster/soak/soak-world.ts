import type { ChatMessage, PeerId } from '#signalling/protocol.ts'

const TICK_MS = 250

/** A room as the test knows it. */
export class SoakRoom {
  readonly code: string
  readonly capacity: number
  /** Messages that were answered to their sender. */
  readonly answered: ChatMessage[] = []
  /** Nobody has to find it: it was not made yet, or Redis lost it while nobody was inside. */
  mayBeMissing: boolean

  constructor(code: string, capacity: number, mayBeMissing = false) {
    this.code = code
    this.capacity = capacity
    this.mayBeMissing = mayBeMissing
  }
}

/** What all who act in a soak have in common: where the servers are, which rooms there are, and what went wrong. */
export class SoakWorld {
  readonly urls: readonly string[]
  readonly rooms: SoakRoom[] = []
  readonly violations: string[] = []
  /** The latest of what happened, for whoever looks for a cause. */
  readonly trace: string[] = []
  /** Processes that stand still. */
  readonly stalled = new Set<number>()
  isRedisAway = false
  isEnding = false
  readonly #owners = new Map<PeerId, string>()
  readonly #startedAt = performance.now()

  constructor(urls: readonly string[]) {
    this.urls = urls
  }

  note(text: string): void {
    this.trace.push(`${((performance.now() - this.#startedAt) / 1000).toFixed(3)} ${text}`)
  }

  violate(text: string): void {
    this.note(`VIOLATION ${text}`)
    this.violations.push(`${((performance.now() - this.#startedAt) / 1000).toFixed(3)} ${text}`)
  }

  /** Calls `late` after so long a time in which this process and Redis could work. Answers what ends the waiting. */
  countWell(process: number, limitMs: number, late: () => void): () => void {
    let left = limitMs / TICK_MS
    const timer = setInterval(() => {
      if (this.isRedisAway || this.stalled.has(process)) return
      left -= 1
      if (left > 0) return
      clearInterval(timer)
      late()
    }, TICK_MS)
    return () => clearInterval(timer)
  }

  /** Nobody else ever has this id. */
  own(id: PeerId, owner: string): void {
    const other = this.#owners.get(id)
    if (other !== undefined && other !== owner) this.violate(`${owner} has the id of ${other}`)
    this.#owners.set(id, owner)
  }

  /** A join always gives a new id. */
  ownNew(id: PeerId, owner: string): void {
    if (this.#owners.has(id)) this.violate(`${owner} joined with a known id`)
    this.own(id, owner)
  }
}
