import { EventEmitter } from 'node:events'

/** A response whose reader takes nothing until `read`. */
export class ResponseDouble extends EventEmitter {
  status = 0
  headers: Readonly<Record<string, unknown>> = {}
  headersSent = false
  /** What was written, taken by the reader or not. */
  text = ''
  writableLength = 0
  ended: 'no' | 'end' | 'destroy' = 'no'

  setHeader(): void {
    // Nobody looks at these.
  }

  writeHead(status: number, headers: Readonly<Record<string, unknown>>): this {
    this.status = status
    this.headers = headers
    this.headersSent = true
    return this
  }

  write(text: string): boolean {
    if (this.ended !== 'no') throw new Error('written after the end')
    this.text += text
    this.writableLength += Buffer.byteLength(text)
    return false
  }

  read(): void {
    this.writableLength = 0
    this.emit('drain')
  }

  end(text = ''): void {
    this.text += text
    this.#over('end')
  }

  destroy(): void {
    this.#over('destroy')
  }

  #over(how: 'end' | 'destroy'): void {
    if (this.ended !== 'no') return
    this.ended = how
    this.emit('close')
  }
}
