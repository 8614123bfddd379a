const LIMIT_MS = 5000

/** What a client was told, by name, until somebody asks for it. Nothing that comes early is lost. */
export class Inbox {
  readonly #come = new Map<string, unknown[]>()
  readonly #waiting = new Map<string, ((payload: unknown) => void)[]>()
  /** Every name, in the order they came. */
  readonly names: string[] = []

  put(name: string, payload: unknown): void {
    this.names.push(name)
    const waiting = this.#waiting.get(name)?.shift()
    if (waiting !== undefined) waiting(payload)
    else this.#come.set(name, [...(this.#come.get(name) ?? []), payload])
  }

  /** The first of this name that nobody has asked for yet, come or still to come. */
  next(name: string): Promise<unknown> {
    const come = this.#come.get(name)
    if (come !== undefined && come.length > 0) return Promise.resolve(come.shift())
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no ${name} within ${LIMIT_MS} ms, only: ${this.names.join(', ')}`)),
        LIMIT_MS,
      )
      const take = (payload: unknown) => {
        clearTimeout(timer)
        resolve(payload)
      }
      this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), take])
    })
  }
}
