import type { IncomingHttpHeaders } from 'node:http'
import { HttpRefusal } from './http-refusal.ts'

/** What a body is read from; an `IncomingMessage` is one. */
export interface BodySource {
  readonly headers: IncomingHttpHeaders
  readonly iterator: (options: { destroyOnReturn: boolean }) => AsyncIterable<Buffer>
  readonly resume: () => unknown
}

/** The body of a request: read when it is first asked for, and only then; the bound of that first time holds. */
export class RequestBody {
  readonly #source: BodySource
  #text: Promise<string> | null = null

  constructor(source: BodySource) {
    this.#source = source
  }

  /** Rejects with `HttpRefusal`: 415 for anything but JSON, 413 for more than `maxBytes`. */
  text(maxBytes: number): Promise<string> {
    return (this.#text ??= this.#read(maxBytes))
  }

  async #read(maxBytes: number): Promise<string> {
    const { headers } = this.#source
    if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) throw new HttpRefusal(415, 'Send JSON.')
    if (Number(headers['content-length'] ?? 0) > maxBytes) throw this.#tooLarge(maxBytes)
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of this.#source.iterator({ destroyOnReturn: false })) {
      size += chunk.length
      if (size > maxBytes) break
      chunks.push(chunk)
    }
    if (size > maxBytes) throw this.#tooLarge(maxBytes)
    return Buffer.concat(chunks).toString()
  }

  #tooLarge(maxBytes: number): HttpRefusal {
    // The rest is read and let go, within `requestTimeout`: a connection that closes now may take the answer with it.
    this.#source.resume()
    return new HttpRefusal(413, `The body may have at most ${String(maxBytes)} bytes.`)
  }
}
