import type { FactName, PeerId, RequestName, Result, Signal } from '#signalling/protocol.ts'
import type { CallProblem } from '../call-state.ts'
import type { HostWord } from '../control-message.ts'
import { Emitter } from '../emitter.ts'
import type { Log } from '../log.ts'
import { factNames, parseAnswer, parseFact, refuse, type Fact, type Payload, type Session } from '../server-words.ts'
import type { Answered, Patience, Signalling, SignallingEvents } from '../signalling.ts'
import { TunnelOutbox } from './tunnel-outbox.ts'
import type { TunnelWord } from './tunnel-word.ts'

export type { TunnelWord } from './tunnel-word.ts'

const REQUEST_TIMEOUT_MS = 5000
/** Longer than the other side tries (tunnel-end.ts), so that it has said by then what became of it. */
const OPENING_TIMEOUT_MS = 5000
const REOPEN_MS = 1000

type State =
  { readonly phase: 'idle' } | { readonly phase: 'opening' } | { readonly phase: 'open' } | { readonly phase: 'closed' }

/** What became of a request: what the other side said, or why nothing. */
type Outcome = { readonly said: unknown } | 'timeout' | 'disconnected' | 'bad-request'

interface TunnelSignallingOptions {
  /** Over the link to the person whose computer goes on with the room. False when it cannot go out now. */
  readonly tell: (word: HostWord) => boolean
  readonly log: Log
}

/**
 * The way of a browser to the server inside the app of somebody else in the room: over the link to that person, since a
 * page may speak to no other origin than its own. Comes back by itself until `close`, as `SignallingClient` does, and keeps
 * nothing for a later session either.
 */
