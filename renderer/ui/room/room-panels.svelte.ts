import { SvelteSet } from 'svelte/reactivity'
import type { CallState } from '../../call/call-state.ts'

export type PanelName = 'chat' | 'people' | 'documents'
type Joined = Extract<CallState, { phase: 'joined' }>

/** Which side panel is open, and what of the chat has been seen. */
export class RoomPanels {
  #open: PanelName | null
  /** By nonce: servers' clocks differ, and what was said at another one may come later. */
  #seen: ReadonlySet<string>
  readonly #chat: () => Joined['chat']

  /** `chat` is read as runes are. What was written before this window came counts as seen. */
  constructor(chat: () => Joined['chat']) {
    this.#chat = chat
    this.#open = $state(null)
    this.#seen = $state.raw(this.#present())
  }

  get open(): PanelName | null {
    return this.#open
  }

  /** Messages of others since the chat was last open. */
  unreadFor(you: string): number {
    if (this.#open === 'chat') return 0
    return this.#chat().filter(
      ({ nonce, from, delivery }) => from !== you && delivery === 'sent' && !this.#seen.has(nonce),
    ).length
  }

  toggle(panel: PanelName): void {
    this.#switchTo(this.#open === panel ? null : panel)
  }

  close(): void {
    this.#switchTo(null)
  }

  #switchTo(panel: PanelName | null): void {
    if (this.#open === 'chat' || panel === 'chat') this.#seen = this.#present()
    this.#open = panel
  }

  #present(): ReadonlySet<string> {
    return new SvelteSet(this.#chat().map(({ nonce }) => nonce))
  }
}
