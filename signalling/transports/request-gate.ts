import type { Acknowledge, Refusal, RequestName, Result } from '#signalling/protocol.ts'
import type { Clock } from '../domain/clock.ts'
import { refuse } from '../domain/results.ts'
import type { Session } from '../domain/session.ts'
import type { Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Tally } from '../metrics.ts'
import { Rates } from './rates.ts'
import type { RequestKind, RequestServices } from './requests.ts'

/** What came of one packet; `abuse` means that the sender has to go. */
export type Handled =
  | {
      /** Null when there is no such request. */
      readonly request: RequestName | null
      readonly result: Result<unknown>
      /** Null when the sender does not ask for an answer. */
      readonly answer: Acknowledge<unknown> | null
    }
  | 'abuse'

interface GateOptions {
  readonly requests: ReadonlyMap<string, RequestKind>
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Log
  /** Answers why this request is not taken from this client now, or null. */
  readonly refusal: (request: RequestName) => Refusal | null
  readonly services: RequestServices
  /** Null when nobody counts. */
  readonly tally: Tally | null
}

const isAcknowledge = (value: unknown): value is Acknowledge<unknown> => typeof value === 'function'

/**
 * The one way from a packet of one connection to its session: counts before it parses, parses before it acts, and
 * never throws.
 */
export class RequestGate {
  readonly #options: GateOptions
  readonly #session: Session
  readonly #rates: Rates

  constructor(session: Session, options: GateOptions) {
    this.#session = session
    this.#options = options
    this.#rates = new Rates(options.limits, options.clock)
  }

  /** `packet`: the event's name, its arguments and, when the sender wants an answer, the way to give it. */
  handle(packet: readonly unknown[]): Handled {
    const handled = this.#take(packet)
    const { tally } = this.#options
    if (tally === null) return handled
    if (handled === 'abuse') tally.refuse('flood')
    else if (!handled.result.ok) tally.refuse(handled.result.code)
    return handled
  }

  #take(packet: readonly unknown[]): Handled {
    const [name, ...args] = packet
    const kind = typeof name === 'string' ? this.#options.requests.get(name) : undefined
    const verdict = this.#rates.take(kind?.rate ?? 'room')
    if (verdict === 'abuse') return 'abuse'
    const last = args.at(-1)
    const answer = isAcknowledge(last) ? last : null
    const isOneArgument = args.length === (answer === null ? 1 : 2)
    const request = kind?.name ?? null
    if (verdict === 'refused') return { request, result: refuse('too-many-requests'), answer }
    if (kind === undefined || !isOneArgument) return { request, result: refuse('bad-request'), answer }
    return { request, result: this.#options.refusal(kind.name) ?? this.#act(kind, args[0]), answer }
  }

  #act(kind: RequestKind, payload: unknown): Result<unknown> {
    const { log, services, tally } = this.#options
    const startedAt = tally === null ? 0 : performance.now()
    try {
      return kind.handle(this.#session, payload, services)
    } catch (fault) {
      log('error', 'request-fault', { request: kind.name, fault: String(fault) })
      return refuse('internal')
    } finally {
      tally?.took(kind.name, startedAt)
    }
  }
}
