import { createStore, get, update, type UseStore } from 'idb-keyval'

/** What is kept of whom one trusts, over many meetings. Never rejects: what can not be kept is remembered until the page goes. */
export interface TrustStorage {
  read(name: string): Promise<unknown>
  /** In one step, also among several windows. Answers what is there now. */
  change<T>(name: string, change: (present: unknown) => T): Promise<T>
}

/** In a database of its own in IndexedDB; in memory where the browser gives no storage. */
export class BrowserTrustStorage implements TrustStorage {
  readonly #memory = new Map<string, unknown>()
  readonly #database: string
  #store: UseStore | null = null
  #isRefused = false

  constructor(database = 'earshot-trust') {
    this.#database = database
  }

  async read(name: string): Promise<unknown> {
    return this.#orInMemory(
      (store) => get<unknown>(name, store),
      () => this.#memory.get(name),
    )
  }

  async change<T>(name: string, change: (present: unknown) => T): Promise<T> {
    const inMemory = () => {
      const changed = change(this.#memory.get(name))
      this.#memory.set(name, changed)
      return changed
    }
    return this.#orInMemory(async (store) => {
      const box: { changed?: T } = {}
      await update<unknown>(name, (present) => (box.changed = change(present)), store)
      return box.changed as T
    }, inMemory)
  }

  async #orInMemory<T>(kept: (store: UseStore) => Promise<T>, remembered: () => T): Promise<T> {
    if (this.#isRefused) return remembered()
    try {
      this.#store ??= createStore(this.#database, 'trust')
      return await kept(this.#store)
    } catch {
      this.#isRefused = true
      return remembered()
    }
  }
}
