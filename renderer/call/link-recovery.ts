import type { LinkPhase } from './call-state.ts'
import { Emitter } from './emitter.ts'
import type { LinkConnection } from './link-connection.ts'
import { healthTimes, LinkHealth, patientTimes } from './link-health.ts'
import type { Offerer } from './negotiation.ts'
import type { SignalRoute } from './signal-route.ts'

/** All of the ladder in `healthTimes`; then a connection with nothing of the former one is tried. */
const RESTARTS_BEFORE_RENEWAL = 6

interface LinkRecoveryOptions {
  readonly offerer: Offerer
  readonly connection: LinkConnection
  readonly route: Pick<SignalRoute, 'isUndelivered'>
  /** Whether the server would bring a signal to the other side now. */
  readonly canSend: () => boolean
}

interface LinkRecoveryEvents {
  readonly changed: [LinkPhase]
  /** The path does not come back on this connection: another one is to take its place. */
  readonly hopeless: []
}

/**
 * Gets a lost path back: by ICE restarts, then by a new connection. From a client of another system only a new connection
 * is looked for, by whoever makes the offers.
 */
export class LinkRecovery {
  readonly #options: LinkRecoveryOptions
  readonly #events = new Emitter<LinkRecoveryEvents>()
  readonly #health: LinkHealth
  /** Attempts that the other side may have heard of, since there was a path. */
  #tries = 0

  constructor(options: LinkRecoveryOptions) {
    this.#options = options
    this.#health = new LinkHealth({ times: options.offerer === 'either' ? healthTimes : patientTimes })
    this.#health.on('changed', (phase) => {
      this.#events.emit('changed', phase)
    })
    this.#health.on('attempt', () => {
      this.#attempt()
    })
  }

  on<Name extends keyof LinkRecoveryEvents>(
    name: Name,
    listener: (...args: LinkRecoveryEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** Infinite before the first time. */
  get silentMs(): number {
    return this.#health.silentMs
  }
  /** Over a path that may be gone, a signal could wait for ever. */
  get isHeardNow(): boolean {
    return this.#health.silentMs < healthTimes.silenceMs
  }

  /** A connection begins, the first or another. */
  begin(): void {
    this.#health.begin()
  }

  heard(): void {
    const { connection, route } = this.#options
    this.#tries = 0
    this.#health.heard()
    if (route.isUndelivered && connection.present.isOpen) connection.present.resend({ andAnswer: true })
  }

  /** The browser gave the path up. */
  lost(): void {
    this.#health.lost()
  }

  /** The network may have changed: finds out at once instead of waiting for silence. */
  check(): void {
    const { offerer, connection } = this.#options
    if (offerer === 'either') {
      this.#health.doubt()
      connection.present.send({ kind: 'probe' })
    }
    this.#health.hurry()
  }

  /** The server, or the person's own way to it, is back: says again what may not have arrived. */
  flush(): void {
    const { offerer, connection, route } = this.#options
    this.#tries = 0
    if (route.isUndelivered) connection.present.resend({ andAnswer: true })
    else if (this.#health.phase !== 'connected' && offerer === 'either') connection.present.resend()
    this.#health.hurry()
  }

  close(): void {
    this.#health.close()
  }

  #attempt(): void {
    const { offerer, connection, canSend } = this.#options
    if (!connection.present.isBegun || !canSend() || offerer === 'they') return
    this.#tries++
    if (offerer === 'we' || this.#tries > RESTARTS_BEFORE_RENEWAL) this.#events.emit('hopeless')
    else connection.restartIce()
  }
}
