import type { Exchange } from '../http/router.ts'
import type { Part } from './exchange-messages.ts'
import { loseExchange } from './exchange-outlets.ts'

interface EntryOptions {
  /** An event stream is cut when this many bytes wait for its reader; its first part comes on top of that. */
  readonly queuedSize: number
  /** So many bytes wait for the reader: again 0 after that. */
  readonly onWaiting: (bytes: number) => void
  /** The client is gone or was cut; not called when the answer came to its end. */
  readonly onClosed: (reason: 'closed' | 'cut') => void
}

const isStream = (headers: readonly (readonly [string, string | number])[]): boolean =>
  headers.some(([name, value]) => /^content-type$/i.test(name) && /^text\/event-stream\b/.test(String(value)))

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])

/** The client's side of a request that is handled by another process. Never holds more than its bound for a slow reader. */
export class EntryExchange {
  readonly #exchange: Exchange
  readonly #options: EntryOptions
  #bound = 0
  #isStream = false
  #isWaiting = false
  #isOver = false

  constructor(exchange: Exchange, options: EntryOptions) {
    this.#exchange = exchange
    this.#options = options
    const { response } = exchange
    response.on('error', () => undefined)
    response.once('close', () => this.#stop('closed'))
    response.on('drain', () => this.#drained())
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether nothing of an answer has come, and asking once more does no harm (RFC 9110, section 9.2.2). */
  get mayAskAgain(): boolean {
    const { request, response } = this.#exchange
    return !this.#isOver && !response.headersSent && IDEMPOTENT.has(request.method ?? '')
  }

  /** A piece of the answer has come. */
  put({ head, text, isLast }: Part): void {
    if (this.#isOver) return
    const { response } = this.#exchange
    if (head !== null && !response.headersSent) this.#begin(head, text)
    if (isLast) this.#finish(text)
    else {
      const isFlowing = response.write(text)
      if (this.#isStream && response.writableLength > this.#bound) this.#cutSlowReader()
      else if (!isFlowing) this.#wait(response.writableLength)
    }
  }

  /** Ends it from here; `onClosed` is not called. */
  cut(): void {
    if (this.leave()) this.#exchange.response.destroy()
  }

  /** Nobody is left to answer: a stream that has begun is cut, so that its reader comes back. `onClosed` is not called. */
  lose(message?: string): void {
    if (!this.leave()) return
    loseExchange(this.#exchange, message)
  }

  /** Somebody else answers. Answers false when it was over already; `onClosed` is not called. */
  leave(): boolean {
    const wasOver = this.#isOver
    this.#isOver = true
    return !wasOver
  }

  #begin([status, headers]: NonNullable<Part['head']>, text: string): void {
    this.#isStream = isStream(headers)
    this.#bound = this.#options.queuedSize + Buffer.byteLength(text)
    this.#exchange.response.writeHead(status, Object.fromEntries(headers))
  }

  #finish(text: string): void {
    const { response } = this.#exchange
    this.#isOver = true
    // It would stay open until its reader has read the rest.
    if (this.#isStream && response.writableLength > 0) response.destroy()
    else response.end(text)
  }

  #drained(): void {
    this.#bound = this.#options.queuedSize
    if (this.#isWaiting && !this.#isOver) this.#options.onWaiting(0)
    this.#isWaiting = false
  }

  #wait(bytes: number): void {
    if (!this.#isWaiting) this.#options.onWaiting(bytes)
    this.#isWaiting = true
  }

  #cutSlowReader(): void {
    this.#stop('cut')
    this.#exchange.response.destroy()
  }

  #stop(reason: 'closed' | 'cut'): void {
    if (this.leave()) this.#options.onClosed(reason)
  }
}
