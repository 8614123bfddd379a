import type { PeerId } from '#signalling/protocol.ts'
import type { Acknowledge, DialectConnection, DialectSocket, SocketDialect } from '../dialects/dialect.ts'
import { refuse } from '../domain/results.ts'
import { contain, type Log } from '../log.ts'
import type { Found, Journal, PlaceKey, ProcessId, Wish } from './cluster.ts'

/** `peerId`: who a client of our own was told that it will be; null for those of other systems. */
export interface HostedSocket extends DialectSocket {
  readonly peerId: PeerId | null
}

export interface HostedConnection extends DialectConnection {
  /** Who it will be in the room it joins next. */
  readonly peerId?: () => PeerId
}

/** A dialect whose connections may be hosted by another process than the one that has the socket. */
export interface HostedDialect extends Omit<SocketDialect, 'open'> {
  readonly open: (socket: HostedSocket) => HostedConnection
  /** Refuses what asks for something that has expired. The connection itself answers when there is none. */
  readonly refuseGone?: (event: string, acknowledge: Acknowledge, socket: HostedSocket) => void
}

export interface Packet {
  readonly event: string
  readonly payload: unknown
  readonly acknowledge: Acknowledge
  readonly wish: Wish | null
}

/** How a connection stands when everything it sent has been dealt with, and everything it was told has gone out. */
export interface Standing {
  readonly isSettled: boolean
  readonly peerId: PeerId | null
}

/** Where a connection is hosted: here or in another process. */
export interface Host {
  /** Null: this one. */
  readonly process: ProcessId | null
  /** Whether this wish is for this host without asking anybody. */
  readonly keeps: (wish: Wish) => boolean
  /** `found`: where what the packet is about is at home; null when it is about what the connection is in already. */
  readonly handle: (packet: Packet, found: Found | null) => void
  readonly sync: () => Promise<Standing>
  /** The socket is gone, or the connection is hosted elsewhere from now on. */
  readonly lost: () => void
}

interface HostedOptions {
  readonly dialect: HostedDialect
  readonly journal: Pick<Journal, 'after'>
  readonly log: Log
  /** Told after something about this place has been dealt with, or has been left: nothing may have come of it. */
  readonly onHandled: (key: PlaceKey) => void
  readonly onLost: (hosted: Hosted) => void
}

/**
 * One connection that this process answers. Whatever it is told goes out when the changes it follows from are written; when
 * its place is lost meanwhile, never.
 */
export class Hosted implements Host {
  readonly process = null
  readonly #options: HostedOptions
  readonly #exit: HostedSocket
  /** What leads to the exit when the time has come. */
  readonly #socket: HostedSocket
  readonly #connection: HostedConnection
  /** What the packet that is being handled is about. */
  #about: PlaceKey | null = null
  #isOver = false

  constructor(exit: HostedSocket, options: HostedOptions) {
    this.#exit = exit
    this.#options = options
    const { id, address, mayCreate, peerId } = exit
    this.#socket = {
      ...{ id, address, mayCreate, peerId },
      send: (event, payload) => this.#out(() => exit.send(event, payload)),
      close: () => this.#out(() => exit.close()),
    }
    this.#connection = options.dialect.open(this.#socket)
  }

  /** What it takes part in or looks at. */
  get place(): PlaceKey | null {
    return this.#connection.place?.() ?? null
  }

  get isSettled(): boolean {
    return this.#connection.isSettled?.() ?? this.place !== null
  }

  isAbout(key: PlaceKey): boolean {
    return this.#about === key || this.place === key
  }

  /** Whoever is inside stays here, and is refused what can be had from outside alone. */
  keeps(): boolean {
    return this.isSettled
  }

  handle({ event, payload, acknowledge }: Packet, found: Found | null): void {
    if (this.#isOver) return
    const key = found !== null && 'key' in found ? found.key : null
    const answer: Acknowledge = acknowledge && ((given) => this.#out(() => acknowledge(given)))
    this.#about = key ?? this.place
    try {
      if (found?.where === 'gone' && this.#options.dialect.refuseGone !== undefined)
        this.#options.dialect.refuseGone(event, answer, this.#socket)
      else this.#act(event, payload, answer)
    } catch (fault) {
      this.#fail(event, fault, answer)
    } finally {
      this.#about = null
    }
    if (key !== null) this.#options.onHandled(key)
  }

  sync(): Promise<Standing> {
    return new Promise((resolve) =>
      this.#options.journal.after(
        null,
        () => resolve({ isSettled: this.isSettled, peerId: this.#connection.peerId?.() ?? null }),
        this.evict,
      ),
    )
  }

  lost(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { place } = this
    contain(this.#options.log, 'dialect-fault', () => this.#connection.lost())
    this.#options.onLost(this)
    if (place !== null) this.#options.onHandled(place)
  }

  /** It can not go on here, where its place may be lost: nothing is said any more, and the client has to come again. */
  readonly evict = (): void => {
    if (this.#isOver) return
    this.#isOver = true
    contain(this.#options.log, 'dialect-fault', () => this.#connection.lost())
    this.#options.onLost(this)
    this.#exit.close()
  }

  #act(event: string, payload: unknown, answer: Acknowledge): void {
    const later = this.#connection.handle(event, payload, answer)
    if (later !== undefined) later.catch((fault: unknown) => this.#fail(event, fault, answer))
  }

  /** In the words that all other systems have; our own protocol lets no fault come this far. */
  #fail(event: string, fault: unknown, answer: Acknowledge): void {
    this.#options.log('error', 'dialect-fault', { event, fault: String(fault) })
    const { message } = refuse('internal')
    this.#socket.send('error', { message })
    answer?.({ error: message })
  }

  #out(run: () => void): void {
    if (this.#isOver) return
    const then = () => {
      if (!this.#isOver) run()
    }
    // Whoever is outside by now would wait for ever for what was dropped.
    this.#options.journal.after(this.#about ?? this.place, then, this.evict)
  }
}
