/** What one connection sends is dealt with one after the other, also when something of it has to be waited for. */
export class InOrder {
  readonly #most: number
  readonly #onFault: (fault: unknown) => void
  readonly #waiting: (() => void | Promise<void>)[] = []
  #isBusy = false

  /** `most` may wait; `onFault` is told what a task threw or rejected with, and the next one has its turn. */
  constructor(most: number, onFault: (fault: unknown) => void) {
    this.#most = most
    this.#onFault = onFault
  }

  /** Nothing waits, and nothing is being waited for. */
  get isIdle(): boolean {
    return !this.#isBusy
  }

  /** Runs the task at once when it can. Answers false, and does not take it, when too many wait. */
  add(task: () => void | Promise<void>): boolean {
    if (this.#waiting.length >= this.#most) return false
    this.#waiting.push(task)
    if (!this.#isBusy) void this.#work()
    return true
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.length = 0
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    for (let task = this.#waiting.shift(); task !== undefined; task = this.#waiting.shift()) {
      try {
        const later = task()
        if (later !== undefined) await later
      } catch (fault) {
        this.#onFault(fault)
      }
    }
    this.#isBusy = false
  }
}
