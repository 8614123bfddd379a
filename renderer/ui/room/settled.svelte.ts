/**
 * Whether something has stood still for a moment, so that a press is meant for it and not for what was in its place just
 * before. Make it while a component is set up.
 */
export class Settled {
  #is: boolean

  /** `what` is read as runes are. */
  constructor(what: () => string, forMs: number) {
    this.#is = $state(false)
    $effect(() => {
      what()
      this.#is = false
      const timer = setTimeout(() => {
        this.#is = true
      }, forMs)
      return () => clearTimeout(timer)
    })
  }

  get is(): boolean {
    return this.#is
  }
}
