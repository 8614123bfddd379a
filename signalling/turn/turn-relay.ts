import type { Socket } from 'node:net'
import type { IceServer } from '#signalling/protocol.ts'
import type { Clock } from '../domain/clock.ts'
import type { OwnRelay } from '../domain/turn-credentials.ts'
import type { Log } from '../log.ts'
import type { RelayFigures } from '../metrics.ts'
import type { ServerLimits } from '../server-limits.ts'
import { networkAddress, relayHost } from './own-address.ts'
import { TcpClients } from './tcp-clients.ts'
import { TurnCore } from './turn-core.ts'
import { UdpClients } from './udp-clients.ts'

interface TurnRelayOptions {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Log
  /** An address of this machine that a page on it can reach; found out by default. */
  readonly ownAddress?: () => string | null
}

/**
 * The way round for guests who reach this server but not each other: a TURN server (RFC 8656) of one port that hands packets from
 * one of its clients to another, and to nobody else. What it hands on is sealed between those two (DTLS).
 */
export class TurnRelay implements OwnRelay {
  readonly #options: TurnRelayOptions
  readonly #core: TurnCore
  readonly #tcp: TcpClients
  #udp: UdpClients | null = null
  #listening: { readonly port: number; readonly host: string | undefined } | null = null
  #isClosed = false

  constructor(options: TurnRelayOptions) {
    this.#options = options
    this.#core = new TurnCore(options.limits, options.clock)
    this.#tcp = new TcpClients({ core: this.#core, limits: options.limits, clock: options.clock })
  }

  /**
   * Takes UDP on the port that the server has for TCP. A port that is taken is no fault: then there is TCP alone, and the log says so.
   * `host`: address to listen on; undefined for all.
   */
  async listenUdp(port: number, host?: string): Promise<void> {
    const { log } = this.#options
    this.#listening = { port, host }
    this.#udp = await UdpClients.listen(this.#core, port, host, log)
    if (this.#isClosed) await this.#closeUdp()
  }

  /** Owns a connection to the port of the server whose first byte is that of STUN; its bytes are all still to be read. */
  takeTcp(socket: Socket): void {
    if (this.#isClosed) socket.destroy()
    else this.#tcp.take(socket)
  }

  get lifetimeMs(): number {
    return this.#core.passes.lifetimeMs
  }

  get figures(): RelayFigures {
    return this.#core.figures
  }

  iceServerFor(id: string, host: string): IceServer | null {
    const { ownAddress = networkAddress } = this.#options
    if (this.#listening === null || this.#isClosed) return null
    const name = relayHost(host, this.#listening.host, ownAddress)
    if (name === null) return null
    const transports = this.#udp === null ? ['tcp'] : ['udp', 'tcp']
    const urls = transports.map((transport) => `turn:${name}:${String(this.#listening?.port)}?transport=${transport}`)
    return { urls, ...this.#core.passes.issue(id) }
  }

  /** Closing twice is no error. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#tcp.close()
    this.#core.close()
    await this.#closeUdp()
  }

  async #closeUdp(): Promise<void> {
    const udp = this.#udp
    this.#udp = null
    await udp?.close()
  }
}
