const LIMIT_MS = 5000

type IsWanted = (payload: unknown) => boolean
interface Told {
  readonly name: string
  readonly payload: unknown
}
interface Waiter {
  readonly name: string
  readonly isWanted: IsWanted
  readonly take: (payload: unknown) => void
}

/** What a client was told, until somebody takes it. Nothing that comes early is lost. */
export class Inbox {
  #untaken: Told[] = []
  #waiting: Waiter[] = []
  /** Every name, in the order they came. */
  readonly names: string[] = []

  put(name: string, payload: unknown): void {
    this.names.push(name)
    const waiter = this.#waiting.find((each) => each.name === name && each.isWanted(payload))
    if (waiter) {
      this.#waiting = this.#waiting.filter((each) => each !== waiter)
      waiter.take(payload)
    } else this.#untaken.push({ name, payload })
  }

  /** Takes the first of this name, of those that are wanted, whether it has come or is still to come. */
  next(name: string, isWanted: IsWanted = () => true): Promise<unknown> {
    const at = this.#untaken.findIndex((told) => told.name === name && isWanted(told.payload))
    if (at !== -1) return Promise.resolve(this.#untaken.splice(at, 1)[0]!.payload)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const waiter = { name, isWanted, take: resolve }
    this.#waiting.push(waiter)
    const timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((each) => each !== waiter)
      reject(new Error(`no ${name} within ${LIMIT_MS} ms, only: ${this.names.join(', ')}`))
    }, LIMIT_MS)
    return promise.finally(() => clearTimeout(timer))
  }

  /** Names of what came and was not taken, in their order. */
  get untaken(): string[] {
    return this.#untaken.map(({ name }) => name)
  }

  /** Takes all of it. */
  takeAll(): string[] {
    const { untaken } = this
    this.#untaken = []
    return untaken
  }
}
