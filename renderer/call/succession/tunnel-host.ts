import { limits, type PeerId } from '#signalling/protocol.ts'
import type { HostWord } from '../control-message.ts'
import type { Log } from '../log.ts'
import type { Signalling } from '../signalling.ts'
import { TunnelEnd } from './tunnel-end.ts'
import type { TunnelWord } from './tunnel-word.ts'

interface TunnelHostOptions {
  /** A new connection to the own server, one for each guest; null when there can be none now. */
  readonly openSignalling: () => Signalling | null
  /** Over the link to somebody inside. False when it cannot go out now. */
  readonly tell: (to: PeerId, word: HostWord) => boolean
  readonly log: Log
}

/**
 * Lets those who have no way of their own to the server on this computer speak to it over the links to this page: each has a
 * connection of its own there, so that the server knows them apart and bounds each by itself. At most `limits.roomCapacity`
 * at a time.
 */
export class TunnelHost {
  readonly #options: TunnelHostOptions
  readonly #ends = new Map<PeerId, TunnelEnd>()
  #isClosed = false

  constructor(options: TunnelHostOptions) {
    this.#options = options
  }

  /** What came over the link from somebody inside. */
  take(from: PeerId, word: TunnelWord): void {
    if (this.#isClosed) return
    const end = this.#ends.get(from) ?? this.#admit(from)
    if (end) end.take(word)
    else if (word.kind === 'tunnel-open') this.#options.tell(from, { kind: 'tunnel-close' })
  }

  /** Somebody is gone, and the link to them with it. */
  forget(id: PeerId): void {
    this.#ends.get(id)?.drop()
    this.#ends.delete(id)
  }

  /** Guests are told; whatever they say from now on is not heard. */
  close(): void {
    this.#isClosed = true
    for (const [id, end] of this.#ends) {
      const wasOpen = end.isOpen
      end.drop()
      if (wasOpen) this.#options.tell(id, { kind: 'tunnel-close' })
    }
    this.#ends.clear()
  }

  /** An end outlives its tunnels: it counts what is said to its guest, and how often that one comes. */
  #admit(from: PeerId): TunnelEnd | null {
    const { openSignalling, tell, log } = this.#options
    for (const [id, { isOpen }] of this.#ends) if (this.#isFull && !isOpen) this.forget(id)
    if (this.#isFull) return null
    const end = new TunnelEnd({ openSignalling, tell: (word) => tell(from, word), log })
    this.#ends.set(from, end)
    return end
  }

  get #isFull(): boolean {
    return this.#ends.size >= limits.roomCapacity
  }
}
