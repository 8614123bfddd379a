import * as v from 'valibot'
import type { PeerId } from '#signalling/protocol.ts'
import type { Acknowledge, DialectConnection, DialectSocket, SocketDialect } from '../dialects/dialect.ts'
import { newPeerId } from '../domain/peers.ts'
import { contain, type Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Found, Homes, ProcessId, Wish } from './cluster.ts'
import type { Desk } from './desk.ts'
import type { Host, HostedDialect, HostedSocket, Packet } from './hosted.ts'
import type { Hosting } from './hosting.ts'
import { InOrder } from './in-order.ts'
import { RemoteHost } from './remote-host.ts'
import { isForHost, SocketMessage } from './socket-messages.ts'

interface ForwardingOptions {
  readonly homes: Homes
  readonly desk: Desk
  readonly hosting: Hosting
  /** Our own protocol (own-protocol.ts). */
  readonly own: HostedDialect
  /** Whether somebody may ask for rooms that may not be there. */
  readonly mayAsk: (address: string) => boolean
  readonly limits: ServerLimits
  readonly log: Log
}

/** Brings what sockets of this process send to the process that answers it, and its answers back. */
export class Forwarding {
  readonly #options: ForwardingOptions
  readonly #remote = new Map<number, RemoteHost>()
  #opened = 0

