import type { PeerId, RequestName, Result, Signal } from '#signalling/protocol.ts'
import type { CallProblem } from './call-state.ts'
import { Emitter } from './emitter.ts'
import { factNames, type Payload, type Session } from './server-words.ts'
import type { Answered, Patience, Signalling, SignallingEvents } from './signalling.ts'

const eventNames = ['opened', 'lost', 'refused', ...factNames.filter((name) => name !== 'session:opened')] as const

/**
 * The way to the server of a room, wherever that is: the room may go on at another server (succession/). To whoever listens,
 * that looks like a server that was lost and is back.
 */
export class MovableSignalling implements Signalling {
  readonly #events = new Emitter<SignallingEvents>()
  #present: Signalling
  #stops: readonly (() => void)[]

  constructor(first: Signalling) {
    this.#present = first
    this.#stops = this.#follow(first)
  }

  get isOnline(): boolean {
    return this.#present.isOnline
  }

  on<Name extends keyof SignallingEvents>(name: Name, listener: (...args: SignallingEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  connect(patience: Patience): Promise<Result<Session, CallProblem>> {
    return this.#present.connect(patience)
  }

  request<Name extends RequestName>(name: Name, payload: Payload<Name>, timeoutMs?: number): Promise<Answered<Name>> {
    return this.#present.request(name, payload, timeoutMs)
  }

  sendSignal(to: PeerId, signal: Signal): void {
    this.#present.sendSignal(to, signal)
  }

  renew(): void {
    this.#present.renew()
  }

  /** Goes on at the server behind `next`, which has opened `session` already, and closes the former way. */
  moveTo(next: Signalling, session: Session): void {
    const former = this.#present
    const wasOnline = former.isOnline
    this.#unfollow()
    this.#present = next
    this.#stops = this.#follow(next)
    former.close()
    if (wasOnline) this.#events.emit('lost')
    this.#events.emit('opened', session)
  }

  close(): void {
    this.#unfollow()
    this.#present.close()
  }

  #follow(signalling: Signalling): readonly (() => void)[] {
    return eventNames.map((name) => this.#pass(signalling, name))
  }

  /** Name and arguments belong together; the compiler cannot follow a union through two parameters. */
  #pass(signalling: Signalling, name: keyof SignallingEvents): () => void {
    const emit = this.#events.emit.bind(this.#events) as (name: string, ...args: unknown[]) => void
    return signalling.on(name, (...args: unknown[]) => {
      emit(name, ...args)
    })
  }

  #unfollow(): void {
    for (const stop of this.#stops) stop()
  }
}
