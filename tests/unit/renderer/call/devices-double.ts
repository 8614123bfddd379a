import type { MediaState } from '#renderer/call/call-state.ts'
import { Emitter } from '#renderer/call/emitter.ts'
import { nothingOpen } from '#renderer/call/local-media.ts'

/** Own devices that are as a test says. */
export class DevicesDouble {
  state: MediaState = nothingOpen
  readonly #events = new Emitter<{ changed: [MediaState] }>()

  on(name: 'changed', listener: (state: MediaState) => void): () => void {
    return this.#events.on(name, listener)
  }

  set(change: Partial<MediaState>): void {
    this.state = { ...this.state, ...change }
    this.#events.emit('changed', this.state)
  }
}
