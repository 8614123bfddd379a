import { limits, type ChatMessage, type PeerId } from '#signalling/protocol.ts'

/** The latest messages of one room, at most `limits.chatHistory`. */
export class ChatHistory {
  readonly #messages: ChatMessage[] = []
  #lastId = 0

  /** Oldest first. */
  get messages(): readonly ChatMessage[] {
    return [...this.#messages]
  }

  /** Goes on after these, oldest first; only while there is nothing here. */
  refill(messages: readonly ChatMessage[]): void {
    this.#messages.push(...messages.slice(-limits.chatHistory))
    this.#lastId = Math.max(this.#lastId, ...this.#messages.map(({ id }) => id))
  }

  /** The message that this peer already sent under this nonce, as far as the history goes back. */
  find(from: PeerId, nonce: string): ChatMessage | undefined {
    return this.#messages.findLast((message) => message.from === from && message.nonce === nonce)
  }

  /** Ids never go down, and begin at the clock, so that they also order messages across a restart of the server. */
  add(message: Omit<ChatMessage, 'id'>): ChatMessage {
    this.#lastId = Math.max(this.#lastId + 1, message.at)
    const added = { id: this.#lastId, ...message }
    this.#messages.push(added)
    if (this.#messages.length > limits.chatHistory) this.#messages.shift()
    return added
  }

  /**
   * Puts in what another history of the same room had, by id; an id that is taken here becomes the next free one. Answers what
   * is new, oldest first: neither known here by sender and nonce, nor older than all that is kept.
   */
  merge(messages: readonly ChatMessage[]): readonly ChatMessage[] {
    const added = new Set<ChatMessage>()
    for (const message of messages) {
      if (this.find(message.from, message.nonce) !== undefined) continue
      const placed = { ...message, id: this.#freeIdFrom(message.id) }
      this.#messages.splice(this.#messages.findLastIndex(({ id }) => id < placed.id) + 1, 0, placed)
      this.#lastId = Math.max(this.#lastId, placed.id)
      added.add(placed)
    }
    this.#messages.splice(0, this.#messages.length - limits.chatHistory)
    return this.#messages.filter((message) => added.has(message))
  }

  #freeIdFrom(wanted: number): number {
    const taken = new Set(this.#messages.map(({ id }) => id))
    let id = wanted
    while (taken.has(id)) id += 1
    return id
  }
}
