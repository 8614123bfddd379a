import type { Socket } from 'node:net'
import type { Cancel, Clock } from '../domain/clock.ts'
import type { ServerLimits } from '../server-limits.ts'
import { paddingOf, STUN_HEADER_BYTES } from './stun-message.ts'
import { isChannelData, type TurnCore } from './turn-core.ts'

/** The longest message that is taken; the packets of WebRTC have up to 1,500 bytes. */
const MAX_MESSAGE_BYTES = 8192

/** Length of the message that begins here (RFC 8656, 3.1 and 12.5); null while that can not be told, 0 for what is none. */
const messageLength = (bytes: Buffer): number | null => {
  if (bytes.length < 4) return null
  const [first = 0] = bytes
  const length = bytes.readUInt16BE(2)
  if (isChannelData(first)) return 4 + length + paddingOf(length)
  return first < 0x40 && length % 4 === 0 ? STUN_HEADER_BYTES + length : 0
}

/** Finds the messages in a stream of bytes. */
export class MessageSplitter {
  #rest: Buffer = Buffer.alloc(0)

  /** Hands out each message that is whole now. Answers false when what comes is none: nothing after it can be made out. */
  take(chunk: Buffer, onMessage: (message: Buffer) => void): boolean {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      const length = messageLength(bytes)
      if (length === 0 || (length !== null && length > MAX_MESSAGE_BYTES)) return false
      if (length === null || bytes.length < length) break
      onMessage(bytes.subarray(0, length))
      bytes = bytes.subarray(length)
    }
    // A copy: the messages in front of it are written to and sent, and may be much longer.
    this.#rest = Buffer.from(bytes)
    return true
  }
}

interface TcpClientsOptions {
  readonly core: TurnCore
  readonly limits: ServerLimits
  readonly clock: Clock
}

/** Clients of the relay that come by TCP. */
export class TcpClients {
  readonly #options: TcpClientsOptions
  readonly #sockets = new Set<Socket>()
  #count = 0

  constructor(options: TcpClientsOptions) {
    this.#options = options
  }

  /** Owns the socket from here on, whose first bytes may have been put back with `unshift`. */
  take(socket: Socket): void {
    const { core, limits } = this.#options
    // One that is gone already has neither.
    const { remoteAddress: address, remotePort: port } = socket
    if (address === undefined || port === undefined || this.#sockets.size >= limits.turnTcpConnections) {
      socket.destroy()
      return
    }
    this.#count += 1
    const id = `${address} ${String(port)} tcp ${String(this.#count)}`
    const send = (bytes: Buffer) => {
      const waiting = socket.writableLength
      if (!socket.writable || waiting + bytes.length > limits.turnQueuedBytes) return
      // What has to wait must not hold the whole buffer that it came in.
      socket.write(waiting === 0 ? bytes : Buffer.from(bytes))
    }
    const client = { id, address, port, isStream: true, send }
    const splitter = new MessageSplitter()
    socket.setNoDelay(true)
    socket.setKeepAlive(true)
    socket.on('data', (chunk: Buffer) => {
      if (!splitter.take(chunk, (message) => core.take(id, message, () => client))) socket.destroy()
    })
    this.#keep(socket, id)
    // Whoever looked at its first byte may have left it paused.
    socket.resume()
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #keep(socket: Socket, id: string): void {
    const { core, limits, clock } = this.#options
    let cancel: Cancel
    const endIdle = () => {
      if (core.hasAllocation(id)) cancel = clock.schedule(limits.turnIdleMs, endIdle)
      else socket.destroy()
    }
    cancel = clock.schedule(limits.turnIdleMs, endIdle)
    this.#sockets.add(socket)
    // What went wrong does not matter: `close` follows.
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      cancel()
      core.forget(id)
      this.#sockets.delete(socket)
    })
  }
}
