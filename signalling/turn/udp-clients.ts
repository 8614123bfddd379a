import { lookup } from 'node:dns/promises'
import { createSocket, type RemoteInfo, type Socket, type SocketOptions, type SocketType } from 'node:dgram'
import { once } from 'node:events'
import type { Log } from '../log.ts'
import type { RelayClient } from './relay-client.ts'
import type { TurnCore } from './turn-core.ts'

/** Of packets that come in a burst; the system may give less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
/** Packets wait here only when the system takes no more. */
const MAX_QUEUED_BYTES = 1024 * 1024

const faultOf = (fault: unknown): string => (fault instanceof Error && 'code' in fault ? String(fault.code) : '')

/** Packets go to where some came from, so there are no names to look up, and it is asked for each packet. */
const sameAddress: NonNullable<SocketOptions['lookup']> = (address, family, answer) =>
  answer(null, address, Number(family))

const bind = async (type: SocketType, port: number, host: string | undefined): Promise<Socket> => {
  const socket = createSocket({ type, lookup: sameAddress })
  try {
    // Asked for first: with nothing to look up, it listens before `bind` is done.
    const listening = once(socket, 'listening')
    socket.bind({ port, exclusive: true, ...(host === undefined ? {} : { address: host }) })
    await listening
    return socket
  } catch (fault) {
    socket.close()
    throw fault
  }
}

/** Of both families, or of the first alone where the system has no other. */
const open = async (port: number, host: string | undefined): Promise<Socket> => {
  if (host !== undefined && host !== '::') {
    const { address, family } = await lookup(host)
    return bind(family === 4 ? 'udp4' : 'udp6', port, address)
  }
  try {
    return await bind('udp6', port, host)
  } catch (fault) {
    if (!['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(faultOf(fault))) throw fault
    return bind('udp4', port, undefined)
  }
}

/** Clients of the relay that come by UDP, through one socket. */
export class UdpClients {
  readonly #core: TurnCore
  readonly #socket: Socket

  private constructor(core: TurnCore, socket: Socket, log: Log) {
    this.#core = core
    this.#socket = socket
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES)
    } catch {
      // What the system gives by itself has to do.
    }
    // Such as a packet that could not be sent: it is lost.
    socket.on('error', (fault) => log('warn', 'relay-udp-fault', { fault: faultOf(fault) }))
    socket.on('message', (bytes, from) => this.#take(bytes, from))
  }

  /** Null when the port is taken, or UDP can not be had at all. */
  static async listen(core: TurnCore, port: number, host: string | undefined, log: Log): Promise<UdpClients | null> {
    try {
      return new UdpClients(core, await open(port, host), log)
    } catch (fault) {
      log('warn', 'relay-without-udp', { port, fault: faultOf(fault) })
      return null
    }
  }

  get port(): number {
    return this.#socket.address().port
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  #take(bytes: Buffer, { address, port }: RemoteInfo): void {
    const id = `${address} ${String(port)}`
    this.#core.take(id, bytes, () => this.#client(id, address, port))
  }

  #client(id: string, address: string, port: number): RelayClient {
    const send = (bytes: Buffer) => {
      if (this.#socket.getSendQueueSize() < MAX_QUEUED_BYTES) this.#socket.send(bytes, port, address, ignore)
    }
    return { id, address, port, isStream: false, send }
  }
}

/** With a callback, a packet that can not be sent is no event of the socket. */
const ignore = (): void => undefined
