import type { Acknowledge, Refusal, RequestName, Result } from '#signalling/protocol.ts'
import type { DialectConnection } from '../dialects/dialect.ts'
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
  /** The answer comes by itself. */
  | 'later'

const UNNOTED: readonly RequestName[] = ['signal:send', 'chat:send', 'chat:merge']

/** What somebody did, without saying who or where. Signals and messages are not noted: there are thousands. */
export const noteActivity = (request: RequestName | null, result: Result<unknown>, log: Log): void => {
  if (request !== null && !UNNOTED.includes(request)) log('info', request, { result: result.ok ? 'ok' : result.code })
}

export interface GateOptions {
  readonly requests: ReadonlyMap<string, RequestKind>
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Log
  /** Answers why this request is not taken from this client now, or null. */
  readonly refusal: (request: RequestName) => Refusal | null
  /** Null when nobody counts. */
  readonly tally: Tally | null
}

export interface RequestGateOptions extends GateOptions {
  readonly services: RequestServices
}

const isAcknowledge = (value: unknown): value is Acknowledge<unknown> => typeof value === 'function'

/** The one way from a packet of one connection to what acts on it: counts before anything is parsed. */
export abstract class Gate {
  protected readonly options: GateOptions
  readonly #rates: Rates

  constructor(options: GateOptions) {
    this.options = options
    this.#rates = new Rates(options.limits, options.clock)
  }

  /** `packet`: the event's name, its arguments and, when the sender wants an answer, the way to give it. */
  handle(packet: readonly unknown[]): Handled {
    const handled = this.#take(packet)
    const { tally } = this.options
    if (tally === null) return handled
    if (handled === 'abuse') tally.refuse('flood')
    else if (handled !== 'later' && !handled.result.ok) tally.refuse(handled.result.code)
    return handled
  }

  #take(packet: readonly unknown[]): Handled {
    const [name, ...args] = packet
    const kind = typeof name === 'string' ? this.options.requests.get(name) : undefined
    const verdict = this.#rates.take(kind?.rate ?? 'room')
    if (verdict === 'abuse') return 'abuse'
    const last = args.at(-1)
    const answer = isAcknowledge(last) ? last : null
    const isOneArgument = args.length === (answer === null ? 1 : 2)
    const request = kind?.name ?? null
    if (verdict === 'refused') return { request, result: refuse('too-many-requests'), answer }
    if (kind === undefined || !isOneArgument) return { request, result: refuse('bad-request'), answer }
    const refusal = this.options.refusal(kind.name)
    return refusal === null ? this.act(kind, args[0], answer) : { request, result: refusal, answer }
  }

  /** May not throw. */
  protected abstract act(kind: RequestKind, payload: unknown, answer: Acknowledge<unknown> | null): Handled
}

/** Leads to a session of this process: parses before it acts, and never throws. */
export class RequestGate extends Gate {
  readonly #session: Session
  readonly #services: RequestServices

  constructor(session: Session, options: RequestGateOptions) {
    super(options)
    this.#session = session
    this.#services = options.services
  }

  protected act(kind: RequestKind, payload: unknown, answer: Acknowledge<unknown> | null): Handled {
    return { request: kind.name, result: this.#resultOf(kind, payload), answer }
  }

  #resultOf(kind: RequestKind, payload: unknown): Result<unknown> {
    const { log, tally } = this.options
    const startedAt = tally === null ? 0 : performance.now()
    try {
      return kind.handle(this.#session, payload, this.#services)
    } catch (fault) {
      log('error', 'request-fault', { request: kind.name, fault: String(fault) })
      return refuse('internal')
    } finally {
      tally?.took(kind.name, startedAt)
    }
  }
}

/** Leads to wherever the connection is hosted, in a server of several processes. */
export class ForwardingGate extends Gate {
  readonly #connection: DialectConnection
  readonly #onAnswer: () => void

  /** `onAnswer` is called whenever something was answered. */
  constructor(connection: DialectConnection, onAnswer: () => void, options: GateOptions) {
    super(options)
    this.#connection = connection
    this.#onAnswer = onAnswer
  }

  protected act({ name }: RequestKind, payload: unknown, answer: Acknowledge<unknown> | null): Handled {
    const pass = (given: unknown) => {
      answer?.(given as Result<unknown>)
      this.#onAnswer()
    }
    void this.#connection.handle(name, payload, answer && pass)
    return 'later'
  }
}
