/** After this long without a movement the person is looking at people, not for buttons. */
const HIDE_AFTER_MS = 4000

/** Whether the bar is shown: after any movement for a while, and for as long as something holds it. */
export class BarVisibility {
  #isAwake: boolean
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #isHeld: () => boolean

  /** `isHeld` is read as runes are: focus within, pointer over it, an open panel. */
  constructor(isHeld: () => boolean) {
    this.#isAwake = $state(true)
    this.#isHeld = isHeld
    this.wake()
  }

  get isShown(): boolean {
    return this.#isAwake || this.#isHeld()
  }

  /** Somebody moved. */
  wake(): void {
    if (!this.#isAwake) this.#isAwake = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#isAwake = false
    }, HIDE_AFTER_MS)
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}
