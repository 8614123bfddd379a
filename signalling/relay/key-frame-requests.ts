import type { Cancel, Clock } from '../domain/clock.ts'

interface KeyFrameRequestsOptions {
  readonly clock: Clock
  /** Asks the device. */
  readonly ask: () => void
  /** Least time between two requests to the device, in ms. */
  readonly intervalMs: number
  /** Least time between two requests that one viewer causes, in ms. */
  readonly viewerIntervalMs: number
}

/** How often the device is asked again when no key frame comes: after 1, 2, 4 and 8 intervals. */
const REPEATS = 4

/**
 * Makes one request to the device of what any number of viewers ask for. A viewer that asks without end, because it loses
 * whatever it is sent, makes the device send no more key frames than `viewerIntervalMs` allows.
 */
export class KeyFrameRequests {
  readonly #options: KeyFrameRequestsOptions
  readonly #wantedAt = new WeakMap<object, number>()
  #askedAt = -Infinity
  /** Set from the first wish until the key frame is there. */
  #cancel: Cancel | null = null
  #repeats = 0

  constructor(options: KeyFrameRequestsOptions) {
    this.#options = options
  }

  /** `viewer` is whoever needs it, and only compared; null is the relay itself, which is not held back. */
  want(viewer: object | null): void {
    const { clock, intervalMs, viewerIntervalMs } = this.#options
    if (viewer !== null) {
      if (clock.now() - (this.#wantedAt.get(viewer) ?? -Infinity) < viewerIntervalMs) return
      this.#wantedAt.set(viewer, clock.now())
    }
    if (this.#cancel !== null) return
    this.#repeats = 0
    const waitMs = this.#askedAt + intervalMs - clock.now()
    if (waitMs <= 0) this.#ask()
    else this.#cancel = clock.schedule(waitMs, () => this.#ask())
  }

  /** A key frame has begun to arrive. */
  arrived(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  close(): void {
    this.arrived()
  }

  #ask(): void {
    const { clock, ask, intervalMs } = this.#options
    this.#askedAt = clock.now()
    const waitMs = intervalMs * 2 ** this.#repeats
    this.#repeats += 1
    this.#cancel = clock.schedule(waitMs, () => {
      if (this.#repeats <= REPEATS) this.#ask()
      else this.#cancel = null
    })
    ask()
  }
}
