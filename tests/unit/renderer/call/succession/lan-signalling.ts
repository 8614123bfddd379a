import type { RequestName, Result } from '#signalling/protocol.ts'
import type { CallProblem } from '#renderer/call/call-state.ts'
import { Emitter } from '#renderer/call/emitter.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { parseAnswer, refuse, type Payload, type Session } from '#renderer/call/server-words.ts'
import type { Answered, Patience, Signalling, SignallingEvents } from '#renderer/call/signalling.ts'
import type { LanServer, ServerLine } from './lan-server.ts'

const REQUEST_MS = 5000
/** A silent connection is given up after this, on both sides (signalling/server-limits.ts: 8 s at most). */
const PING_MS = 6000
const RETRY_MS = 500

/** What a connection needs to know of the network. */
export interface LanWay {
  /** The server at the other end now: null where nothing listens, undefined when nothing answers. */
  readonly look: () => LanServer | null | undefined
  readonly isLocal: boolean
  /** In simulated time. */
  readonly after: (ms: number, act: () => void) => void
  /** A packet is this long on its way. */
  readonly travelMs: number
  readonly forget: (signalling: LanSignalling) => void
}

interface Connecting {
  readonly resolve: (result: Result<Session, CallProblem>) => void
  readonly deadline: number
  failuresLeft: number
}

/** A page's connection to the server of some computer: behaves as `SignallingClient` does over such a network. */
export class LanSignalling implements Signalling {
  readonly #events = new Emitter<SignallingEvents>()
  readonly #way: LanWay
  #open: { readonly server: LanServer; readonly line: ServerLine } | null = null
  #first: Connecting | null = null
  #retryAt = Infinity
  #answeredAt = 0
  #facts: (() => void)[] = []
  isClosed = false

  constructor(way: LanWay) {
    this.#way = way
  }

  get isOnline(): boolean {
    return this.#open !== null
  }

  on<Name extends keyof SignallingEvents>(name: Name, listener: (...args: SignallingEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  connect({ deadlineMs, failures }: Patience): Promise<Result<Session, CallProblem>> {
    return new Promise((resolve) => {
      this.#first = { resolve, deadline: performance.now() + deadlineMs, failuresLeft: failures }
      this.#retryAt = performance.now()
    })
  }

  async request<Name extends RequestName>(
    name: Name,
    payload: Payload<Name>,
    timeoutMs = REQUEST_MS,
  ): Promise<Answered<Name>> {
    const open = this.#open
    if (!open) return refuse('disconnected')
    const { server, line } = open
    const { after, travelMs } = this.#way
    const isThere = () => this.#way.look() === server && this.#open === open
    const said: unknown = JSON.parse(JSON.stringify(payload))
    return await new Promise((resolve) => {
      after(timeoutMs, () => {
        resolve(refuse(this.isOnline ? 'timeout' : 'disconnected'))
      })
      after(travelMs, () => {
        if (!isThere()) return
        void server.answer(line, name, said).then((answer) => {
          const text = JSON.stringify(answer)
          after(travelMs, () => {
            if (isThere()) resolve(parseAnswer(name, JSON.parse(text)))
          })
        })
      })
    })
  }

  sendSignal(): void {
    // Links are no part of this.
  }

  renew(): void {
    this.#lose()
    this.#retryAt = performance.now()
  }

  close(): void {
    this.isClosed = true
    this.#first?.resolve(refuse('timeout'))
    this.#first = null
    this.#letGo()
    this.#way.forget(this)
  }

  step(): void {
    if (this.isClosed) return
    if (this.#open) this.#stayConnected(this.#open.server)
    else if (performance.now() >= this.#retryAt) this.#try()
    if (this.#first && performance.now() > this.#first.deadline) this.#fail('server-unreachable')
  }

  /** What the server says. What cannot arrive now does later, while the connection lasts. */
  #take<Name extends keyof SignallingEvents>(line: ServerLine, name: Name, args: SignallingEvents[Name]): void {
    const copy = JSON.parse(JSON.stringify(args)) as SignallingEvents[Name]
    this.#facts.push(() => {
      if (this.#open?.line === line) this.#events.emit(name, ...copy)
    })
  }

  #stayConnected(server: LanServer): void {
    const there = this.#way.look()
    if (there === server) {
      this.#answeredAt = performance.now()
      for (const tell of this.#facts.splice(0)) tell()
    } else if (there !== undefined || performance.now() - this.#answeredAt > PING_MS) this.#lose()
  }

  #try(): void {
    this.#retryAt = performance.now() + RETRY_MS
    const there = this.#way.look()
    if (there) this.#begin(there)
    else if (there === null && this.#first && --this.#first.failuresLeft <= 0) this.#fail('server-unreachable')
  }

  #begin(server: LanServer): void {
    const peerId = randomId()
    const line: ServerLine = {
      ...{ peerId, isLocal: this.#way.isLocal },
      tell: (name, ...args) => {
        this.#take(line, name, args)
      },
    }
    this.#open = { server, line }
    this.#answeredAt = performance.now()
    const session: Session = { peerId, iceServers: [] }
    const first = this.#first
    this.#first = null
    if (first) first.resolve({ ok: true, value: session })
    else this.#events.emit('opened', session)
  }

  #fail(problem: CallProblem): void {
    this.#first?.resolve(refuse(problem))
    this.#first = null
    this.close()
  }

  #lose(): void {
    if (!this.#open) return
    this.#letGo()
    this.#retryAt = performance.now() + RETRY_MS
    this.#events.emit('lost')
  }

  #letGo(): void {
    const open = this.#open
    this.#open = null
    this.#facts = []
    if (!open) return
    const { server, line } = open
    // A server that cannot be reached notices by itself.
    if (this.#way.look() === server) server.drop(line)
    else
      this.#way.after(PING_MS, () => {
        server.drop(line)
      })
  }
}
