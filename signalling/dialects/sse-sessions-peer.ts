import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { PeerId } from '#signalling/protocol.ts'
import type { Cancel } from '../domain/clock.ts'
import type { Fact } from '../domain/facts.ts'
import { originOf } from '../domain/origins.ts'
import type { Room } from '../domain/room.ts'
import { Session } from '../domain/session.ts'
import type { ExchangeResponse } from '../http/router.ts'
import { EventLog } from '../transports/event-stream-log.ts'
import { EventStream } from '../transports/event-stream.ts'
import { BareSignals } from './bare-signals.ts'
import type { DialectContext } from './dialect.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const ping = (id: string, now: number): string =>
  `id: ${id}\ndata: ${JSON.stringify({ type: 'ping', time: new Date(now).toISOString() })}\n\n`

/** How long a reader of the stream waits before it connects again. */
const RETRY = 'retry: 1000\n\n'

/** What of the server these sessions use. */
export type SseContext = Pick<DialectContext, 'rooms' | 'clock' | 'limits' | 'log' | 'takePlace'>

/** Who makes a request for a peer, as far as the request shows. */
export interface Claim {
  readonly bearer: string | null
  readonly address: string
  /** Whether it is enough to be the one who has the stream, without a token. */
  readonly isTokenOptional: boolean
}

export type Verdict = 'owner' | 'token' | 'taken'

interface Owner {
  readonly onFact: (peer: SsePeer, fact: Fact) => void
  /** It has not been heard of for too long, or has missed something that nobody can tell it any more. */
  readonly onLost: (peer: SsePeer) => void
}

/**
 * One registered peer of a session: its token, its stream when it has one, and the events that it may still have to be told.
 * It has left when it is without a stream for `streamResumeMs`.
 */
export class SsePeer {
  readonly ownId: string
  /** That of the domain. */
  readonly id: PeerId
  readonly room: Room
  readonly session: Session
  readonly bare = new BareSignals()
  readonly token = randomBytes(24).toString('base64url')
  readonly #context: SseContext
  readonly #owner: Owner
  readonly #log: EventLog
  #stream: EventStream | null = null
  /** Number of the latest event that any stream was given. */
  #written = 0
  #hasStreamed = false
  /** Whoever has shown the token once has to show it from then on. */
  #hasShownToken = false
  #address: string
  #cancelWait: Cancel

  constructor(who: { ownId: string; room: Room; address: string }, context: SseContext, owner: Owner) {
    this.ownId = who.ownId
    this.room = who.room
    this.#address = who.address
    this.#context = context
    this.#owner = owner
    this.#log = new EventLog({ events: context.limits.streamEvents, size: context.limits.streamSize })
    const speaker = { origin: originOf(who.address), manner: 'insider-offers' } as const
    this.session = new Session(context.rooms, (fact) => this.#owner.onFact(this, fact), speaker)
    this.id = this.session.peerId
    this.#cancelWait = this.#wait(context.limits.streamResumeMs)
  }

  /** Tells the peer, now or when it is back. */
  tell(event: Readonly<Record<string, unknown>>): void {
    const frame = this.#log.add(event, this.#context.clock.now())
    if (this.#stream !== null) {
      this.#written = this.#log.last
      this.#stream.write(frame)
    } else if (this.#log.forgotten > this.#written) {
      // Not at once: the room is in the middle of telling everyone.
      this.#cancelWait()
      this.#cancelWait = this.#wait(0)
    }
  }

  /** `owner`: may speak for this peer. Without a token, that is who comes from where its stream came from. */
  checkSender(claim: Claim): Verdict {
    if (claim.bearer !== null || !this.#mayOmitToken(claim)) return this.#checkToken(claim.bearer)
    return claim.address === this.#address ? 'owner' : 'token'
  }

  /** The first stream is whoever's comes first; a later one has to show the token, or an id that only its reader has seen. */
  checkReader(claim: Claim, lastEventId: string): Verdict {
    if (claim.bearer !== null || !this.#mayOmitToken(claim)) return this.#checkToken(claim.bearer)
    return !this.#hasStreamed || this.#log.numberOf(lastEventId) !== null ? 'owner' : 'taken'
  }

  /**
   * Opens the stream, after the event of this id or, when it is none of ours, after what was written before; an open one is
   * ended. Answers false when something in between is lost.
   */
  openStream(response: ExchangeResponse, address: string, lastEventId: string): boolean {
    const from = this.#log.numberOf(lastEventId) ?? this.#written
    const missed = this.#log.after(from)
    if (missed === null) return false
    const { clock, limits } = this.#context
    this.#cancelWait()
    this.#stream?.end()
    this.#hasStreamed = true
    this.#address = address
    this.#written = this.#log.last
    this.#stream = new EventStream(response, {
      clock,
      beatMs: limits.streamBeatMs,
      queuedSize: limits.streamQueuedSize,
      first: RETRY + ping(this.#log.idOf(from), clock.now()) + missed,
      beat: () => this.#beat(),
      onClosed: (reason) => this.#loseStream(reason),
    })
    return true
  }

  /** Stops waiting and ends its stream; tells nobody. */
  close(): void {
    this.#cancelWait()
    this.#stream?.end()
    this.#stream = null
  }

  #mayOmitToken(claim: Claim): boolean {
    return claim.isTokenOptional && !this.#hasShownToken
  }

  #checkToken(bearer: string | null): Verdict {
    if (bearer === null || !timingSafeEqual(digest(bearer), digest(this.token))) return 'token'
    this.#hasShownToken = true
    return 'owner'
  }

  #beat(): string {
    const { clock, limits } = this.#context
    if (this.#stream?.isDrained) this.#log.forgetBefore(clock.now() - limits.streamResumeMs)
    return ping(this.#log.idOf(this.#log.last), clock.now())
  }

  #loseStream(reason: 'closed' | 'cut'): void {
    if (reason === 'cut') this.#context.log('warn', 'slow-reader-cut', {})
    this.#stream = null
    this.#cancelWait = this.#wait(this.#context.limits.streamResumeMs)
  }

  #wait(ms: number): Cancel {
    return this.#context.clock.schedule(ms, () => this.#owner.onLost(this))
  }
}
