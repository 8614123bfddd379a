import { contain, type Log } from '../log.ts'
import type { PlaceKey } from './cluster.ts'

interface Output {
  /** Of the flush that it waits for. */
  readonly flush: number
  readonly key: PlaceKey | null
  readonly run: () => void
}

/** What must not be told before something is written, in the order it is to be told. */
export class HeldOutputs {
  readonly #log: Log
  #outputs: Output[] = []
  #isRunning = false

  constructor(log: Log) {
    this.#log = log
  }

  get size(): number {
    return this.#outputs.length
  }

  /** The place of the first one, or null. */
  get oldestKey(): PlaceKey | null {
    return this.#outputs[0]?.key ?? null
  }

  /** Runs at once when nothing waits before it and its flush is among those `written`. */
  add(output: Output, written: number): void {
    if (output.flush <= written && this.#outputs.length === 0 && !this.#isRunning) this.#run(output)
    else this.#outputs.push(output)
  }

  /** Runs all that wait for this flush, or for an earlier one. */
  release(written: number): void {
    if (this.#isRunning) return
    for (;;) {
      const [first] = this.#outputs
      if (first === undefined || first.flush > written) return
      this.#outputs.shift()
      this.#run(first)
    }
  }

  drop(key: PlaceKey): void {
    this.#outputs = this.#outputs.filter((output) => output.key !== key)
  }

  dropOldest(): void {
    this.#outputs.shift()
  }

  #run({ run }: Output): void {
    this.#isRunning = true
    contain(this.#log, 'output-fault', run)
    this.#isRunning = false
  }
}
