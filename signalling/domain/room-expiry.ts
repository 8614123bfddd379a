import type { Cancel, Clock } from './clock.ts'

const notWaiting: Cancel = () => undefined

/** How long a room is kept that nobody is inside of. */
export class RoomExpiry {
  readonly #clock: Clock
  readonly #afterMs: number
  readonly #onExpired: () => void
  #cancel: Cancel = notWaiting

  constructor(clock: Clock, afterMs: number, onExpired: () => void) {
    this.#clock = clock
    this.#afterMs = afterMs
    this.#onExpired = onExpired
  }

  start(): void {
    this.#cancel = this.#clock.schedule(this.#afterMs, this.#onExpired)
  }

  /** What was scheduled is let go with its timer: most rooms have somebody in them. */
  stop(): void {
    this.#cancel()
    this.#cancel = notWaiting
  }
}
