import { EventEmitter } from 'node:events'
import type { ExchangeResponse } from '../http/router.ts'
import type { PlaceKey } from './cluster.ts'
import type { Part } from './exchange-messages.ts'

/** Where an answer goes: to a client of this process, or to the process that the client is connected to. */
export interface Outlet {
  /** Bytes that wait for the reader, as far as is known here. */
  readonly waiting: number
  readonly put: (part: Part) => void
  /** The answer ends here, however much of it is out. */
  readonly cut: () => void
  /** There will be no answer from here; `cut` when some of it is out. */
  readonly lose: () => void
}

/** Runs `then` when all that was changed until now is written. */
type Commit = (key: PlaceKey, then: () => void) => void

/**
 * Stands where a handler expects the response of its request. What the handler says goes out when what it follows from is
 * written, so nothing is promised that could be lost.
 */
export class HeldResponse extends EventEmitter<{ close: []; drain: []; error: [] }> implements ExchangeResponse {
  /** What the answer is about; null as long as it is about nothing that is shared. */
  key: PlaceKey | null = null
  headersSent = false
  readonly #outlet: Outlet
  readonly #commit: Commit
  readonly #headers = new Map<string, string | number>()
  #head: Part['head'] = null
  #held = 0
  #isEnded = false
  #isOver = false

  constructor(outlet: Outlet, commit: Commit) {
    super()
    this.#outlet = outlet
    this.#commit = commit
  }

  get writableLength(): number {
    return this.#held + this.#outlet.waiting
  }

  get isOver(): boolean {
    return this.#isOver
  }

  setHeader(name: string, value: string): void {
    this.#headers.set(name, value)
  }

  writeHead(status: number, headers: Readonly<Record<string, string | number>>): void {
    if (this.headersSent) return
    this.headersSent = true
    this.#head = [status, [...this.#headers, ...Object.entries(headers)]]
  }

  write(text: string): boolean {
    this.#send(text, false)
    return true
  }

  end(text = ''): void {
    this.#send(text, true)
  }

  destroy(): void {
    if (this.#isOver) return
    this.#outlet.cut()
    this.close()
  }

  /** This process is not the home any more: what is held is not true. */
  lose(): void {
    if (this.#isOver) return
    this.#outlet.lose()
    this.close()
  }

  /** The reader is gone, or has everything. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.emit('close')
  }

  #send(text: string, isLast: boolean): void {
    if (this.#isOver || this.#isEnded) return
    this.#isEnded = isLast
    const part = { head: this.#head, text, isLast }
    const size = Buffer.byteLength(text)
    this.#head = null
    this.#held += size
    this.#whenWritten(() => {
      this.#held -= size
      if (this.#isOver) return
      this.#outlet.put(part)
      if (isLast) this.close()
    })
  }

  #whenWritten(then: () => void): void {
    if (this.key === null) then()
    else this.#commit(this.key, then)
  }
}
