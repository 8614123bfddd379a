import type { ChatMessage, PeerId } from '#signalling/protocol.ts'

const LAST = 'last_'

/** The signal of the last phase that says this. */
export const lastSignal = (text: string): string => LAST + text

/** What one person was told and heard; finds what does not fit to what came before. */
export class SoakMemory {
  /** Of the last phase, in the order they came. */
  heardLast: string[] = []
  readonly #violate: (problem: string) => void
  /** All that it was told of the room that it is in, by id. */
  #chat = new Map<number, ChatMessage>()
  /** What came as `chat:posted`, or as an answer: nothing of it may be missing later. */
  #told = new Map<number, ChatMessage>()
  readonly #sent = new Map<PeerId, number>()
  /** The latest number from each sender to each of the ids it had. */
  readonly #heard = new Map<string, number>()

  constructor(violate: (problem: string) => void) {
    this.#violate = violate
  }

  /** Oldest first. */
  get history(): readonly ChatMessage[] {
    return [...this.#chat.values()].sort((a, b) => a.id - b.id)
  }

  get told(): readonly ChatMessage[] {
    return [...this.#told.values()]
  }

  /** Another room, or another place in it. */
  forgetTold(): void {
    this.#told = new Map()
  }

  /** It got in, or back in, and was told this history. */
  begin(chat: readonly ChatMessage[]): void {
    this.#chat = new Map()
    for (const message of chat) this.learn(message)
    if (chat.some((message, at) => message.id <= (chat[at - 1]?.id ?? -Infinity)))
      this.#violate('was told a history that is not in order')
  }

  learn(message: ChatMessage): void {
    const known = this.#chat.get(message.id) ?? this.#told.get(message.id)
    if (known !== undefined && (known.nonce !== message.nonce || known.text !== message.text))
      this.#violate('was told two messages of one id')
    this.#chat.set(message.id, message)
    this.#told.set(message.id, message)
  }

  /** The text of the next signal to somebody: they are numbered by whoever sends them. */
  nextSignal(to: PeerId): string {
    const number = (this.#sent.get(to) ?? 0) + 1
    this.#sent.set(to, number)
    return String(number)
  }

  /** None comes twice, and none before an earlier one. */
  hear(from: PeerId, to: PeerId | null, text: string): void {
    if (text.startsWith(LAST)) {
      this.heardLast.push(text.slice(LAST.length))
      return
    }
    const way = `${from} ${String(to)}`
    const number = Number(text)
    if (number <= (this.#heard.get(way) ?? 0)) this.#violate('heard a signal twice or out of order')
    this.#heard.set(way, number)
  }
}
