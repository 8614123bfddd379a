import type { LinkReport } from '#signalling/protocol.ts'
import type { LinkPhase, Path } from './call-state.ts'
import { findCause, type Cause } from './diagnosis.ts'
import { Emitter } from './emitter.ts'
import { since, type Observation } from './link-observation.ts'
import { reasonOf, type Log } from './log.ts'

/** From the beginning of the trouble to the first report, and from one report to the next. */
const REPORT_EVERY_MS = 3000
/** Whoever is tried for longer than these reports take is told of more rarely. */
const EAGER_REPORTS = 20
const LATER_REPORT_EVERY_MS = 15_000
/** Of a link that works through a relay: what keeps it from the direct path is known by then. */
const DETOUR_REPORTS = 2
/** Nothing is said before: a slow network takes as long. Both sides' first reports are there by then. */
const NAME_AFTER_MS = 5000
/** A side that reports more often than any of ours is not listened to. */
const MIN_REPORT_GAP_MS = 1000

/** What is known of the way to somebody beyond the way itself; fields as in `Person`. */
export interface Finding {
  readonly trouble: Cause | null
  readonly detour: Cause | null
}
export const nothingFound: Finding = { trouble: null, detour: null }

interface LinkObserverOptions {
  /** Null when nothing can be told yet. */
  readonly observe: () => Promise<Observation | null>
  /** Whether what leaves this computer goes through a VPN. */
  readonly hasVpn: () => Promise<boolean>
  /** Tells the other side; false when it cannot be told now. */
  readonly send: (report: LinkReport) => boolean
  readonly log: Log
}

type Mode = 'well' | 'lacking' | 'detour'
const modeOf = (phase: LinkPhase, path: Path): Mode => {
  if (phase !== 'connected') return 'lacking'
  return path === 'host' || path === 'relay' ? 'detour' : 'well'
}

/**
 * Finds out why the direct way to one person does not come about: tells the other side what this one sees, hears what that
 * one sees, and judges both as the other side does. Says nothing of a link that comes about in time.
 */
export class LinkObserver {
  readonly #options: LinkObserverOptions
  readonly #events = new Emitter<{ readonly changed: [Finding] }>()
  #mode: Mode | null = null
  #since = 0
  #reports = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #nameTimer: ReturnType<typeof setTimeout> | undefined
  /** Counts the modes, so that what was measured in a former one is not used. */
  #generation = 0
  #before: Observation | null = null
  #own: LinkReport | null = null
  #theirs: LinkReport | null = null
  #theirsAt = -Infinity
  #cause: Cause | null = null
  #finding: Finding = nothingFound

  constructor(options: LinkObserverOptions) {
    this.#options = options
  }

  on(name: 'changed', listener: (finding: Finding) => void): () => void {
    return this.#events.on(name, listener)
  }

  /** Call when the link begins to be looked for, and whenever its phase or path changes. */
  follow(phase: LinkPhase, path: Path): void {
    const mode = modeOf(phase, path)
    if (mode === this.#mode) return
    const formerly = this.#mode
    this.#stop()
    this.#mode = mode
    this.#since = performance.now()
    this.#reports = 0
    this.#own = this.#theirs = this.#before = null
    // Whatever stood in the way of the direct path still does when a relay was found around it.
    if (mode !== 'detour') this.#cause = null
    this.#show()
    if (mode === 'well') return
    if (formerly !== null && mode === 'lacking') void this.#remember(this.#generation)
    this.#schedule()
    this.#nameTimer = setTimeout(() => {
      this.#judge()
    }, NAME_AFTER_MS)
  }

  /** What the other side sees. Counts for nothing while the link is well. */
  take(report: LinkReport): void {
    const now = performance.now()
    if (this.#mode === null || this.#mode === 'well' || now - this.#theirsAt < MIN_REPORT_GAP_MS) return
    this.#theirsAt = now
    this.#theirs = report
    this.#judge()
  }

  close(): void {
    this.#stop()
    this.#mode = null
  }

  #stop(): void {
    this.#generation++
    clearTimeout(this.#timer)
    clearTimeout(this.#nameTimer)
  }

  #schedule(): void {
    const isOver = this.#mode === 'detour' && this.#reports >= DETOUR_REPORTS
    if (isOver) return
    const pauseMs = this.#reports < EAGER_REPORTS ? REPORT_EVERY_MS : LATER_REPORT_EVERY_MS
    this.#timer = setTimeout(() => void this.#report(this.#generation), pauseMs)
  }

  /** A path that was lost was heard before: only what is counted from now on tells anything. */
  async #remember(generation: number): Promise<void> {
    const observed = await this.#observe()
    if (generation === this.#generation) this.#before = observed
  }

  async #report(generation: number): Promise<void> {
    this.#reports++
    const [observed, hasVpn] = await Promise.all([this.#observe(), this.#hasVpn()])
    if (generation !== this.#generation) return
    if (observed) {
      const counted = since(this.#before, observed)
      const report = { ...counted, hasVpn: counted.hasVpn || hasVpn }
      if (this.#options.send(report)) this.#own = report
      this.#judge()
    }
    this.#schedule()
  }

  async #observe(): Promise<Observation | null> {
    try {
      return await this.#options.observe()
    } catch (error) {
      this.#options.log('debug', `Nothing observed: ${reasonOf(error)}`)
      return null
    }
  }

  async #hasVpn(): Promise<boolean> {
    try {
      return await this.#options.hasVpn()
    } catch (error) {
      this.#options.log('debug', `No word on a VPN: ${reasonOf(error)}`)
      return false
    }
  }

  /** Only by what the other side was told, too, so that both come to the same. */
  #judge(): void {
    if (!this.#own || !this.#theirs || performance.now() - this.#since < NAME_AFTER_MS) return
    const cause = findCause(this.#own, this.#theirs)
    // What a new connection has not seen yet, the former one has.
    if (cause === null) return
    if (cause.kind !== this.#cause?.kind) this.#options.log('info', `No direct path: ${cause.kind}`)
    this.#cause = cause
    this.#show()
  }

  #show(): void {
    const cause = this.#cause
    const trouble = this.#mode === 'lacking' ? cause : null
    const detour = this.#mode === 'detour' ? cause : null
    if (JSON.stringify({ trouble, detour }) === JSON.stringify(this.#finding)) return
    this.#finding = { trouble, detour }
    this.#events.emit('changed', this.#finding)
  }
}
