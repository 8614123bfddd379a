import type { Cancel, Clock } from '../domain/clock.ts'
import type { ExchangeResponse } from '../http/router.ts'

interface EventStreamOptions {
  readonly clock: Clock
  readonly beatMs: number
  /** The stream is cut when this many bytes wait for its reader. */
  readonly queuedSize: number
  /** What the stream begins with, however large; `queuedSize` counts from there. */
  readonly first: string
  /** What goes out with every beat. */
  readonly beat: () => string
  /** `cut`: its reader did not read. Not called after `end`. */
  readonly onClosed: (reason: 'closed' | 'cut') => void
}

const HEADERS = {
  'Content-Type': 'text/event-stream',
  // No proxy may keep, compress or collect what is meant to arrive at once.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
}

/** One open answer of server-sent events (HTML standard, section 9.2). Never holds more than its bound for a slow reader. */
export class EventStream {
  readonly #response: ExchangeResponse
  readonly #options: EventStreamOptions
  #bound: number
  #cancelBeat: Cancel
  #isOver = false

  constructor(response: ExchangeResponse, options: EventStreamOptions) {
    this.#response = response
    this.#options = options
    this.#bound = options.queuedSize + Buffer.byteLength(options.first)
    response.on('error', () => undefined)
    response.once('close', () => this.#over('closed'))
    response.once('drain', () => (this.#bound = options.queuedSize))
    response.writeHead(200, HEADERS)
    response.write(options.first)
    this.#cancelBeat = this.#scheduleBeat()
  }

  /** Whether everything has been handed to the system. */
  get isDrained(): boolean {
    return this.#response.writableLength === 0
  }

  write(frame: string): void {
    if (this.#isOver) return
    this.#response.write(frame)
    if (this.#response.writableLength > this.#bound) this.#cut()
  }

  /** Ends it from here; `onClosed` is not called. */
  end(): void {
    if (!this.#stop()) return
    if (this.isDrained) this.#response.end()
    else this.#response.destroy()
  }

  #cut(): void {
    this.#over('cut')
    this.#response.destroy()
  }

  #over(reason: 'closed' | 'cut'): void {
    if (this.#stop()) this.#options.onClosed(reason)
  }

  /** Answers false when it was over already. */
  #stop(): boolean {
    const wasOver = this.#isOver
    this.#isOver = true
    this.#cancelBeat()
    return !wasOver
  }

  #scheduleBeat(): Cancel {
    const { clock, beatMs, beat } = this.#options
    return clock.schedule(beatMs, () => {
      this.write(`: keep-alive\n\n${beat()}`)
      if (!this.#isOver) this.#cancelBeat = this.#scheduleBeat()
    })
  }
}
