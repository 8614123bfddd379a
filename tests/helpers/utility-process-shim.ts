/** Loaded before the module of a utility process: gives it `process.parentPort` over Node's own channel. */
import { EventEmitter } from 'node:events'

/** Messages wait for the first listener, as Electron's do. */
class ParentPort extends EventEmitter {
  #waiting: unknown[] | null = []

  constructor() {
    super()
    process.on('message', ({ data }: { data: unknown }) => this.#take(data))
    this.on('newListener', (name) => {
      if (name !== 'message' || this.#waiting === null) return
      const waiting = this.#waiting
      this.#waiting = null
      queueMicrotask(() => waiting.forEach((data) => this.#take(data)))
    })
  }
  postMessage(data: unknown): void {
    process.send?.({ data })
  }
  #take(data: unknown): void {
    if (this.#waiting === null) this.emit('message', { data, ports: [] })
    else this.#waiting.push(data)
  }
}

Object.defineProperty(process, 'parentPort', { value: new ParentPort() })
// A utility process ends with its app.
process.once('disconnect', () => process.exit(0))