export class TunnelSignalling implements Signalling {
  readonly #log: Log
  readonly #tellNow: (word: TunnelWord) => boolean
  readonly #outbox: TunnelOutbox
  readonly #events = new Emitter<SignallingEvents>()
  readonly #pending = new Map<number, (outcome: Outcome) => void>()
  #state: State = { phase: 'idle' }
  #first: PromiseWithResolvers<Result<Session, CallProblem>> | null = null
  #failuresLeft = 0
  #lastId = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor({ tell, log }: TunnelSignallingOptions) {
    this.#tellNow = tell
    this.#log = log
    this.#outbox = new TunnelOutbox(tell)
  }

  get isOnline(): boolean {
    return this.#state.phase === 'open'
  }
  get #isInUse(): boolean {
    return this.#state.phase === 'opening' || this.isOnline
  }

  on<Name extends keyof SignallingEvents>(name: Name, listener: (...args: SignallingEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  async connect({ deadlineMs, failures }: Patience): Promise<Result<Session, CallProblem>> {
    if (this.#state.phase !== 'idle') return refuse('timeout')
    const first = Promise.withResolvers<Result<Session, CallProblem>>()
    this.#first = first
    this.#failuresLeft = failures
    const timer = setTimeout(() => {
      this.#giveUp(this.#outbox.isEmpty ? 'timeout' : 'server-unreachable')
    }, deadlineMs)
    this.#ask()
    const result = await first.promise
    clearTimeout(timer)
    if (!result.ok) this.close()
    return result
  }

  async request<Name extends RequestName>(
    name: Name,
    payload: Payload<Name>,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<Answered<Name>> {
    if (!this.isOnline) return refuse('disconnected')
    const outcome = await this.#send(name, payload, timeoutMs)
    return typeof outcome === 'string' ? refuse(outcome) : parseAnswer(name, outcome.said)
  }

  sendSignal(to: PeerId, signal: Signal): void {
    if (this.isOnline) this.#put({ kind: 'tunnel-request', id: null, name: 'signal:send', payload: { to, signal } })
  }

  renew(): void {
    if (!this.#isInUse) return
    const wasOnline = this.#interrupt()
    this.#ask()
    if (wasOnline) this.#events.emit('lost')
  }

  close(): void {
    if (this.#isInUse) {
      this.#interrupt()
      this.#tellNow({ kind: 'tunnel-close' })
    }
    this.#state = { phase: 'closed' }
    this.#giveUp('timeout')
  }

  /** What came over the link from the one whose computer goes on with the room. */
  take(word: TunnelWord): void {
    if (!this.#isInUse) return
    switch (word.kind) {
      case 'tunnel-fact':
        this.#onFact(word.name, word.fact)
        break
      case 'tunnel-answer':
        this.#settle(word.id, { said: word.answer })
        break
      case 'tunnel-close':
        this.#lose('The other side closed the tunnel')
        break
      case 'tunnel-open':
      case 'tunnel-request':
        this.#log('warn', 'The other side of the tunnel takes this one for a server')
    }
  }

  /**
   * The link was given up, or connected anew: what was under way over it may be gone. The tunnel is opened again as soon as
   * something can go out.
   */
  lost(): void {
    this.#lose('The link below the tunnel is gone')
  }

  /** Begins a new session; void is what belongs to the former one. */
  #ask(): void {
    this.#state = { phase: 'opening' }
    this.#outbox.clear()
    this.#outbox.put({ kind: 'tunnel-open' })
    this.#after(OPENING_TIMEOUT_MS)
  }

  #lose(reason: string): void {
    if (!this.#isInUse) return
    this.#log('info', reason)
    const wasOnline = this.#interrupt()
    this.#after(REOPEN_MS)
    if (wasOnline) this.#events.emit('lost')
    else if (this.#first && --this.#failuresLeft <= 0) this.#giveUp('server-unreachable')
  }

  /** Ends the session there is; answers whether there was one. */
  #interrupt(): boolean {
    const wasOnline = this.isOnline
    clearTimeout(this.#timer)
    this.#state = { phase: 'opening' }
    this.#outbox.clear()
    for (const id of [...this.#pending.keys()]) this.#settle(id, 'disconnected')
    return wasOnline
  }

  #giveUp(problem: CallProblem): void {
    this.#first?.resolve(refuse(problem))
    this.#first = null
  }

  #onFact(said: string, fact: unknown): void {
    const name = factNames.find((each) => each === said)
    // One without a payload comes as null: JSON knows no undefined.
    const parsed = name && parseFact(name, fact ?? undefined)
    if (!name || !parsed) this.#log('warn', `The tunnel brought ${name ? `a malformed ${name}` : 'an unknown fact'}`)
    else if (name === 'session:opened') this.#onSession(parsed.fact as Session)
    else if (this.isOnline) this.#emit(name, parsed.fact)
  }

  /** `name` and `fact` belong together; the compiler cannot follow a union through two parameters. */
  #emit(name: Exclude<FactName, 'session:opened'>, fact: Fact<FactName>): void {
    ;(this.#events.emit as (name: FactName, fact: Fact<FactName>) => void).call(this.#events, name, fact)
  }

  #onSession(session: Session): void {
    if (this.#interrupt()) this.#events.emit('lost')
    if (!this.#isInUse) return
    clearTimeout(this.#timer)
    this.#state = { phase: 'open' }
    const first = this.#first
    this.#first = null
    if (first) first.resolve({ ok: true, value: session })
    else this.#events.emit('opened', session)
  }

  #send(name: RequestName, payload: unknown, timeoutMs: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const id = (this.#lastId = (this.#lastId + 1) >>> 0)
      const timer = setTimeout(() => {
        this.#settle(id, 'timeout')
      }, timeoutMs)
      this.#pending.set(id, (outcome) => {
        clearTimeout(timer)
        resolve(outcome)
      })
      if (!this.#put({ kind: 'tunnel-request', id, name, payload })) this.#settle(id, 'bad-request')
    })
  }

  #settle(id: number, outcome: Outcome): void {
    const settle = this.#pending.get(id)
    this.#pending.delete(id)
    if (settle) settle(outcome)
    else this.#log('debug', 'The tunnel brought an answer that nobody waits for')
  }

  /** False when the other side would not take it. */
  #put(word: TunnelWord): boolean {
    const posting = this.#outbox.put(word)
    if (posting === 'full') this.#lose('More is to be said than goes through the tunnel')
    else if (posting === 'too-large') this.#log('warn', 'Something is too large for the tunnel')
    return posting !== 'too-large'
  }

  #after(pauseMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#ask()
    }, pauseMs)
  }
}
