import { Emitter } from './emitter.ts'
import type { Payload } from './server-words.ts'
import type { RequestProblem, Signalling } from './signalling.ts'

interface KnockingEvents {
  /** Knocked, or about to as soon as the server is back: somebody inside has to open. */
  readonly waiting: []
  readonly admitted: []
  readonly refused: [RequestProblem]
}

/** Asks those inside to be let in, and waits for what they say. The socket has to look at the room meanwhile. */
export class Knocking {
  readonly #events = new Emitter<KnockingEvents>()
  readonly #signalling: Signalling
  readonly #wish: Payload<'room:knock'>
  readonly #stop: () => void
  #attempts = 0

  constructor(signalling: Signalling, wish: Payload<'room:knock'>) {
    this.#signalling = signalling
    this.#wish = wish
    this.#stop = signalling.on('knock:answered', ({ admitted }) => {
      if (admitted) this.#events.emit('admitted')
      else this.#events.emit('refused', 'knock-declined')
    })
  }

  on<Name extends keyof KnockingEvents>(name: Name, listener: (...args: KnockingEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  /** Once more when the server was gone meanwhile: it forgets who knocked. */
  async knock(): Promise<void> {
    const attempt = ++this.#attempts
    const knocked = await this.#signalling.request('room:knock', this.#wish)
    if (attempt !== this.#attempts) return
    if (knocked.ok || knocked.code === 'disconnected') this.#events.emit('waiting')
    else this.#events.emit('refused', knocked.code)
  }

  /** Hears no answer any more; that the server forgets is for the caller to see to, by looking anew. */
  close(): void {
    this.#attempts++
    this.#stop()
  }
}
