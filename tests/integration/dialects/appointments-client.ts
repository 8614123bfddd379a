import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { expect, onTestFinished } from 'vitest'

const ANSWER_MS = 5000

/** One event of the server, as a client of the appointment system sees it. */
export interface Said {
  readonly event: string
  readonly payload: Record<string, unknown>
}

/**
 * A client of the appointment system, written from its description alone: a plain Socket.IO client with its default
 * transports, and `fetch`.
 */
export class AppointmentClient {
  readonly socket: Socket
  /** Everything the server said, and how far the test has read. */
  readonly #said: Said[] = []
  readonly #waiting = new Set<() => void>()

  constructor(url: string, options: Partial<ManagerOptions & SocketOptions> = {}) {
    this.socket = io(url, { forceNew: true, reconnection: false, ...options })
    this.socket.onAny((event: string, payload: Record<string, unknown>) => {
      this.#said.push({ event, payload })
      for (const look of [...this.#waiting]) look()
    })
    onTestFinished(() => void this.socket.close())
  }

  emit(event: string, ...args: unknown[]): void {
    this.socket.emit(event, ...args)
  }

  /** Takes the next event of this name, whether it has come or is still to come. */
  async next(event: string): Promise<Record<string, unknown>> {
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>()
    const look = () => {
      const at = this.#said.findIndex((said) => said.event === event)
      if (at === -1) return
      this.#waiting.delete(look)
      resolve(this.#said.splice(at, 1)[0]!.payload)
    }
    this.#waiting.add(look)
    look()
    const timer = setTimeout(() => reject(new Error(`no ${event} within ${ANSWER_MS} ms`)), ANSWER_MS)
    return promise.finally(() => clearTimeout(timer))
  }

  /** Names of what came and was not taken. Socket.IO keeps the order: what was caused before the last answer is here. */
  get untaken(): string[] {
    return this.#said.map(({ event }) => event).filter((event) => event !== 'session:opened')
  }

  async join(appointment: string | undefined, name: string): Promise<Record<string, unknown>> {
    this.emit('join_room', { ...(appointment === undefined ? {} : { appointment_id: appointment }), name })
    return this.next('joined_successfully')
  }

  /** Sends what has to be refused, and answers the sentence. */
  async refused(event: string, payload: unknown): Promise<string> {
    this.emit(event, payload)
    const { message } = await this.next('error')
    expect(message).toEqual(expect.any(String))
    return String(message)
  }
}

const send = async (method: string, url: string, body: unknown, headers: Record<string, string>) => {
  const response = await fetch(url, {
    method,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

export const put = (url: string, body: unknown, headers = {}) => send('PUT', url, body, headers)
export const post = (url: string, body: unknown, headers = {}) => send('POST', url, body, headers)

export const saveChats = (url: string, appointment: string, chats: unknown) =>
  put(`${url}/api/v1/signalling/save-chats/${encodeURIComponent(appointment)}`, { chats })

export const setDocument = (url: string, appointment: string, kind: string, body: unknown, token?: string) =>
  put(
    `${url}/api/v1/signalling/documents/${encodeURIComponent(appointment)}/${kind}`,
    body,
    token === undefined ? {} : { Authorization: `Bearer ${token}` },
  )

/** The stored list, as whoever joins is told it. */
export const storedChats = async (url: string, appointment: string): Promise<unknown> => {
  const client = new AppointmentClient(url)
  const { chats } = await client.join(appointment, 'Reader')
  client.socket.close()
  return chats
}

export const description = (type: 'offer' | 'answer', session = '1') => ({
  type,
  sdp: `v=0\r\no=- ${session} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n`,
})
export const candidate = {
  candidate: 'candidate:1 1 udp 2113937151 192.168.1.2 50000 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'abcd',
}
