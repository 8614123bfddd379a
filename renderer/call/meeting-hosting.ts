import type { RememberedReign } from './call-memory.ts'
import type { Hosting } from './call-state.ts'
import { Emitter } from './emitter.ts'
import { reasonOf } from './log.ts'
import type { Answer } from './server-words.ts'
import type { SuccessionOptions } from './succession/succession-state.ts'
import type { Succession } from './succession/succession.ts'

/** Which computer hosts the meeting. What it takes to go on without it is loaded where somebody could. */
export class MeetingHosting {
  readonly #options: SuccessionOptions
  readonly #events = new Emitter<{ readonly changed: [] }>()
  #succession: Succession | null = null
  /** What the server told last. */
  #joined: Answer<'room:join'> | null = null
  #isLoading = false
  #isClosed = false

  constructor(options: SuccessionOptions) {
    this.#options = options
  }

  on(name: 'changed', listener: () => void): () => void {
    return this.#events.on(name, listener)
  }

  get hosting(): Hosting {
    return this.#succession?.hosting ?? this.#options.home
  }

  /** Of the server that the room is at now. */
  get serverUrl(): string {
    return this.#succession?.serverUrl ?? this.#options.serverUrl
  }

  /** As `Succession.reign`. */
  get reign(): RememberedReign | null {
    return this.#succession?.reign ?? null
  }

  /** The key of the computer that hosts now; null when it is not known. */
  get pin(): string | null {
    return this.#succession ? this.#succession.pin : this.#options.first.pin
  }

  /** There is a seat. Loads at once: the server that has the code may be gone when it is needed. */
  settle(joined: Answer<'room:join'>): void {
    this.#joined = joined
    if (this.#succession) this.#succession.settle(joined)
    else if (joined.succession && !this.#isLoading) void this.#load()
  }

  close(): void {
    this.#isClosed = true
    this.#succession?.close()
  }

  async #load(): Promise<void> {
    this.#isLoading = true
    try {
      const loaded = await import('./succession/succession.ts')
      if (this.#isClosed) return
      this.#succession = new loaded.Succession(this.#options)
      this.#succession.on('changed', () => {
        this.#events.emit('changed')
      })
      if (this.#joined) this.#succession.settle(this.#joined)
    } catch (cause) {
      this.#isLoading = false
      this.#options.log('error', `Nobody goes on with this room from here: ${reasonOf(cause)}`)
    }
  }
}
