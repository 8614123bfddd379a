import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { on, once } from 'node:events'
import multicastDns from 'multicast-dns'
import type { Cards } from '#electron/network-addresses.ts'

const GROUP = '224.0.0.251'
type Answers = multicastDns.ResponseOutgoingPacket['answers']

/** Loopback as a network card like any other, so that a test needs no network. */
export const loopbackCards = (address = '127.0.0.1'): Cards => ({
  lo: [
    { address, cidr: `${address}/8`, netmask: '255.0.0.0', family: 'IPv4', mac: '00:00:00:00:00:00', internal: false },
  ],
})

export const freeUdpPort = async (): Promise<number> => {
  const probe = createSocket('udp4').bind(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  return port
}

/** Somebody on the loopback network, at an own address (127.0.0.x), who sends whatever a test wants. */
export class MulticastPeer {
  readonly #socket: Socket
  readonly #port: number
  readonly #mdns: multicastDns.MulticastDNS

  private constructor(socket: Socket, port: number, address: string) {
    this.#socket = socket
    this.#port = port
    // Bound by us: an address of its own is what this is for.
    this.#mdns = multicastDns({ socket, port, interface: address, bind: false, multicast: false })
    this.#mdns.on('error', () => undefined)
  }

  /** `from` is another port than that of the network for senders who are no responder. */
  static async open(port: number, address: string, from = port): Promise<MulticastPeer> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    socket.bind(from, address)
    await once(socket, 'listening')
    socket.setMulticastInterface(address)
    return new MulticastPeer(socket, port, address)
  }

  async say(answers: Answers, additionals: Answers = []): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    this.#mdns.respond({ answers, additionals }, (problem) => (problem ? reject(problem) : resolve(undefined)))
    await promise
  }

  async ask(name: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    this.#mdns.query([{ name, type: 'PTR' }], (problem) => (problem ? reject(problem) : resolve(undefined)))
    await promise
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    this.#socket.send(bytes, this.#port, GROUP, (problem) => (problem ? reject(problem) : resolve(undefined)))
    await promise
  }

  close(): void {
    this.#mdns.destroy()
  }
}

/** Hears every packet of the loopback network as it is. */
export class MulticastListener {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async open(port: number): Promise<MulticastListener> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    try {
      socket.bind(port, '0.0.0.0')
      await once(socket, 'listening')
      socket.addMembership(GROUP, '127.0.0.1')
    } catch (cause) {
      socket.close()
      throw cause
    }
    return new MulticastListener(socket)
  }

  /** The next response from this address; rejects when none comes within 5 s. */
  async heard(from: string): Promise<Buffer> {
    const packets = on(this.#socket, 'message', { signal: AbortSignal.timeout(5000) })
    for await (const [bytes, sender] of packets as AsyncIterable<[Buffer, RemoteInfo]>)
      if (sender.address === from && ((bytes[2] ?? 0) & 0x80) !== 0) return bytes
    throw new Error('The socket was closed')
  }

  close(): void {
    this.#socket.close()
  }
}

/** Why several computers cannot be played on loopback here; null when they can. */
export const whyNoLoopbackMulticast = async (): Promise<string | null> => {
  const port = await freeUdpPort()
  try {
    const listener = await MulticastListener.open(port)
    const peer = await MulticastPeer.open(port, '127.0.0.9')
    const heard = listener.heard('127.0.0.9').finally(() => listener.close())
    await peer.say([{ type: 'A', name: 'probe.local', data: '127.0.0.9' }])
    peer.close()
    await heard
    return null
  } catch (cause) {
    return `multicast does not work on loopback here (${cause instanceof Error ? cause.message : String(cause)})`
  }
}
