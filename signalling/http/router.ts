import type { PlaceKey, Wish } from '../cluster/cluster.ts'
import type { RateKind } from '../transports/requests.ts'
import { bearerOf } from './access.ts'
import { HttpRefusal } from './http-refusal.ts'
import { RequestBody, type BodySource } from './request-body.ts'

export { HttpRefusal } from './http-refusal.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** What `Route.wishOf` goes by. */
export interface Asked {
  readonly param: (name: string) => string
  /** Whether this client may make rooms. */
  readonly mayCreate: boolean
  /** Undefined when the wish is not in the body, and when the body can not be read. */
  readonly body: unknown
}

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
  /**
   * What a request is about, for a server of several processes: it is handled where that has its home. Null when any process
   * will do, and for what will be refused anyhow. May not throw for anything that a client can cause.
   */
  readonly wishOf?: (asked: Asked) => Wish | null
  /** Bytes of JSON that it reads at most. Has to be there where both `wishOf` and a body are. */
  readonly readsBody?: number
  /** Set when `wishOf` goes by the body. */
  readonly isWishInBody?: boolean
  readonly handle: (exchange: Exchange) => void | Promise<void>
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

/** What of a request is used; `IncomingMessage` is one. */
export interface ExchangeRequest extends BodySource {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Of whoever connected to this process. */
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** What of a response is used; `ServerResponse` is one. */
export interface ExchangeResponse {
  readonly headersSent: boolean
  /** Bytes that wait for the reader. */
  readonly writableLength: number
  setHeader(name: string, value: string): unknown
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): unknown
  /** Answers false when it is better to wait for `drain`. */
  write(text: string): boolean
  end(text?: string): unknown
  destroy(): unknown
  once(event: 'close' | 'drain', listener: () => void): unknown
  on(event: 'drain' | 'error', listener: () => void): unknown
}

/** Makes this process the home of a place that nobody else can know of yet. */
export type Claim = (key: PlaceKey) => Promise<void>

/** One request and its answer. */
export class Exchange {
  readonly request: ExchangeRequest
  readonly response: ExchangeResponse
  readonly asker: Asker
  readonly #params: Readonly<Record<string, string>>
  readonly #claim: Claim | null
  readonly #body: RequestBody

  constructor(
    request: ExchangeRequest,
    response: ExchangeResponse,
    params: Readonly<Record<string, string>>,
    asker: Asker,
    { claim = null, body = new RequestBody(request) }: { claim?: Claim | null; body?: RequestBody } = {},
  ) {
    this.request = request
    this.response = response
    this.asker = asker
    this.#params = params
    this.#claim = claim
    this.#body = body
  }

  /** The same request, answered by another way. */
  answeredBy(response: ExchangeResponse, claim: Claim): Exchange {
    return new Exchange(this.request, response, this.#params, this.asker, { claim, body: this.#body })
  }

  /** To be awaited before something is made by a name that is made for it. Does nothing in a server of one process. */
  async claim(key: PlaceKey): Promise<void> {
    await this.#claim?.(key)
  }

  /** Whether this client may make rooms; a route refuses with 403 what would make one for a client that may not. */
  get mayCreate(): boolean {
    return this.asker.mayCreate
  }

  /** A parameter of the route's path. */
  param(name: string): string {
    return this.#params[name] ?? ''
  }

  get query(): URLSearchParams {
    return new URLSearchParams((this.request.url ?? '').split('?')[1] ?? '')
  }

  get address(): string {
    return this.asker.address
  }

  /** The token of `Authorization: Bearer …`; null when there is none. */
  get bearer(): string | null {
    return bearerOf(this.request)
  }

  /** The text of the body, read once. Rejects with `HttpRefusal`: 415 for anything but JSON, 413 for more than `maxBytes`. */
  readText(maxBytes: number): Promise<string> {
    return this.#body.text(maxBytes)
  }

  /** Rejects like `readText`, and with 400 for what is no JSON. */
  async readJson(maxBytes: number): Promise<unknown> {
    const text = await this.readText(maxBytes)
    try {
      return JSON.parse(text) as unknown
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
