import type { OwnComputer } from './own-computer.ts'
import type { Place } from './places.ts'

/** Between two searches. */
const EVERY_MS = 1000

interface FoundAt {
  readonly serverUrl: string
  readonly pin: string
}

/** Looks for the computer that hosts when it is gone: at other addresses, and for whoever goes on with the room by its will. */
export class HostSearch {
  readonly #computer: Pick<OwnComputer, 'findHost'>
  /** Infinite while a search is under way. */
  #searchedAt = -Infinity

  constructor(computer: Pick<OwnComputer, 'findHost'>) {
    this.#computer = computer
  }

  /** Null also when it is too early for another search. */
  async look({ pin, addresses }: Place, code: string): Promise<FoundAt | null> {
    if (pin === null || performance.now() - this.#searchedAt < EVERY_MS) return null
    this.#searchedAt = Infinity
    const found = await this.#computer.findHost({ pin, addresses, code }).catch(() => null)
    this.#searchedAt = performance.now()
    return found?.ok ? found : null
  }
}
