import { parseControlMessage, type ControlMessage } from './control-message.ts'
import { Emitter } from './emitter.ts'
import { TokenBucket } from './token-bucket.ts'

/** Both sides make the channel under this number (`negotiated`), so none waits for the other to announce it. */
const CHANNEL_ID = 0
/** Far above what an honest side sends: one heartbeat a second, and some candidates at a restart. */
const RATE = { burst: 200, perSecond: 50 }
const MALFORMED_COST = 20
/** A path that takes nothing fills this up; what is more would only arrive late. */
const MAX_BUFFERED_BYTES = 256 * 1024

interface ControlChannelEvents {
  readonly open: []
  readonly message: [ControlMessage]
  /** The other side floods or sends garbage; the channel is closed. */
  readonly abused: []
}

/** The ordered data channel of one connection: parses, bounds and counts what the other side says. */
export class ControlChannel {
  readonly #channel: RTCDataChannel
  readonly #events = new Emitter<ControlChannelEvents>()
  readonly #budget = new TokenBucket(RATE)

  constructor(rtc: RTCPeerConnection) {
    this.#channel = rtc.createDataChannel('control', { negotiated: true, id: CHANNEL_ID })
    this.#channel.addEventListener('open', () => {
      this.#events.emit('open')
    })
    this.#channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      this.#receive(data)
    })
  }

  on<Name extends keyof ControlChannelEvents>(
    name: Name,
    listener: (...args: ControlChannelEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  get isOpen(): boolean {
    return this.#channel.readyState === 'open'
  }

  /** False when it cannot go out now. True does not mean that it arrives. */
  send(message: ControlMessage): boolean {
    if (!this.isOpen || this.#channel.bufferedAmount > MAX_BUFFERED_BYTES) return false
    this.#channel.send(JSON.stringify(message))
    return true
  }

  close(): void {
    this.#channel.close()
  }

  #receive(data: unknown): void {
    if (!this.isOpen) return
    const message = parseControlMessage(data)
    if (!this.#budget.take(message ? 1 : MALFORMED_COST)) {
      this.close()
      this.#events.emit('abused')
    } else if (message) this.#events.emit('message', message)
  }
}
