import { contain, type Log } from '../log.ts'
import type { PlaceKey } from './cluster.ts'

interface Output {
  /** Of the flush that it waits for. */
  readonly flush: number
  readonly key: PlaceKey | null
  readonly run: () => void
  /** Called instead when it is dropped. */
  readonly dropped?: (() => void) | undefined
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

  /** The flush of the last one; 0 when there is none. */
  get latest(): number {
    return this.#outputs.at(-1)?.flush ?? 0
  }

  /** The place of the first one, or null. */
  get oldestKey(): PlaceKey | null {
    return this.#outputs[0]?.key ?? null
  }

  /** Runs at once when nothing waits before it and its flush is among those `written`. */
  add(output: Output, written: number): void {
    this.#outputs.push(output)
    // Nothing else may come that would release what this one adds.
    this.release(written)
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

  /** Answers what then tells those who wait for them. */
  drop(key: PlaceKey): () => void {
    const dropped = this.#outputs.filter((output) => output.key === key)
    if (dropped.length > 0) this.#outputs = this.#outputs.filter((output) => output.key !== key)
    return () => {
      for (const output of dropped) this.#tell(output)
    }
  }

  dropOldest(): void {
    const oldest = this.#outputs.shift()
    if (oldest !== undefined) this.#tell(oldest)
  }

  #tell({ dropped }: Output): void {
    if (dropped !== undefined) contain(this.#log, 'output-fault', dropped)
  }

  #run({ run }: Output): void {
    this.#isRunning = true
    contain(this.#log, 'output-fault', run)
    this.#isRunning = false
  }
}
