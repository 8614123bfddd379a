import type { IncomingMessage, ServerResponse } from 'node:http'
import { bearerOf } from './access.ts'
import type { RateKind } from '../transports/requests.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface Route {
  readonly method: Method
  /**
   * Set for requests that carry something which only those were given who had been let in: they are taken without the access
   * token, also where everything else asks for it.
   */
  readonly hasOwnProof?: boolean
  /** Segments after `/`; `:name` takes one, of 1 to 128 characters. */
  readonly path: string
  /** Which rate of its address a request is counted in; `room` when there is none. */
  readonly rate?: RateKind
  readonly handle: (exchange: Exchange) => void | Promise<void>
}

/** A status other than 2xx, with a sentence for the one who asked. */
export class HttpRefusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const MAX_PARAM = 128
// Tested one character at a time, so that a name may hold anything that can be seen.
const UNSAFE = /[\p{Cc}\p{Cs}/\\]/u

const decode = (segment: string): string | null => {
  try {
    const text = decodeURIComponent(segment)
    return text.length > 0 && text.length <= MAX_PARAM && !UNSAFE.test(text) ? text : null
  } catch {
    return null
  }
}

/** Answers the parameters when the path is of this route. */
const match = (pattern: string, path: string): Record<string, string> | null => {
  const [wanted, given] = [pattern.split('/'), path.replace(/\/$/, '').split('/')]
  if (wanted.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [at, word] of wanted.entries()) {
    const segment = given[at] ?? ''
    if (!word.startsWith(':')) {
      if (word !== segment) return null
      continue
    }
    const value = decode(segment)
    if (value === null) return null
    params[word.slice(1)] = value
  }
  return params
}

/** Who asks, as the listener found out. */
export interface Asker {
  /** The address that is counted: of the client, also behind a trusted proxy. */
  readonly address: string
  /** Whether this client may make rooms (docs/PROTOCOL.md, J12). */
  readonly mayCreate: boolean
}

/** One request and its answer. */
export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly #params: Readonly<Record<string, string>>
  readonly #asker: Asker

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    params: Readonly<Record<string, string>>,
    asker: Asker,
  ) {
    this.request = request
    this.response = response
    this.#params = params
    this.#asker = asker
  }

  /** Whether this client may make rooms; a route refuses with 403 what would make one for a client that may not. */
  get mayCreate(): boolean {
    return this.#asker.mayCreate
  }

  /** A parameter of the route's path. */
  param(name: string): string {
    return this.#params[name] ?? ''
  }

  get query(): URLSearchParams {
    return new URLSearchParams((this.request.url ?? '').split('?')[1] ?? '')
  }

  get address(): string {
    return this.#asker.address
  }

  /** The token of `Authorization: Bearer …`; null when there is none. */
  get bearer(): string | null {
    return bearerOf(this.request)
  }

  /** Rejects with `HttpRefusal`: 415 for another content type, 413 for more than `maxBytes`, 400 for what is no JSON. */
  async readJson(maxBytes: number): Promise<unknown> {
    const { headers } = this.request
    if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) throw new HttpRefusal(415, 'Send JSON.')
    if (Number(headers['content-length'] ?? 0) > maxBytes) throw this.#tooLarge(maxBytes)
    const chunks: Buffer[] = []
    let size = 0
    const body: AsyncIterable<Buffer> = this.request.iterator({ destroyOnReturn: false })
    for await (const chunk of body) {
      size += chunk.length
      if (size > maxBytes) break
      chunks.push(chunk)
    }
    if (size > maxBytes) throw this.#tooLarge(maxBytes)
    try {
      return JSON.parse(Buffer.concat(chunks).toString()) as unknown
    } catch {
      throw new HttpRefusal(400, 'The body is no JSON.')
    }
  }

  /** Answers with JSON, never to be cached. */
  json(status: number, body: unknown): void {
    if (this.response.headersSent) return
    const text = JSON.stringify(body)
    this.response.writeHead(status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
    })
    this.response.end(this.request.method === 'HEAD' ? undefined : text)
  }

  #tooLarge(maxBytes: number): HttpRefusal {
    // The rest is read and let go, within `requestTimeout`: a connection that closes now may take the answer with it.
    this.request.resume()
    return new HttpRefusal(413, `The body may have at most ${String(maxBytes)} bytes.`)
  }
}

export interface Found {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

/** Finds the route of a request. `methods`: what the path could be asked with; empty when there is no such path. */
export const findRoute = (
  routes: readonly Route[],
  method: string | undefined,
  path: string,
): { readonly found: Found | null; readonly methods: readonly Method[] } => {
  const asked = method === 'HEAD' ? 'GET' : method
  const matching = routes.flatMap((route) => {
    const params = match(route.path, path)
    return params === null ? [] : [{ route, params }]
  })
  return {
    found: matching.find(({ route }) => route.method === asked) ?? null,
    methods: matching.map(({ route }) => route.method),
  }
}
