import type { ErrorCode, PeerId, RequestName, Result, Signal } from '#signalling/protocol.ts'
import { Emitter } from '#renderer/call/emitter.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { parseAnswer, refuse, type Payload, type Session } from '#renderer/call/server-words.ts'
import type { Answered, Signalling, SignallingEvents } from '#renderer/call/signalling.ts'
import type { ServerDouble } from './server-double.ts'

/** What a page holds of `ServerDouble`. Everything takes a task, as on a wire, and keeps its order. */
export class ClientDouble implements Signalling {
  readonly #server: ServerDouble
  readonly #events = new Emitter<SignallingEvents>()
  peerId: PeerId = randomId()
  isOnline = false
  isClosed = false

  constructor(server: ServerDouble) {
    this.#server = server
  }

  on<Name extends keyof SignallingEvents>(name: Name, listener: (...args: SignallingEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  async connect(): Promise<Result<Session, 'server-unreachable'>> {
    await later()
    if (!this.#server.isUp) return refuse('server-unreachable')
    this.isOnline = true
    return { ok: true, value: { peerId: this.peerId, iceServers: [] } }
  }

  async request<Name extends RequestName>(name: Name, payload: Payload<Name>): Promise<Answered<Name>> {
    if (!this.isOnline) return refuse('disconnected')
    await later()
    if (!this.#server.isUp) return refuse('disconnected')
    const answer = this.#server.answer(this, name, payload)
    if (answer === 'timeout') return refuse('timeout')
    const copy: unknown = JSON.parse(JSON.stringify(answer))
    await later()
    return parseAnswer(name, copy)
  }

  sendSignal(to: PeerId, signal: Signal): void {
    void later().then(() => this.isOnline && this.#server.isUp && this.#server.relay(this, to, signal))
  }

  renew(...iceServers: Session['iceServers']): void {
    this.lose()
    if (this.#server.isUp) this.reopen(...iceServers)
  }

  close(): void {
    this.isClosed = true
    if (this.isOnline) this.#server.cut(this)
    this.isOnline = false
  }

  tell<Name extends keyof SignallingEvents>(name: Name, ...args: SignallingEvents[Name]): void {
    const copy = JSON.parse(JSON.stringify(args)) as SignallingEvents[Name]
    void later().then(() => {
      if (this.isOnline) this.#events.emit(name, ...copy)
    })
  }

  lose(): void {
    if (!this.isOnline) return
    this.isOnline = false
    if (!this.isClosed) this.#events.emit('lost')
  }

  refuse(code: ErrorCode): void {
    if (!this.isClosed && !this.isOnline) this.#events.emit('refused', code)
  }

  reopen(...iceServers: Session['iceServers']): void {
    if (this.isClosed || this.isOnline) return
    this.isOnline = true
    this.peerId = randomId()
    this.#events.emit('opened', { peerId: this.peerId, iceServers: [...iceServers] })
  }
}

const queue: { last: Promise<void> } = { last: Promise.resolve() }

/** A task from now, and after everything that was put off before. */
const later = (): Promise<void> => {
  queue.last = queue.last.then(() => new Promise((resolve) => setTimeout(resolve)))
  return queue.last
}