  constructor(options: ForwardingOptions) {
    this.#options = options
    options.desk.handle('sockets', (from, body) => this.#take(from, body))
    options.desk.onGone((process) => this.#gone(process))
  }

  /**
   * The same dialect, for sockets of this process, answered by whichever process is home of what they ask for. Its `close` has
   * to end the connection so that the client comes again by itself.
   */
  wrap(dialect: SocketDialect): SocketDialect {
    if (dialect.wishOf === undefined) return dialect
    return { ...dialect, open: (socket) => new Forwarded(dialect, { ...socket, peerId: null }, this) }
  }

  /** A client of our own, which was told that it will be `peerId`. */
  openOwn(socket: DialectSocket, peerId: PeerId): DialectConnection {
    return this.open(this.#options.own, { ...socket, peerId })
  }

  /** Anybody who is here: what they send is answered by whichever process is home of what they ask for. */
  open(dialect: HostedDialect, socket: HostedSocket): DialectConnection {
    return new Forwarded(dialect, socket, this)
  }

  /** Null when this process is stopping. */
  find(wish: Wish): Promise<Found | null> {
    return this.#options.homes.find(wish).catch(() => null)
  }

  /** Whoever tried too many codes is answered here, where that was counted, whatever they ask for. */
  isSlowed(wish: Wish, { address }: HostedSocket): boolean {
    return wish.kind === 'room' && wish.mode === 'find' && !this.#options.mayAsk(address)
  }

  order(socket: HostedSocket): InOrder {
    return new InOrder(this.#options.limits.clusterWaitingPackets, (fault) => this.#onFault(fault, socket))
  }

  /** A fault, such as a packet that can not be handed on, ends the connection and nothing else. */
  contain(socket: HostedSocket, run: () => void): void {
    try {
      run()
    } catch (fault) {
      this.#onFault(fault, socket)
    }
  }

  /** Null: here. `exit` says who the connection will be in the room it joins; `onUnheard` as RemoteHost has it. */
  hostAt(
    process: ProcessId | null,
    dialect: HostedDialect,
    exit: HostedSocket,
    onUnheard: (packets: readonly Packet[]) => void,
  ): Host {
    const { desk, hosting, limits } = this.#options
    if (process === null) return hosting.open(dialect, exit)
    const id = this.#opened++
    const remote = new RemoteHost({
      ...{ id, process, exit, system: dialect.system, most: limits.clusterWaitingPackets },
      post: (message) => desk.post(process, 'sockets', message),
      onLost: () => this.#remote.delete(id),
      onUnheard,
    })
    this.#remote.set(id, remote)
    return remote
  }

  #take(from: ProcessId, body: unknown): void {
    const parsed = v.safeParse(SocketMessage, body)
    if (!parsed.success) {
      this.#options.log('error', 'mail-fault', { fault: 'a message about sockets that is not well formed' })
      return
    }
    const message = parsed.output
    if (isForHost(message)) this.#options.hosting.take(from, message)
    else {
      const remote = this.#remote.get(message.id)
      if (remote?.process === from) remote.take(message)
    }
  }

  #onFault(fault: unknown, socket: HostedSocket): void {
    this.#options.log('error', 'forwarding-fault', { fault: String(fault) })
    socket.close()
  }

  #gone(process: ProcessId): void {
    for (const remote of [...this.#remote.values()])
      if (remote.process === process) contain(this.#options.log, 'forwarding-fault', () => remote.gone())
  }
}

/** One connection of a socket that is here. What it sends is dealt with in order, wherever it is hosted. */
class Forwarded implements DialectConnection {
  readonly #dialect: HostedDialect
  readonly #forwarding: Forwarding
  readonly #order: InOrder
  #socket: HostedSocket
  #host: Host | null = null
  #isOver = false

  constructor(dialect: HostedDialect, socket: HostedSocket, forwarding: Forwarding) {
    this.#dialect = dialect
    this.#socket = socket
    this.#forwarding = forwarding
    this.#order = forwarding.order(socket)
  }

  handle(event: string, payload: unknown, acknowledge: Acknowledge): void {
    if (this.#isOver) return
    const packet = { event, payload, acknowledge, wish: this.#dialect.wishOf?.(event, payload) ?? null }
    if (!this.#order.isIdle || !this.#goesStraight(packet)) this.#wait(packet)
    else this.#forwarding.contain(this.#socket, () => this.#hand(packet, null))
  }

  lost(): void {
    this.#isOver = true
    this.#order.clear()
    this.#host?.lost()
    this.#host = null
  }

  #wait(packet: Packet): void {
    if (this.#order.add(() => this.#take(packet))) return
    this.#order.clear()
    this.#socket.close()
  }

  #goesStraight({ wish }: Packet): boolean {
    return wish === null || this.#host?.keeps(wish) === true
  }

  #take(packet: Packet): void | Promise<void> {
    const { wish } = packet
    if (wish !== null && !this.#goesStraight(packet)) return this.#seek(packet, wish)
    this.#hand(packet, null)
  }

  #hand(packet: Packet, found: Found | null): void {
    this.#host ??= this.#hostAt(null, this.#socket.peerId)
    this.#host.handle(packet, found)
  }

  async #seek(packet: Packet, wish: Wish): Promise<void> {
    const standing = await this.#host?.sync()
    const stays = standing?.isSettled === true || this.#isOver
    const isSlowed = !stays && this.#forwarding.isSlowed(wish, this.#socket)
    const found = stays || isSlowed ? undefined : await this.#forwarding.find(wish)
    if (this.#isOver) return
    if (isSlowed) this.#moveTo(null, standing?.peerId)
    if (found === null) {
      this.#socket.close()
      return
    }
    if (found?.where === 'here') this.#moveTo(null, standing?.peerId)
    else if (found?.where === 'there') this.#moveTo(found.process, standing?.peerId)
    this.#hand(packet, found ?? null)
  }

  #moveTo(process: ProcessId | null, peerId: PeerId | null = this.#socket.peerId): void {
    if (this.#host !== null) {
      if (this.#host.process === process) return
      this.#host.lost()
    }
    this.#host = this.#hostAt(process, peerId)
  }

  #hostAt(process: ProcessId | null, peerId: PeerId | null): Host {
    const exit = { ...this.#socket, peerId }
    return this.#forwarding.hostAt(process, this.#dialect, exit, (packets) => this.#sendAgain(packets))
  }

  /** The process may have let somebody in before it died, whom nobody has been told of: this is somebody else. */
  #sendAgain(packets: readonly Packet[]): void {
    this.#host = null
    if (this.#socket.peerId !== null) this.#socket = { ...this.#socket, peerId: newPeerId() }
    if (!this.#order.isIdle) this.#socket.close()
    else for (const packet of packets) this.#wait(packet)
  }
}
