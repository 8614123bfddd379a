/** Does something some times soon after each start, then at even intervals, until it is stopped. */
export class Schedule {
  readonly #firstMs: readonly number[]
  readonly #everyMs: number
  readonly #act: () => void
  #timer: NodeJS.Timeout | undefined

  /** `firstMs`: since the start, rising. */
  constructor(firstMs: readonly number[], everyMs: number, act: () => void) {
    this.#firstMs = firstMs
    this.#everyMs = everyMs
    this.#act = act
  }

  /** Begins, or begins anew. */
  start(): void {
    this.stop()
    this.#next(0, 0)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #next(index: number, sinceStart: number): void {
    const at = this.#firstMs[index] ?? sinceStart + this.#everyMs
    this.#timer = setTimeout(() => {
      this.#next(index + 1, at)
      this.#act()
    }, at - sinceStart)
  }
}
