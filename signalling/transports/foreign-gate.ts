import type { ErrorCode } from '#signalling/protocol.ts'
import type { Acknowledge, DialectConnection, DialectSocket, SocketDialect } from '../dialects/dialect.ts'
import type { Clock } from '../domain/clock.ts'
import { refuse } from '../domain/results.ts'
import { contain, type Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Tally } from '../metrics.ts'
import { Rates } from './rates.ts'

interface ForeignGateOptions {
  readonly dialects: readonly SocketDialect[]
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Log
  readonly isStopping: () => boolean
  /** Null when nobody counts. */
  readonly tally: Tally | null
}

/**
 * The one way from a packet of a client of another system to its dialect: counts before anything is parsed, and never
 * throws. Every one of those systems reports a refusal as the event `error`.
 */
export class ForeignGate {
  readonly #options: ForeignGateOptions
  readonly #socket: DialectSocket
  readonly #open = new Map<SocketDialect, DialectConnection>()
  readonly #rates: Rates

  constructor(socket: DialectSocket, options: ForeignGateOptions) {
    this.#socket = socket
    this.#options = options
    this.#rates = new Rates(options.limits, options.clock)
  }

  /** Whether some dialect knows this event. */
  knows(event: unknown): event is string {
    return typeof event === 'string' && this.#options.dialects.some(({ events }) => events.has(event))
  }

  /** Answers `abuse` when the sender has to go. */
  handle(event: string, args: readonly unknown[]): 'taken' | 'abuse' {
    const dialect = this.#options.dialects.find(({ events }) => events.has(event))
    const verdict = this.#rates.take(dialect?.events.get(event) ?? 'room')
    if (verdict === 'abuse') {
      this.#options.tally?.refuse('flood')
      return 'abuse'
    }
    const last = args.at(-1)
    const acknowledge: Acknowledge = typeof last === 'function' ? (last as (answer: unknown) => void) : null
    if (verdict === 'refused') this.#refuse('too-many-requests', acknowledge)
    else if (this.#options.isStopping()) this.#refuse('server-stopping', acknowledge)
    else if (dialect) void this.#act(dialect, event, acknowledge === args[0] ? undefined : args[0], acknowledge)
    return 'taken'
  }

  /** What the handshake said: some clients name themselves there and send nothing by themselves. */
  greet(hello: unknown): void {
    for (const dialect of this.#options.dialects) {
      const first = dialect.opensWith?.(hello) ?? null
      if (first !== null && !this.#options.isStopping()) void this.#act(dialect, first.event, first.payload, null)
    }
  }

  lost(): void {
    for (const connection of this.#open.values()) contain(this.#options.log, 'dialect-fault', () => connection.lost())
    this.#open.clear()
  }

  /** Tells a client that has said anything that the server stops, in the one way that all those systems have. */
  stopping(): void {
    if (this.#open.size > 0) this.#socket.send('error', { message: refuse('server-stopping').message })
  }

  async #act(dialect: SocketDialect, event: string, payload: unknown, acknowledge: Acknowledge): Promise<void> {
    const { tally } = this.#options
    const startedAt = tally === null ? 0 : performance.now()
    try {
      const connection = this.#open.get(dialect) ?? dialect.open(this.#socket)
      this.#open.set(dialect, connection)
      if (dialect.events.get(event) === 'room') this.#options.log('info', event, {})
      await connection.handle(event, payload, acknowledge)
    } catch (fault) {
      this.#options.log('error', 'dialect-fault', { event, fault: String(fault) })
      this.#refuse('internal', acknowledge)
    } finally {
      tally?.took(event, startedAt)
    }
  }

  #refuse(code: ErrorCode, acknowledge: Acknowledge): void {
    const { message } = refuse(code)
    this.#options.tally?.refuse(code)
    this.#socket.send('error', { message })
    acknowledge?.({ error: message })
  }
}
