type Listener<Args extends readonly unknown[]> = (...args: Args) => void

/**
 * Typed events of one object. `Events` maps each name to the arguments of its listeners.
 * A listener that throws is reported to the window (`reportError`) and does not keep the others from hearing.
 */
export class Emitter<Events extends { readonly [Name in keyof Events]: readonly unknown[] }> {
  readonly #listeners: { [Name in keyof Events]?: Set<Listener<Events[Name]>> } = {}

  /** Answers its own removal; removing twice is no error. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = (this.#listeners[name] ??= new Set())
    // A function of its own, so that the same listener added twice is removed one at a time.
    const entry: Listener<Events[Name]> = (...args) => listener(...args)
    listeners.add(entry)
    return () => listeners.delete(entry)
  }

  /** Calls the listeners there are now, in the order they came. */
  emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    for (const listener of [...(this.#listeners[name] ?? [])]) {
      try {
        listener(...args)
      } catch (error) {
        reportError(error)
      }
    }
  }
}
