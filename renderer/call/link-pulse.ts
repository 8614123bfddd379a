import type { Quality } from './call-state.ts'
import { Emitter } from './emitter.ts'
import type { LinkSample, PathEnds } from './link-sample.ts'
import { reasonOf, type Log } from './log.ts'
import { judgeQuality } from './quality.ts'

const TICK_MS = 500
const BEAT_EVERY_TICKS = 2
const QUALITY_EVERY_TICKS = 4
/** A heartbeat that is this late is looked for in the statistics. */
const LATE_MS = 1200

interface LinkPulseEvents {
  /** Time to tell the other side that we are alive. */
  readonly beat: []
  /** The control channel is silent, but packets arrive. */
  readonly arrival: []
  readonly quality: [Quality]
  /** The path in use, as often as the quality. */
  readonly path: [PathEnds]
  /** Of the path in use, in milliseconds. */
  readonly roundTrip: [number]
}

interface LinkPulseOptions {
  readonly sample: () => Promise<LinkSample>
  readonly log: Log
}

/**
 * The regular work of a link: heartbeats, quality and path every 2 s, and a look at the packets when the channel is late: after a
 * cut, a data channel backs off for seconds (RFC 9260, section 6.3) while media already flows again.
 */
export class LinkPulse {
  readonly #options: LinkPulseOptions
  readonly #events = new Emitter<LinkPulseEvents>()
  readonly #timer: ReturnType<typeof setInterval>
  #heardAt = performance.now()
  #ticks = 0
  #lateSample: LinkSample | null = null
  #qualitySample: LinkSample | null = null
  /** Counts the connections that were measured, so that a late report of a former one is not used. */
  #generation = 0

  constructor(options: LinkPulseOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.#tick(), TICK_MS)
  }

  on<Name extends keyof LinkPulseEvents>(name: Name, listener: (...args: LinkPulseEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  /** The control channel brought something. */
  heard(): void {
    this.#heardAt = performance.now()
    this.#lateSample = null
  }

  /** Another connection is measured from now on. */
  reset(): void {
    this.#generation++
    this.#lateSample = this.#qualitySample = null
  }

  close(): void {
    this.#generation++
    clearInterval(this.#timer)
  }

  async #tick(): Promise<void> {
    this.#ticks++
    if (this.#ticks % BEAT_EVERY_TICKS === 0) this.#events.emit('beat')
    const isLate = performance.now() - this.#heardAt > LATE_MS
    const isQualityDue = this.#ticks % QUALITY_EVERY_TICKS === 0
    if (!isLate && !isQualityDue) return
    const generation = this.#generation
    try {
      const sample = await this.#options.sample()
      if (generation !== this.#generation) return
      if (isLate) this.#compareArrivals(sample)
      if (isQualityDue) this.#judge(sample)
    } catch (error) {
      this.#options.log('debug', `No statistics: ${reasonOf(error)}`)
    }
  }

  #compareArrivals(sample: LinkSample): void {
    const before = this.#lateSample
    this.#lateSample = sample
    if (before && sample.arrivals > before.arrivals) this.#events.emit('arrival')
  }

  #judge(sample: LinkSample): void {
    this.#events.emit('quality', judgeQuality(this.#qualitySample, sample))
    this.#qualitySample = sample
    if (sample.path) this.#events.emit('path', sample.path)
    if (sample.roundTripMs !== null) this.#events.emit('roundTrip', sample.roundTripMs)
  }
}
