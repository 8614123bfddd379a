import type { LinkReport, Signal } from '#signalling/protocol.ts'
import { Emitter } from './emitter.ts'
import { EpochGuard, type NegotiationSignal } from './epoch-guard.ts'
import type { Log } from './log.ts'
import type { Message } from './negotiation.ts'
import { TokenBucket } from './token-bucket.ts'

const MAX_EARLY_SIGNALS = 8
/** Whoever speaks through the server though there is a link does not hear it: so long is answered that way, too. */
const DEAF_MS = 5000
/** Each makes a new RTCPeerConnection: nobody may have us make them without end. */
const RENEWALS = { burst: 10, perSecond: 0.5 }

/** What a route needs to know of the present connection. */
interface Facing {
  readonly epoch: string
  /** Has offered, and never taken a description. */
  readonly isFirstAnswerDue: boolean
}

interface SignalRouteOptions {
  /** Whether the server would bring a signal to the other side now. */
  readonly canSend: () => boolean
  readonly send: (signal: Signal) => void
  /** Over the link itself; false when it is not known to work. */
  readonly sendOverLink: (signal: Signal) => boolean
  /** Whether the other side is heard over the link now. */
  readonly isLinkHeard: () => boolean
  readonly log: Log
}

interface SignalRouteEvents {
  /** The other side began anew; its first message follows at once. */
  readonly replaced: []
  readonly message: [Message]
  /** The other side speaks to a former connection of ours. */
  readonly misaddressed: []
}

/**
 * The way of signals to the other side and back: over the link while it works, else through the server. Stamps epochs,
 * and hands on only what speaks for the connections of now.
 */
export class SignalRoute {
  readonly #options: SignalRouteOptions
  readonly #events = new Emitter<SignalRouteEvents>()
  readonly #epochs = new EpochGuard()
  #early: NegotiationSignal[] = []
  #isUndelivered = false
  /** When the other side showed that it does not hear the link: a path can be dead in one direction. */
  #deafAt = -Infinity
  readonly #renewals = new TokenBucket(RENEWALS)

  constructor(options: SignalRouteOptions) {
    this.#options = options
  }

  on<Name extends keyof SignalRouteEvents>(
    name: Name,
    listener: (...args: SignalRouteEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** Something could not be sent; `resend` of the connection makes up for it. */
  get isUndelivered(): boolean {
    return this.#isUndelivered
  }

  /** An own new connection: nothing of it is on the way yet. `andTheirs`: it looks for a new one of theirs, too. */
  reset({ andTheirs }: { andTheirs: boolean }): void {
    this.#isUndelivered = false
    if (andTheirs) this.#epochs.forget()
  }

  say(message: Message, { epoch }: Facing): void {
    const signal: Signal = { ...message, epoch, toEpoch: this.#epochs.theirs }
    const isDeaf = performance.now() - this.#deafAt < DEAF_MS && this.#options.canSend()
    const isSaid = !isDeaf && this.#options.sendOverLink(signal)
    const canSend = isSaid || this.#options.canSend()
    if (!isSaid && canSend) this.#options.send(signal)
    if (!canSend) this.#isUndelivered = true
    else if (message.kind === 'description') this.#isUndelivered = false
  }

  /** False when it cannot be told now: a later one will be of more use. */
  report(report: LinkReport, { epoch }: Facing): boolean {
    const signal: Signal = { kind: 'report', epoch, toEpoch: this.#epochs.theirs, report }
    if (this.#options.sendOverLink(signal)) return true
    const canSend = this.#options.canSend()
    if (canSend) this.#options.send(signal)
    return canSend
  }

  take(signal: NegotiationSignal, { epoch, isFirstAnswerDue }: Facing, way: 'server' | 'link'): void {
    this.#deafAt = way === 'server' && this.#options.isLinkHeard() ? performance.now() : -Infinity
    const belonging = this.#epochs.judge(signal, epoch, isFirstAnswerDue)
    switch (belonging) {
      case 'replaced':
        if (!this.#renewals.take()) break
        this.#options.log('info', 'The other side began anew')
        this.#events.emit('replaced')
        this.#handOn(signal)
        break
      case 'current':
        this.#handOn(signal)
        break
      case 'early':
        this.#early = [...this.#early, signal].slice(-MAX_EARLY_SIGNALS)
        break
      case 'misaddressed':
      case 'stale':
        this.#options.log('debug', `A ${signal.kind} of a former connection was dropped`)
        if (belonging === 'misaddressed' && signal.kind === 'description') this.#events.emit('misaddressed')
    }
  }

  #handOn(signal: NegotiationSignal): void {
    const early = this.#early.filter(({ epoch }) => epoch === signal.epoch)
    this.#early = []
    for (const each of [signal, ...early]) this.#events.emit('message', each)
  }
}
