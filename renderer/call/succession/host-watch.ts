import { Emitter } from '../emitter.ts'
import type { Log } from '../log.ts'
import type { Answered, Signalling } from '../signalling.ts'

const TICK_MS = 250
/** Heartbeats come once a second: this long without one is worth asking the server. */
const SUSPECT_MS = 1300
/** On a local network a server that lives answers within some milliseconds: without an answer for so long it counts as gone. */
const PROBE_MS = 700
/** A busy one may still answer; after this the connection is given up. */
const GIVE_UP_MS = 2500
/** As long as whoever hosts is silent and the server answers all the same. */
const PROBE_AGAIN_MS = 2000
/** An answer this young counts for whoever doubts: others may say as often as they like that they do not reach the server. */
const FRESH_MS = 500
/** How long the connection may be gone: the person who hosts is silent; is not there; is heard, so that the server may be restarting. */
const GONE_MS = { silent: 400, absent: 3000, heard: 8000 } as const

interface HostWatchOptions {
  readonly signalling: Pick<Signalling, 'isOnline' | 'request' | 'renew' | 'on'>
  readonly code: string
  /** Of the person at the computer that hosts; null when nobody is, or it is this one. Infinite when they were never heard. */
  readonly hostSilentMs: () => number | null
  readonly log: Log
}

interface HostWatchEvents {
  /** Whether the server is reached. */
  readonly changed: [boolean]
  /** It may be gone, and is being asked. Once for each time that the person there falls silent. */
  readonly suspected: []
}

/**
 * Finds out within seconds that the computer that hosts is gone: a connection over which nothing comes is noticed by itself
 * much later. Asks the server as soon as the link to the person there is silent.
 */
export class HostWatch {
  readonly #options: HostWatchOptions
  readonly #events = new Emitter<HostWatchEvents>()
  readonly #stops: readonly (() => void)[]
  readonly #timer: ReturnType<typeof setInterval>
  #isReached = true
  #isSuspected = false
  #offlineSince: number | null = null
  #askedAt = -Infinity
  /** The question that is under way. */
  #question: Promise<void> | null = null
  /** Counts the servers and their returns, so that a late answer of a former one is not used. */
  #generation = 0

  constructor(options: HostWatchOptions) {
    const { signalling } = options
    this.#options = options
    this.#stops = [
      signalling.on('opened', () => {
        this.#offlineSince = null
        this.#forgetQuestion()
        this.#set(true)
      }),
      signalling.on('server:stopping', () => {
        this.#forgetQuestion()
        this.#set(false)
      }),
    ]
    this.#timer = setInterval(() => {
      this.#look()
    }, TICK_MS)
  }

  on<Name extends keyof HostWatchEvents>(name: Name, listener: (...args: HostWatchEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get isReached(): boolean {
    return this.#isReached
  }

  /** Somebody else does not reach it: asks it now. Answers whether it is reached. */
  async doubt(): Promise<boolean> {
    const isFresh = performance.now() - this.#askedAt < FRESH_MS
    if (this.#options.signalling.isOnline && this.#isReached && !isFresh) await this.#probe()
    return this.#isReached
  }

  close(): void {
    this.#generation++
    clearInterval(this.#timer)
    for (const stop of this.#stops) stop()
  }

  #look(): void {
    const silentMs = this.#options.hostSilentMs()
    if (!this.#options.signalling.isOnline) {
      this.#offlineSince ??= performance.now()
      if (performance.now() - this.#offlineSince > patienceFor(silentMs)) this.#set(false)
      return
    }
    const isSilent = silentMs !== null && silentMs !== Infinity && silentMs > SUSPECT_MS
    if (isSilent && !this.#isSuspected) this.#events.emit('suspected')
    this.#isSuspected = isSilent
    // What says that it stops is not asked any more: it may answer until the last moment.
    if (this.#isReached && isSilent && performance.now() - this.#askedAt > PROBE_AGAIN_MS) void this.#probe()
  }

  #probe(): Promise<void> {
    this.#question ??= this.#ask()
    return this.#question
  }

  /** Resolves as soon as it is known, or has to be taken for known. */
  #ask(): Promise<void> {
    const { signalling, code } = this.#options
    const generation = this.#generation
    const judged = Promise.withResolvers<undefined>()
    const judge = (isAlive: boolean): void => {
      if (generation === this.#generation) this.#set(isAlive)
      judged.resolve(undefined)
    }
    const overdue = setTimeout(() => {
      judge(false)
    }, PROBE_MS)
    void signalling.request('room:look', { code }, GIVE_UP_MS).then((answer) => {
      clearTimeout(overdue)
      if (generation === this.#generation) this.#onAnswer(answer)
      // Whoever is inside may not look: any other refusal is a sign of life as well.
      judge(answer.ok || !['timeout', 'disconnected', 'server-stopping'].includes(answer.code))
    })
    return judged.promise
  }

  #onAnswer(answer: Answered<'room:look'>): void {
    const { signalling, log } = this.#options
    this.#question = null
    this.#askedAt = performance.now()
    if (answer.ok || answer.code !== 'timeout' || !signalling.isOnline) return
    log('info', 'The server does not answer')
    signalling.renew()
  }

  /** Its answer is not used. */
  #forgetQuestion(): void {
    this.#generation++
    this.#question = null
  }

  #set(isReached: boolean): void {
    if (this.#isReached === isReached) return
    this.#isReached = isReached
    this.#events.emit('changed', isReached)
  }
}

const patienceFor = (silentMs: number | null): number => {
  if (silentMs === null || silentMs === Infinity) return GONE_MS.absent
  return silentMs > SUSPECT_MS ? GONE_MS.silent : GONE_MS.heard
}
