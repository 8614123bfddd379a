import { cleanText, limits, type ChatMessage, type PeerId } from '#signalling/protocol.ts'
import type { ChatEntry } from './call-state.ts'
import { ChatLog } from './chat-log.ts'
import { Emitter } from './emitter.ts'
import { randomId } from './random-id.ts'
import type { Signalling } from './signalling.ts'

interface MeetingChatOptions {
  readonly signalling: Signalling
  readonly name: string
  /** Whether the server has us in the room now. */
  readonly isSeated: () => boolean
}

/** The chat of a meeting, with what is still to be delivered. */
export class MeetingChat {
  readonly #options: MeetingChatOptions
  readonly #events = new Emitter<{ readonly changed: [] }>()
  readonly #log = new ChatLog()

  constructor(options: MeetingChatOptions) {
    this.#options = options
  }

  on(name: 'changed', listener: () => void): () => void {
    return this.#events.on(name, listener)
  }

  get entries(): readonly ChatEntry[] {
    return this.#log.entries
  }

  /** What the server has, or a former one had. */
  get sent(): readonly ChatMessage[] {
    return this.#log.sent
  }

  /** Shown at once as `sending`. Empty text is not sent, a longer one than the protocol allows is cut. */
  send(from: PeerId, typed: string): void {
    const text = cleanText(typed.slice(0, limits.chatText))
    if (text === '') return
    const message = { from, name: this.#options.name, text, nonce: randomId() }
    this.#log.add(message)
    this.#events.emit('changed')
    void this.#deliver(message.nonce)
  }

  /** Answers whether it is new. */
  take(message: ChatMessage): boolean {
    const isNew = this.#log.take(message)
    this.#events.emit('changed')
    return isNew
  }

  /** We have a seat, as `to`, and the server tells what it has: what it has not, goes out again. */
  settle(from: PeerId, to: PeerId, messages: readonly ChatMessage[]): void {
    this.#log.rename(from, to)
    this.#log.resend(to, messages)
    this.#log.merge(messages)
    for (const { nonce } of this.#log.unsent) void this.#deliver(nonce)
  }

  /** What is neither confirmed nor refused stays `sending`, and goes out again with the next seat. */
  async #deliver(nonce: string): Promise<void> {
    const { signalling, isSeated } = this.#options
    const message = this.#log.unsent.find((entry) => entry.nonce === nonce)
    if (!message || !isSeated()) return
    const answer = await signalling.request('chat:send', { nonce, text: message.text })
    if (answer.ok) this.#log.take(answer.value)
    else if (answer.code !== 'timeout' && answer.code !== 'disconnected') this.#log.fail(message)
    this.#events.emit('changed')
  }
}
