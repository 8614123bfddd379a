import type { Found, ProcessId, Wish } from './cluster.ts'
import type { Host, HostedSocket, Packet, Standing } from './hosted.ts'
import type { ToEntry, ToHost } from './socket-messages.ts'

interface RemoteHostOptions {
  readonly id: number
  readonly process: ProcessId
  readonly system: string
  readonly exit: HostedSocket
  readonly post: (message: ToHost) => void
  /** Packets that may wait for an answer at a time. */
  readonly most: number
  readonly onLost: () => void
  /** That process is gone and has not said a word: what was sent there can go elsewhere. */
  readonly onUnheard: (packets: readonly Packet[]) => void
}

const isSame = (one: Wish, other: Wish): boolean => {
  if (one.kind === 'room') return other.kind === 'room' && one.address === other.address && one.mode === other.mode
  return one.kind === 'place' && other.kind === 'place' && one.key === other.key
}

/** The way from a socket here to the process that answers it. */
export class RemoteHost implements Host {
  readonly process: ProcessId
  readonly #options: RemoteHostOptions
  readonly #answers = new Map<number, (answer: unknown) => void>()
  /** What was found there last; it asks again by itself whether it still is. */
  #wish: Wish | null = null
  #asked = 0
  #synced: ((standing: Standing) => void) | null = null
  /** What was sent before that process said anything; null from then on. */
  #unheard: Packet[] | null = []
  #isOver = false

  constructor(options: RemoteHostOptions) {
    this.process = options.process
    this.#options = options
    const { id, system, exit, post } = options
    const { address, mayCreate, peerId } = exit
    post({ kind: 'open', id, system, socket: { id: exit.id, address, mayCreate, peerId } })
  }

  keeps(wish: Wish): boolean {
    return this.#wish !== null && isSame(this.#wish, wish)
  }

  handle(packet: Packet, found: Found | null): void {
    if (this.#isOver) return
    const { event, payload, acknowledge, wish } = packet
    if (found?.where === 'there') this.#wish = wish
    const { id, exit, post, most } = this.#options
    if (this.#unheard !== null && this.#unheard.push(packet) > most) this.#unheard = null
    if (acknowledge === null) {
      post({ kind: 'packet', id, event, payload, ask: null, wish })
      return
    }
    if (this.#answers.size >= most) {
      exit.close()
      return
    }
    const ask = this.#asked++
    this.#answers.set(ask, acknowledge)
    post({ kind: 'packet', id, event, payload, ask, wish })
  }

  /** One at a time. */
  sync(): Promise<Standing> {
    const { promise, resolve } = Promise.withResolvers<Standing>()
    this.#synced = resolve
    this.#options.post({ kind: 'sync', id: this.#options.id })
    return promise
  }

  lost(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.onLost()
    this.#options.post({ kind: 'lost', id: this.#options.id })
  }

  /** The process is dead. Whoever had an answer from there has to come again, and resumes elsewhere. */
  gone(): void {
    const unheard = this.#unheard
    this.#isOver = true
    this.#options.onLost()
    if (unheard === null || this.#synced !== null) this.#options.exit.close()
    else this.#options.onUnheard(unheard)
  }

  take(message: ToEntry): void {
    const { exit } = this.#options
    this.#unheard = null
    switch (message.kind) {
      case 'sent':
        exit.send(message.event, message.payload)
        break
      case 'answered': {
        const answer = this.#answers.get(message.ask)
        this.#answers.delete(message.ask)
        answer?.(message.answer)
        break
      }
      case 'synced':
        this.#synced?.(message)
        this.#synced = null
        break
      case 'closed':
        this.gone()
    }
  }
}
