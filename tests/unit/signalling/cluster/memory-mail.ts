import type { Mail, ProcessId } from '#signalling/cluster/cluster.ts'

/** Mail between processes that are all this one: in order, later, as JSON. */
export class MemoryNetwork {
  readonly #boxes = new Map<ProcessId, MemoryMail>()

  join(id: ProcessId): Mail {
    const mail = new MemoryMail(id, this)
    this.#boxes.set(id, mail)
    return mail
  }

  get ids(): readonly ProcessId[] {
    return [...this.#boxes.keys()]
  }

  send(from: ProcessId, to: ProcessId, message: unknown): void {
    const text = JSON.stringify(message)
    setImmediate(() => {
      if (this.#boxes.has(from)) this.#boxes.get(to)?.onMessage(from, JSON.parse(text) as unknown)
    })
  }

  /** It has died: what it sends and is sent is lost, and the others are told. */
  kill(id: ProcessId): void {
    this.#boxes.delete(id)
    for (const mail of this.#boxes.values()) mail.onGone(id)
  }
}

class MemoryMail implements Mail {
  onMessage: Mail['onMessage'] = () => undefined
  onGone: Mail['onGone'] = () => undefined
  readonly #id: ProcessId
  readonly #network: MemoryNetwork

  constructor(id: ProcessId, network: MemoryNetwork) {
    this.#id = id
    this.#network = network
  }

  post(to: ProcessId, message: unknown): void {
    this.#network.send(this.#id, to, message)
  }

  others(): readonly ProcessId[] {
    return this.#network.ids.filter((id) => id !== this.#id)
  }
}
