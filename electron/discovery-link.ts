import { createSocket } from 'node:dgram'
import type { RemoteInfo } from 'node:dgram'
import multicastDns from 'multicast-dns'
import type { LinkPlace } from './discovery-cards.ts'

export type MdnsPacket = multicastDns.FullPacket
export type MdnsQuestions = multicastDns.QueryOutgoingPacket['questions']
export type MdnsAnswers = multicastDns.ResponseOutgoingPacket['answers']

export interface LinkEvents {
  /** Whether to look into a packet at all; asked before it is decoded. */
  readonly accepts: (message: Uint8Array, sender: RemoteInfo) => boolean
  readonly onPacket: (packet: MdnsPacket, sender: string) => void
  /** From now on packets can be sent. */
  readonly onJoined: () => void
  /** The link is of no more use; another may be tried later. */
  readonly onProblem: (problem: NodeJS.ErrnoException) => void
}

/**
 * A card that just came up has no IPv6 address to send from for up to 2 s (RFC 4862, section 5.4); the announcements of the
 * first 4 s are as many.
 */
const MAX_FAILED_SENDS = 4
/** RFC 6762, section 3. */
const GROUPS = { IPv4: '224.0.0.251', IPv6: 'ff02::fb' }

/**
 * One multicast socket on one card. A socket for each, because a socket sends on one card only (mafintosh/multicast-dns#68).
 * Shares its port with the system's own responder. Never throws: what goes wrong is told by `onProblem`.
 */
export class DiscoveryLink {
  readonly place: LinkPlace
  readonly #mdns: multicastDns.MulticastDNS
  readonly #events: LinkEvents
  #phase: 'joining' | 'joined' | 'broken' | 'closed' = 'joining'
  /** In a row. */
  #failedSends = 0

  constructor(place: LinkPlace, port: number, events: LinkEvents) {
    this.place = place
    this.#events = events
    const isIPv6 = place.family === 'IPv6'
    const type = isIPv6 ? 'udp6' : 'udp4'
    const socket = createSocket({ type, reuseAddr: true, ipv6Only: isIPv6 })
    this.#mdns = multicastDns({
      socket,
      type,
      port,
      ip: GROUPS[place.family],
      interface: place.interface,
      bind: isIPv6 ? '::' : '0.0.0.0',
    })
    // multicast-dns decodes whatever comes; what is not for us is dropped in front of it.
    const decoders = socket.listeners('message')
    socket.removeAllListeners('message')
    socket.on('message', (message, sender) => {
      if (events.accepts(message, sender)) for (const decode of decoders) decode.call(socket, message, sender)
    })
    this.#mdns.on('packet', (packet: MdnsPacket, sender: RemoteInfo) => events.onPacket(packet, sender.address))
    this.#mdns.on('networkInterface', () => this.#handleJoined())
    this.#mdns.on('error', (problem) => this.#fail(problem))
    // Also told of packets that cannot be decoded; those are no fault of the link.
    this.#mdns.on('warning', (problem: NodeJS.ErrnoException) => {
      if (problem.syscall !== undefined) this.#fail(problem)
    })
  }

  get isBroken(): boolean {
    return this.#phase === 'broken'
  }

  ask(questions: MdnsQuestions): void {
    if (this.#phase === 'joined') this.#mdns.query({ questions }, (problem) => this.#handleSent(problem))
  }

  answer(answers: MdnsAnswers): void {
    if (this.#phase === 'joined') this.#mdns.respond({ answers }, (problem) => this.#handleSent(problem))
  }

  close(): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    try {
      this.#mdns.destroy()
    } catch {
      // A socket that could not be bound may be closed already.
    }
  }

  #handleJoined(): void {
    if (this.#phase !== 'joining') return
    this.#phase = 'joined'
    this.#events.onJoined()
  }

  #handleSent(problem: Error | null | undefined): void {
    this.#failedSends = problem ? this.#failedSends + 1 : 0
    if (problem && this.#failedSends === MAX_FAILED_SENDS) this.#fail(problem)
  }

  #fail(problem: NodeJS.ErrnoException): void {
    if (this.#phase === 'closed' || this.#phase === 'broken') return
    this.#phase = 'broken'
    this.#events.onProblem(problem)
  }
}
