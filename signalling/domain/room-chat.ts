import type { ChatMessage } from '#signalling/protocol.ts'
import { ChatHistory } from './chat-history.ts'
import type { Clock } from './clock.ts'
import type { Members } from './members.ts'
import type { Peer } from './peers.ts'

interface ChatContext {
  readonly clock: Clock
  readonly members: Members
  /** Is told of each new message before anybody else is. */
  readonly onPosted: (message: ChatMessage) => void
}

/** What is said in one room. */
export class RoomChat {
  readonly #context: ChatContext
  readonly #history = new ChatHistory()

  constructor(context: ChatContext) {
    this.#context = context
  }

  /** The latest, oldest first. */
  get messages(): readonly ChatMessage[] {
    return this.#history.messages
  }

  /** Goes on after these, oldest first; only while there is nothing here. */
  refill(messages: readonly ChatMessage[]): void {
    this.#history.refill(messages)
  }

  /** Tells everybody else; the same nonce again answers the stored message and tells nobody. */
  post(from: Peer, { nonce, text }: { readonly nonce: string; readonly text: string }): ChatMessage {
    const { clock, members, onPosted } = this.#context
    const known = this.#history.find(from.id, nonce)
    if (known !== undefined) return known
    const { id, name } = from
    const message = this.#history.add({ from: id, name, text, at: clock.now(), nonce })
    onPosted(message)
    members.tell(['chat:posted', message], from)
    return message
  }

  /**
   * Takes in what another server of this room had; tells everybody inside what is new. Whoever is inside said it under the
   * name they have here.
   */
  merge(messages: readonly ChatMessage[]): void {
    const { members, onPosted } = this.#context
    const named = messages.map((message) => ({ ...message, name: members.find(message.from)?.name ?? message.name }))
    for (const message of this.#history.merge(named)) {
      onPosted(message)
      members.tell(['chat:posted', message], null)
    }
  }
}
