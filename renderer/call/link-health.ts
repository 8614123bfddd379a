import type { LinkPhase } from './call-state.ts'
import { Emitter } from './emitter.ts'

interface HealthTimes {
  readonly silenceMs: number
  readonly graceMs: number
  readonly patienceMs: number
  readonly probeMs: number
  readonly unreachableMs: number
  readonly attemptsMs: readonly [number, number, ...number[]]
  readonly attemptIntervalMs: number
}

export const healthTimes: HealthTimes = {
  /** libwebrtc calls a pair "not receiving" after this long without a packet; Chromium says `disconnected` at 7 s. */
  silenceMs: 2500,
  /** How long a new connection may take before the first attempt to help it. */
  graceMs: 4000,
  /** From noticing trouble to the first attempt. */
  patienceMs: 0,
  /** An answer to a probe takes one round trip. */
  probeMs: 700,
  unreachableMs: 30_000,
  /** Attempts after trouble began; from then on one each `attemptIntervalMs`. */
  attemptsMs: [0, 500, 1500, 3000, 5000, 7000],
  attemptIntervalMs: 7000,
}

/**
 * For the clients of other systems: without a control channel only media and connectivity checks (every 2.5 s) tell that
 * they are there, and each attempt has them begin a new connection.
 */
export const patientTimes: HealthTimes = { ...healthTimes, silenceMs: 6000, graceMs: 10_000, patienceMs: 4000 }

const TICK_MS = 250
/** Spreads the attempts of many links, and of the two sides of one. */
const JITTER = 0.2

interface LinkHealthEvents {
  readonly changed: [LinkPhase]
  /** Try to get the path back. */
  readonly attempt: []
}

/**
 * Judges one link by when it was last heard, and says when to try something. Being heard ends any trouble, whatever
 * the browser says about the connection. Says nothing before `begin`.
 */
export class LinkHealth {
  readonly #events = new Emitter<LinkHealthEvents>()
  readonly #now: () => number
  readonly #random: () => number
  readonly #times: HealthTimes
  #timer: ReturnType<typeof setInterval> | undefined
  #phase: LinkPhase = 'connecting'
  #hadPath = false
  #heardAt = -Infinity
  /** When the present lack of a path began; null while there is one. */
  #lackingSince: number | null = null
  #graceUntil = 0
  /** When the next attempt is due; null while nothing is wrong. */
  #attemptAt: number | null = null
  #attempts = 0

  constructor({ now = () => performance.now(), random = () => Math.random(), times = healthTimes } = {}) {
    this.#times = times
    this.#now = now
    this.#random = random
  }

  on<Name extends keyof LinkHealthEvents>(name: Name, listener: (...args: LinkHealthEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get phase(): LinkPhase {
    return this.#phase
  }
  /** Infinite before the first time. */
  get silentMs(): number {
    return this.#now() - this.#heardAt
  }

  /** Something of the other side arrived. */
  heard(): void {
    this.#heardAt = this.#now()
    this.#hadPath = true
    this.#lackingSince = null
    this.#attemptAt = null
    this.#attempts = 0
    this.#setPhase('connected')
  }

  /** The browser gave the path up: as if nothing had been heard for long. */
  lost(): void {
    this.#heardAt = Math.min(this.#heardAt, this.#now() - this.#times.silenceMs)
    this.#judge()
  }

  /** Trusts the path only if it is heard again within `probeMs`. */
  doubt(): void {
    this.#heardAt = Math.min(this.#heardAt, this.#now() - this.#times.silenceMs + this.#times.probeMs)
  }

  /** A connection begins, the first or another in its place: gives it time before the first attempt. */
  begin(): void {
    this.#timer ??= setInterval(() => {
      this.#judge()
    }, TICK_MS)
    this.#heardAt = -Infinity
    this.#graceUntil = this.#now() + this.#times.graceMs
    this.#attemptAt = null
    this.#attempts = 0
    this.#judge()
  }

  /** The way to say something to the other side is back: a path that is lacking is looked for anew, from now on. */
  hurry(): void {
    if (this.#attemptAt === null) return
    this.#attemptAt = this.#now()
    this.#attempts = 0
    this.#judge()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #judge(): void {
    const now = this.#now()
    const { silenceMs, unreachableMs, patienceMs, attemptsMs } = this.#times
    if (now - this.#heardAt < silenceMs) return
    this.#lackingSince ??= now
    const isGivenUp = now - this.#lackingSince >= unreachableMs
    this.#setPhase(isGivenUp ? 'unreachable' : this.#hadPath ? 'reconnecting' : 'connecting')
    if (now < this.#graceUntil) return
    this.#attemptAt ??= now + patienceMs + this.#jitter(attemptsMs[1])
    if (now < this.#attemptAt) return
    this.#attemptAt = now + this.#pauseAfter(this.#attempts++)
    this.#events.emit('attempt')
  }

  #pauseAfter(attempt: number): number {
    const { attemptsMs, attemptIntervalMs } = this.#times
    const [at = 0, next] = [attemptsMs[attempt], attemptsMs[attempt + 1]]
    const pauseMs = next === undefined ? attemptIntervalMs : next - at
    return pauseMs + this.#jitter(pauseMs)
  }

  #jitter(spanMs: number): number {
    return this.#random() * JITTER * spanMs
  }

  #setPhase(phase: LinkPhase): void {
    if (phase === this.#phase) return
    this.#phase = phase
    this.#events.emit('changed', phase)
  }
}
