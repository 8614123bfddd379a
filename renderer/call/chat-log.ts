import { limits, type ChatMessage, type PeerId } from '#signalling/protocol.ts'
import type { ChatEntry } from './call-state.ts'

const MAX_ENTRIES = 1000
/** Older ones are with the others, too, who hand them on (succession/). More at once than this a server may refuse. */
const MAX_RESENT = 5

type Delivery = ChatEntry['delivery']

const isSame = (a: ChatMessage, b: ChatMessage): boolean => a.nonce === b.nonce && a.from === b.from

/**
 * What was said in one room, each message once. Messages are told apart by who made them and their nonce, not by the
 * server's number, which begins anew when a server was started anew.
 */
export class ChatLog {
  #entries: readonly ChatEntry[] = []

  /** In the order of the conversation; replaced whole by each change. */
  get entries(): readonly ChatEntry[] {
    return this.#entries
  }

  /** What a server has, oldest first. */
  get sent(): readonly ChatEntry[] {
    return this.#entries.filter(({ delivery }) => delivery === 'sent')
  }

  /** Own messages that the server has not confirmed, oldest first. */
  get unsent(): readonly ChatEntry[] {
    return this.#entries.filter(({ delivery }) => delivery === 'sending')
  }

  /** An own message, on its way. */
  add(message: Omit<ChatMessage, 'id' | 'at'>): void {
    this.#keep([...this.#entries, { ...message, id: 0, at: Date.now(), delivery: 'sending' }])
  }

  /** A message as the server has it. Answers whether it is news. */
  take(message: ChatMessage): boolean {
    const isNews = !this.#entries.some((entry) => isSame(entry, message))
    if (isNews) this.#keep([...this.#entries, { ...message, delivery: 'sent' }])
    else this.#update(message, { ...message, delivery: 'sent' })
    return isNews
  }

  fail(message: ChatMessage): void {
    this.#update(message, { delivery: 'failed' satisfies Delivery })
  }

  /** The server's history, oldest first: fills the gaps, each message after the one that it followed. */
  merge(history: readonly ChatMessage[]): void {
    const entries = [...this.#entries]
    const known = entries.findIndex((entry) => history.some((message) => isSame(entry, message)))
    let after = known < 0 ? entries.length - 1 : known - 1
    for (const message of history) {
      const at = entries.findIndex((entry) => isSame(entry, message))
      const entry: ChatEntry = { ...message, delivery: 'sent' }
      if (at >= 0) entries[at] = entry
      else entries.splice(after + 1, 0, entry)
      after = at >= 0 ? at : after + 1
    }
    this.#keep(entries)
  }

  /** Own messages that the server had once and this history has not are on their way again: another server goes on. */
  resend(own: PeerId, history: readonly ChatMessage[]): void {
    // Of a full history the older ones may be gone for good reason.
    const oldest = history.length < limits.chatHistory ? 0 : (history[0]?.id ?? 0)
    const missing = this.sent
      .filter((entry) => entry.from === own && entry.id > oldest && !history.some((message) => isSame(entry, message)))
      .slice(-MAX_RESENT)
    this.#keep(this.#entries.map((entry) => (missing.includes(entry) ? { ...entry, delivery: 'sending' } : entry)))
  }

  /** We are known under another id from now on; what waits is sent under it. */
  rename(from: PeerId, to: PeerId): void {
    this.#keep(
      this.#entries.map((entry) =>
        entry.from === from && entry.delivery === 'sending' ? { ...entry, from: to } : entry,
      ),
    )
  }

  #update(message: ChatMessage, change: Partial<ChatEntry>): void {
    this.#keep(this.#entries.map((entry) => (isSame(entry, message) ? { ...entry, ...change } : entry)))
  }

  #keep(entries: readonly ChatEntry[]): void {
    this.#entries = entries.slice(-MAX_ENTRIES)
  }
}
