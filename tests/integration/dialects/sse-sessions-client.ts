import { EventSource } from 'eventsource'
import { expect, onTestFinished } from 'vitest'
import { Inbox } from './inbox.ts'

export interface Told {
  readonly type: string
  readonly senderId?: string
  readonly payload?: unknown
  readonly time?: string
}

export interface HttpAnswer {
  readonly status: number
  readonly body: { readonly message?: string; readonly token?: string }
}

export const post = async (address: string, body?: unknown, token?: string): Promise<HttpAnswer> => {
  const response = await fetch(address, {
    method: 'POST',
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as HttpAnswer['body'] }
}

/** A client of sessions over server-sent events, written from their description alone, as a browser is: EventSource and fetch. */
export class SseClient {
  readonly inbox = new Inbox()
  readonly #address: (path: string) => string
  #events: EventSource | null = null
  #cable = new AbortController()

  constructor(url: string, sessionId: string, peerId: string) {
    this.#address = (path) => `${url}/${path}/${encodeURIComponent(sessionId)}/${encodeURIComponent(peerId)}`
    onTestFinished(() => this.close())
  }

  get readyState(): number | undefined {
    return this.#events?.readyState
  }

  register(token?: string): Promise<HttpAnswer> {
    return post(this.#address('register'), undefined, token)
  }

  /** Resolves once the stream is open. It comes back by itself, as every EventSource does. */
  async listen(token?: string): Promise<void> {
    const events = new EventSource(this.#address('events'), {
      fetch: (address, init) =>
        fetch(address, {
          ...init,
          headers: { ...init.headers, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
          signal: AbortSignal.any([init.signal as AbortSignal, this.#cable.signal]),
        }),
    })
    this.#events = events
    events.onmessage = ({ data }: MessageEvent<string>) => {
      const told = JSON.parse(data) as Told
      this.inbox.put(told.type, told)
    }
    await new Promise<void>((resolve, reject) => {
      events.onopen = () => resolve()
      events.onerror = ({ code }) => reject(new Error(`events: ${String(code)}`))
    })
    events.onerror = null
  }

  /** Breaks the connection of the stream; nothing gets through until `plug`. */
  unplug(): void {
    this.#cable.abort(new Error('unplugged'))
  }

  plug(): void {
    this.#cable = new AbortController()
  }

  send(type: string, payload: unknown, target: string, token?: string): Promise<HttpAnswer> {
    return post(this.#address('message'), { type, payload, target }, token)
  }

  next(type: string): Promise<Told> {
    return this.inbox.next(type) as Promise<Told>
  }

  close(): void {
    this.#events?.close()
  }
}

/** Registers and listens. */
export const joinSseSession = async (url: string, sessionId: string, peerId: string): Promise<SseClient> => {
  const client = new SseClient(url, sessionId, peerId)
  expect(await client.register()).toEqual({
    status: 200,
    body: { message: 'session registered successfully', token: expect.any(String) as string },
  })
  await client.listen()
  return client
}

/** A stream read by hand, block by block. */
export class RawStream {
  readonly status: number
  readonly headers: Headers
  readonly #reader: ReadableStreamDefaultReader<string> | undefined
  readonly #stop: AbortController
  #text = ''
  lastEventId = ''

  private constructor(response: Response, stop: AbortController) {
    this.status = response.status
    this.headers = response.headers
    this.#stop = stop
    this.#reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    onTestFinished(() => this.drop())
  }

  static async open(
    address: string,
    { token, lastEventId, method = 'GET' }: { token?: string; lastEventId?: string; method?: string } = {},
  ): Promise<RawStream> {
    const stop = new AbortController()
    const headers = {
      Accept: 'text/event-stream',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
    }
    return new RawStream(await fetch(address, { method, headers, signal: stop.signal }), stop)
  }

  /** The next block of lines; null when the stream is over. */
  async block(): Promise<string | null> {
    while (!this.#text.includes('\n\n')) {
      const read = await this.#reader?.read().catch(() => undefined)
      if (read === undefined || read.done) return null
      this.#text += read.value
    }
    const [block = '', ...rest] = this.#text.split('\n\n')
    this.#text = rest.join('\n\n')
    this.lastEventId = /^id: (.*)$/m.exec(block)?.[1] ?? this.lastEventId
    return block
  }

  /** The next message that is no ping; null when the stream is over. */
  async message(): Promise<Told | null> {
    for (;;) {
      const block = await this.block()
      if (block === null) return null
      const data = /^data: (.*)$/m.exec(block)?.[1]
      const told = data === undefined ? null : (JSON.parse(data) as Told)
      if (told !== null && told.type !== 'ping') return told
    }
  }

  drop(): void {
    this.#stop.abort()
  }
}
