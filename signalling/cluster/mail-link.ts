import type { ServerLimits } from '../server-limits.ts'
import { writeBatch, type Batch } from './mail-batch.ts'
import { Outgoing } from './mail-outgoing.ts'

export interface LinkBase {
  readonly limits: ServerLimits
  /** Higher with each call. */
  readonly nextEpoch: () => number
  readonly isReady: () => boolean
  /** Hands a batch to Redis. */
  readonly send: (batch: string) => void
  readonly deliver: (message: unknown) => void
  /** Something is lost for good. */
  readonly broken: (reason: string) => void
  /** Asks for `flush` at the end of this turn, or after `clusterAckMs`. */
  readonly flushSoon: () => void
  readonly flushLater: () => void
}

/**
 * The messages between this process and another one. Each side numbers its messages within an epoch of its own, and says
 * which epoch of the other one it means. Whoever breaks the link begins a new epoch; the other side sees that and does the
 * same, so that nothing from before is taken for something from after.
 */
export class MailLink {
  readonly #base: LinkBase
  #out: Outgoing
  #epoch: number
  /** The epoch of the other side, */
  #known: number | null = null
  /** and those that are over. */
  #dead = 0
  /** The number of the next message of the other side, and the last one that it knows to be read. */
  #expected = 1
  #acknowledged = 0
  #readSize = 0
  #mustAnswer = false
  /** After a break: nothing is sent before the other side knows of it, so that what it does not read can not pile up. */
  #isHeld = false
  #hasSaidSo = true
  /** Redis did not take something: what comes behind it has to wait. */
  #isPaused = false
  /** Nobody was told yet; until then nothing goes in or out. */
  #breaking: string | null = null

  constructor(base: LinkBase) {
    this.#base = base
    this.#epoch = base.nextEpoch()
    this.#out = new Outgoing(base.limits.clusterBatchSize)
  }

  /** `text`: a message as JSON. */
  post(text: string): void {
    if (this.#breaking !== null) return
    this.#out.post(text)
    if (this.#out.size > this.#base.limits.clusterUnreadSize) this.breakSoon('overflow')
    this.#base.flushSoon()
  }

  /** Sends what was posted, and what the other side is owed. */
  flush(): void {
    if (this.#breaking !== null) this.#breakNow(this.#breaking)
    const pieces = this.#out.hasPosted ? this.#out.cut() : []
    if (!this.#canSend) return
    if (!this.#isHeld) for (const { first, text } of pieces) this.#send(first, text)
    const mustSaySo = !this.#hasSaidSo && this.#out.unread.length > 0
    if (this.#mustAnswer || mustSaySo || this.#acknowledged < this.#expected - 1) this.#sendNothing()
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Redis did not take something. Until `resend`, nothing is sent. */
  pause(): void {
    this.#isPaused = true
  }

  /** Sends everything again that the other side has not read, or asks whether it still means the same epochs. */
  resend(): void {
    this.#isPaused = false
    if (!this.#canSend) return
    if (this.#isHeld || this.#out.unread.length === 0) this.#sendNothing()
    else for (const { first, text } of this.#out.unread) this.#send(first, text)
  }

  /** Drops everything and tells it when this turn ends. */
  breakSoon(reason: string): void {
    this.#breaking ??= reason
    this.#out = new Outgoing(this.#base.limits.clusterBatchSize)
    this.#base.flushSoon()
  }

  /** The other process is dead, or was stalled for so long that it must begin anew. */
  breakForGone(): void {
    this.#breakNow('gone')
    this.#mustAnswer = false
  }

  /** It belongs to an epoch that is over, of either side. */
  isStale(batch: Batch): boolean {
    return batch.epoch <= this.#dead || (batch.to !== 0 && batch.to !== this.#epoch)
  }

  /** `size`: of the batch, in UTF-16 units. */
  receive(batch: Batch, size: number): void {
    if (this.#breaking !== null || !this.#isOfNow(batch)) return
    if (batch.to === this.#epoch && !this.#acknowledge(batch.ack)) return
    if (batch.first > this.#expected) this.breakSoon('gap')
    else this.#deliver(batch, size)
  }

  get #canSend(): boolean {
    return !this.#isPaused && this.#base.isReady()
  }

  /** Learns what is over, and of a new epoch of the other side. Answers if what is in the batch holds. */
  #isOfNow(batch: Batch): boolean {
    const { epoch, to, over } = batch
    if (epoch === this.#known && !this.isStale(batch)) return true
    this.#answer()
    if (epoch <= this.#dead) return false
    if (over >= this.#epoch || (this.#known !== null && epoch > this.#known)) {
      this.#breakNow('reset')
      // It means an epoch that is over by now, so it has to begin once more.
      if (to !== 0) this.#dead = epoch
    }
    if (this.isStale(batch)) return false
    this.#known = epoch
    this.#dead = epoch - 1
    return true
  }

  #acknowledge(number: number): boolean {
    if (!this.#out.read(number)) {
      this.breakSoon('malformed')
      return false
    }
    if (this.#isHeld) {
      this.#isHeld = false
      if (!this.#isPaused) this.resend()
    }
    return true
  }

  #deliver(batch: Batch, size: number): void {
    const known = this.#known
    const skipped = this.#expected - batch.first
    for (const message of batch.messages.slice(skipped)) {
      this.#expected += 1
      this.#base.deliver(message)
      // Whatever that led to may have ended this epoch.
      if (this.#known !== known || this.#breaking !== null) return
    }
    if (batch.messages.length > 0) this.#owe(batch.first, size)
  }

  /** Also for what was read before: its sender does not know that. */
  #owe(first: number, size: number): void {
    this.#acknowledged = Math.min(this.#acknowledged, first - 1)
    this.#readSize += size
    if (this.#readSize > this.#base.limits.clusterUnreadSize / 16) this.#base.flushSoon()
    else this.#base.flushLater()
  }

  #answer(): void {
    this.#mustAnswer = true
    this.#base.flushSoon()
  }

  #breakNow(reason: string): void {
    this.#breaking = null
    this.#dead = Math.max(this.#dead, this.#known ?? 0)
    this.#known = null
    this.#epoch = this.#base.nextEpoch()
    this.#out = new Outgoing(this.#base.limits.clusterBatchSize)
    this.#expected = 1
    this.#acknowledged = 0
    this.#isHeld = true
    this.#hasSaidSo = false
    this.#answer()
    this.#base.broken(reason)
  }

  #sendNothing(): void {
    this.#send(this.#isHeld ? 1 : this.#out.next, '')
  }

  #send(first: number, text: string): void {
    this.#mustAnswer = false
    this.#hasSaidSo = true
    this.#readSize = 0
    this.#acknowledged = this.#expected - 1
    const header = { epoch: this.#epoch, to: this.#known ?? 0, over: this.#dead, ack: this.#acknowledged, first }
    this.#base.send(writeBatch(header, text))
  }
}
