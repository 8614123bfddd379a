import { randomBytes } from 'node:crypto'
import type { Clock } from '../domain/clock.ts'
import type { Log } from '../log.ts'
import { LiveStream } from './live-stream.ts'
import type { MediaEngine } from './media-peer.ts'
import { Refused } from './refused.ts'
import type { RelayLimits } from './relay-limits.ts'
import { Negotiations } from './seat.ts'

interface LiveStreamsOptions {
  readonly engine: MediaEngine
  readonly clock: Clock
  readonly limits: RelayLimits
  readonly log: Log
}

/** 128 random bits. */
export const newSessionId = (): string => randomBytes(16).toString('base64url')

/** Every stream that is on or waits for its device, by its id. */
export class LiveStreams {
  readonly #options: LiveStreamsOptions
  readonly #negotiations: Negotiations
  readonly #streams = new Map<string, LiveStream>()
  readonly #ending = new Set<Promise<void>>()

  constructor(options: LiveStreamsOptions) {
    this.#options = options
    this.#negotiations = new Negotiations(options.limits.liveNegotiations)
  }

  /**
   * Answers the stream of this id when it is of the same device, else makes it, by a new id when none is given.
   * Throws `Refused`.
   */
  open(deviceId: string, sessionId?: string): { readonly stream: LiveStream; readonly isNew: boolean } {
    const { engine, clock, limits, log } = this.#options
    const known = sessionId === undefined ? undefined : this.#streams.get(sessionId)
    if (known !== undefined) {
      if (known.deviceId !== deviceId) throw new Refused(409, 'There is a stream of another device by that id.')
      return { stream: known, isNew: false }
    }
    if (this.#streams.size >= limits.liveStreams) throw new Refused(503, 'The server has no room for more streams.')
    const id = sessionId ?? newSessionId()
    const stream: LiveStream = new LiveStream({
      id,
      deviceId,
      engine,
      negotiations: this.#negotiations,
      clock,
      limits,
      log,
      onEnd: (ended) => this.#forget(stream, ended),
    })
    this.#streams.set(id, stream)
    return { stream, isNew: true }
  }

  has(sessionId: string): boolean {
    return this.#streams.has(sessionId)
  }

  /** Throws `Refused` (404). */
  get(sessionId: string): LiveStream {
    const stream = this.#streams.get(sessionId)
    if (stream === undefined) throw new Refused(404, 'There is no stream by that id.')
    return stream
  }

  /** Ends every stream; resolves when all their connections are closed. */
  async close(): Promise<void> {
    for (const stream of this.#streams.values()) void stream.stop('server-stopping')
    await Promise.all(this.#ending)
  }

  #forget(stream: LiveStream, ended: Promise<void>): void {
    this.#streams.delete(stream.id)
    this.#ending.add(ended)
    void ended.finally(() => this.#ending.delete(ended))
  }
}
