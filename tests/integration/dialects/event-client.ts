import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { onTestFinished } from 'vitest'
import { Inbox } from './inbox.ts'

export type Payload = Record<string, unknown>

/** A plain Socket.IO client with its default transports, which keeps every event that the server says. */
export class EventClient {
  readonly socket: Socket
  readonly inbox = new Inbox()

  constructor(url: string, options: Partial<ManagerOptions & SocketOptions> = {}) {
    this.socket = io(url, { forceNew: true, reconnection: false, ...options })
    this.socket.onAny((event: string, payload: Payload) => {
      // Our own protocol's, which clients of other systems do not know.
      if (event !== 'session:opened') this.inbox.put(event, payload)
    })
    onTestFinished(() => void this.socket.close())
  }

  emit(event: string, ...args: unknown[]): void {
    this.socket.emit(event, ...args)
  }

  /** Takes the next event of this name, whether it has come or is still to come. */
  next(event: string): Promise<Payload> {
    return this.inbox.next(event) as Promise<Payload>
  }
}
