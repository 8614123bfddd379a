import type { Cancel } from '../domain/clock.ts'
import { contain } from '../log.ts'
import type { Mail, ProcessId } from './cluster.ts'
import { readBatch } from './mail-batch.ts'
import { MailLink } from './mail-link.ts'
import { MailReader, type ReaderBase } from './mail-reader.ts'
import type { Presence } from './presence.ts'
import { PREFIX } from './redis.ts'

export const mailKey = (id: ProcessId): string => `${PREFIX}mail:${id}`

export interface MailBase extends ReaderBase {
  readonly presence: Presence
}

/** Mail over Redis: each process reads one stream. What Redis loses is sent again. */
export class RedisMail implements Mail {
  onMessage: (from: ProcessId, message: unknown) => void = () => undefined
  onGone: (process: ProcessId) => void = () => undefined

  readonly #base: MailBase
  readonly #id: ProcessId
  readonly #reader: MailReader
  readonly #links = new Map<ProcessId, MailLink>()
  /** Those of dead processes, the longest dead first: they may only have been stalled. */
  readonly #former = new Map<ProcessId, MailLink>()
  /** Streams that were written to since the last beat. */
  readonly #written = new Set<ProcessId>()
  readonly #soon = new Set<MailLink>()
  readonly #later = new Set<MailLink>()
  #epoch = 0
  #isClosed = false
  #cancelLater: Cancel | null = null
  #cancelRetry: Cancel | null = null
  #cancelBeat: Cancel | null = null

  constructor(base: MailBase) {
    this.#base = base
    this.#id = base.presence.id
    this.#reader = new MailReader(base, mailKey(this.#id), (from, text) => this.#take(from, text))
    base.link.onReady(() => this.#resend())
    base.presence.onLapsed(() => {
      this.#reader.rewind()
      this.#resend()
    })
    base.presence.onGone((id) => this.#drop(id))
  }

  /** Begins to read. Set `onMessage` and `onGone` before. */
  async start(): Promise<void> {
    await this.#reader.start()
    this.#beat()
    // So that they know of this process at once, and not only after their next heartbeat.
    for (const id of this.others()) this.#linkTo(id).resend()
  }

  /** Throws when `message` is no JSON, or is meant for this process itself. */
  post(to: ProcessId, message: unknown): void {
    if (to === this.#id) throw new Error('a process posts nothing to itself')
    if (!this.#isClosed) this.#linkTo(to).post(JSON.stringify(message))
  }

  others(): readonly ProcessId[] {
    return this.#base.presence.others()
  }

  /** Hands Redis what was posted, and reads no more. Twice is no error. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#flush(this.#soon)
    this.#isClosed = true
    this.#reader.stop()
    for (const cancel of [this.#cancelLater, this.#cancelRetry, this.#cancelBeat]) cancel?.()
    const { link } = this.#base
    if (link.isReady) await link.commands.unlink(mailKey(this.#id)).catch(() => undefined)
  }

  #linkTo(id: ProcessId): MailLink {
    const link = this.#links.get(id) ?? this.#former.get(id) ?? this.#createLink(id)
    if (this.#links.has(id)) return link
    this.#former.delete(id)
    this.#links.set(id, link)
    this.#base.presence.expect(id)
    return link
  }

  #createLink(id: ProcessId): MailLink {
    const link: MailLink = new MailLink({
      limits: this.#base.limits,
      nextEpoch: () => (this.#epoch += 1),
      isReady: () => this.#base.link.isReady && !this.#isClosed,
      send: (batch) => this.#send(id, link, batch),
      deliver: (message) => contain(this.#base.log, 'mail-fault', () => this.onMessage(id, message)),
      broken: (reason) => this.#broken(id, reason),
      flushSoon: () => this.#flushSoon(link),
      flushLater: () => this.#flushLater(link),
    })
    return link
  }

  #broken(id: ProcessId, reason: string): void {
    if (reason !== 'gone') this.#base.log('warn', 'mail-broken', { reason })
    contain(this.#base.log, 'mail-fault', () => this.onGone(id))
  }

  #take(from: ProcessId, text: string): void {
    if (from === this.#id) return
    const batch = readBatch(text)
    if (batch === null) {
      this.#base.log('error', 'mail-malformed', { part: 'batch' })
      this.#links.get(from)?.breakSoon('malformed')
      return
    }
    const former = this.#former.get(from)
    // The last words of the dead; whoever was only stalled has to hear that it is not in touch any more.
    if (former?.isStale(batch)) former.receive(batch, text.length)
    else this.#linkTo(from).receive(batch, text.length)
  }

  #drop(id: ProcessId): void {
    const link = this.#links.get(id) ?? this.#former.get(id) ?? this.#createLink(id)
    this.#links.delete(id)
    this.#former.delete(id)
    this.#former.set(id, link)
    for (const [oldest] of this.#former) {
      if (this.#former.size <= this.#base.limits.clusterFormerProcesses) break
      this.#former.delete(oldest)
    }
    if (!this.#isClosed) link.breakForGone()
  }

  #send(to: ProcessId, link: MailLink, batch: string): void {
    this.#written.add(to)
    this.#base.link.commands.xAdd(mailKey(to), '*', { from: this.#id, batch }).catch(() => {
      link.pause()
      this.#retryLater()
    })
  }

  #flushSoon(link: MailLink): void {
    // After all that came in with this turn, so that it goes out in one piece.
    if (this.#soon.size === 0) setImmediate(() => this.#flush(this.#soon))
    this.#soon.add(link)
  }

  #flushLater(link: MailLink): void {
    this.#later.add(link)
    this.#cancelLater ??= this.#base.clock.schedule(this.#base.limits.clusterAckMs, () => {
      this.#cancelLater = null
      this.#flush(this.#later)
    })
  }

  #flush(links: Set<MailLink>): void {
    if (this.#isClosed) return
    const flushed = [...links]
    links.clear()
    for (const link of flushed) contain(this.#base.log, 'mail-fault', () => link.flush())
  }

  #resend(): void {
    if (!this.#isClosed) for (const link of this.#links.values()) link.resend()
  }

  #retryLater(): void {
    if (this.#isClosed) return
    this.#cancelRetry ??= this.#base.clock.schedule(this.#base.limits.clusterRetryMs, () => {
      this.#cancelRetry = null
      const paused = [...this.#links.values(), ...this.#former.values()].filter((link) => link.isPaused)
      for (const link of paused) link.resend()
    })
  }

  /** A stream that nobody reads goes away. */
  #beat(): void {
    const { link, limits, clock } = this.#base
    this.#cancelBeat = clock.schedule(limits.clusterHeartbeatMs, () => this.#beat())
    if (!link.isReady) return
    this.#written.add(this.#id)
    for (const id of this.#written) link.commands.pExpire(mailKey(id), limits.clusterUnreadMs).catch(() => undefined)
    this.#written.clear()
  }
}
