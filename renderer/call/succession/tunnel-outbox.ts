import { limits } from '#signalling/protocol.ts'
import { TokenBucket } from '../token-bucket.ts'
import type { TunnelWord } from './tunnel-word.ts'

/** Half of what a control channel bears before it is cut (control-channel.ts): the link has words of its own. */
const RATE = { burst: 100, perSecond: 30 }
const PAUSE_MS = 100
/** What waits is late by 13 s at most. */
const MAX_WAITING = 400
/** In UTF-16 units of JSON: some twenty of the longest answers. */
const MAX_WAITING_SIZE = 1024 * 1024

/** `too-large`: the other side would not take it. `full`: too much waits. Neither was put in. */
type Posting = 'taken' | 'too-large' | 'full'

/**
 * Says words over a link in their order, no faster than the other side bears. What cannot go out now waits; whoever puts
 * something into a full one has to give the tunnel up, since nothing may be left out of it.
 */
export class TunnelOutbox {
  readonly #tell: (word: TunnelWord) => boolean
  readonly #budget = new TokenBucket(RATE)
  #waiting: { readonly word: TunnelWord; readonly size: number }[] = []
  #size = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `tell` answers false when it cannot go out now; it is tried again then. */
  constructor(tell: (word: TunnelWord) => boolean) {
    this.#tell = tell
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  put(word: TunnelWord): Posting {
    const size = JSON.stringify(word).length
    if (size > limits.frameBytes) return 'too-large'
    if (this.#waiting.length >= MAX_WAITING || this.#size + size > MAX_WAITING_SIZE) return 'full'
    this.#waiting.push({ word, size })
    this.#size += size
    if (this.#timer === undefined) this.#sendOut()
    return 'taken'
  }

  /** Forgets what waits. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting = []
    this.#size = 0
  }

  #sendOut(): void {
    this.#timer = undefined
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (!this.#budget.take() || !this.#tell(next.word)) {
        this.#waiting.unshift(next)
        this.#timer = setTimeout(() => {
          this.#sendOut()
        }, PAUSE_MS)
        return
      }
      this.#size -= next.size
    }
  }
}
