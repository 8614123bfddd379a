import { io, type Socket } from 'socket.io-client'
import { onTestFinished } from 'vitest'
import { Inbox } from './inbox.ts'

interface Payload {
  readonly room_id?: unknown
  readonly url?: unknown
  readonly peer_id?: unknown
  readonly peers?: unknown
  readonly error?: unknown
}
/** What the server may say. */
const names = ['room-created', 'joined', 'user-arrived', 'full-room', 'offer', 'answer', 'ice', 'cut-the-call', 'error']

/** A client of minimal rooms, written from their description alone, with Socket.IO's default options. */
export class MinimalRoomsClient {
  readonly socket: Socket
  readonly inbox = new Inbox()

  constructor(url: string) {
    this.socket = io(url)
    for (const name of names) this.socket.on(name, (payload: unknown) => this.inbox.put(name, payload))
    onTestFinished(() => void this.socket.close())
  }

  send(event: string, payload?: unknown): void {
    this.socket.emit(event, payload)
  }

  /** Sends and awaits the acknowledgement. */
  async ask(event: string, payload?: unknown): Promise<Payload> {
    return (await this.socket.timeout(5000).emitWithAck(event, payload)) as Payload
  }

  next(event: string): Promise<Payload> {
    return this.inbox.next(event) as Promise<Payload>
  }
}

/** Joins, and answers the client and the id it was given. */
export const joinMinimalRoom = async (url: string, room_id: string, peer_name: string) => {
  const client = new MinimalRoomsClient(url)
  client.send('join', { room_id, peer_name })
  const joined = await client.next('joined')
  return { client, joined, id: String(joined.peer_id) }
}

/** Makes a room and joins it under the first name, then lets the others join. */
export const fillMinimalRoom = async (url: string, room_id: string, ...names: string[]) => {
  await new MinimalRoomsClient(url).ask('create-room', { room_id })
  const members: Awaited<ReturnType<typeof joinMinimalRoom>>[] = []
  for (const name of names) members.push(await joinMinimalRoom(url, room_id, name))
  return members
}
