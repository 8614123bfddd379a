import { randomBytes } from 'node:crypto'

interface Entry {
  readonly number: number
  readonly frame: string
  readonly size: number
  readonly at: number
}

interface EventLogLimits {
  readonly events: number
  /** Bytes of the frames. */
  readonly size: number
}

/**
 * The latest events for one reader of an event stream, with ids that nobody can guess: whoever names one has read it. The
 * oldest go first when there are too many.
 */
export class EventLog {
  readonly #limits: EventLogLimits
  readonly #prefix = randomBytes(16).toString('base64url')
  readonly #entries: Entry[] = []
  #size = 0
  #last = 0
  #forgotten = 0

  constructor(limits: EventLogLimits) {
    this.#limits = limits
  }

  /** Number of the latest event; they count from 1. */
  get last(): number {
    return this.#last
  }

  /** Number of the latest event that is not kept any more; 0 when all are. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Answers the event as it goes out. */
  add(data: unknown, now: number): string {
    this.#last += 1
    const frame = `id: ${this.idOf(this.#last)}\ndata: ${JSON.stringify(data)}\n\n`
    const size = Buffer.byteLength(frame)
    this.#entries.push({ number: this.#last, frame, size, at: now })
    this.#size += size
    while (this.#entries.length > this.#limits.events || this.#size > this.#limits.size) this.#forgetOldest()
    return frame
  }

  /** The number in an id of this log; null for any other text. */
  numberOf(id: string): number | null {
    const [prefix, number = ''] = id.split('.')
    const isOurs = prefix === this.#prefix && /^\d{1,15}$/.test(number) && id === this.idOf(Number(number))
    return isOurs && Number(number) <= this.#last ? Number(number) : null
  }

  /** Everything after the event of this number as one text; null when some of it is not kept any more. */
  after(number: number): string | null {
    if (number < this.#forgotten) return null
    return this.#entries
      .filter((entry) => entry.number > number)
      .map(({ frame }) => frame)
      .join('')
  }

  /** Drops what was added before this time. */
  forgetBefore(time: number): void {
    while ((this.#entries[0]?.at ?? time) < time) this.#forgetOldest()
  }

  /** The id of the event of this number; 0 is before all. */
  idOf(number: number): string {
    return `${this.#prefix}.${String(number)}`
  }

  #forgetOldest(): void {
    const oldest = this.#entries.shift()
    if (oldest === undefined) return
    this.#size -= oldest.size
    this.#forgotten = oldest.number
  }
}
