import { expect } from 'vitest'
import { EventClient, type Payload } from './event-client.ts'

/** A client of the appointment system, written from its description alone. */
export class AppointmentClient extends EventClient {
  /** Names of what came and was not taken. Socket.IO keeps the order: what was caused before the last answer is here. */
  get untaken(): string[] {
    return this.inbox.untaken
  }

  async join(appointment: string | undefined, name: string): Promise<Payload> {
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
  return { status: response.status, body: (await response.json()) as Payload }
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
