import type { EndReason, MeetingServerLink } from './call-state.ts'
import { Emitter } from './emitter.ts'
import { Knocking } from './knocking.ts'
import type { Log } from './log.ts'
import { RESUME_TIMEOUT_MS } from './seat.ts'
import type { Answer, Payload } from './server-words.ts'
import type { RequestProblem, Signalling } from './signalling.ts'

const MIN_RETRY_MS = 2000
const MAX_RETRY_MS = 7000
const PROBE_TIMEOUT_MS = 1500

interface MeetingSeatOptions {
  readonly signalling: Signalling
  readonly token: string
  /** For whoever the server knows no more: as one comes in the first time. */
  readonly entry: Payload<'room:join'>
  readonly log: Log
}

interface MeetingSeatEvents {
  /** `server` or `barredBy` is another one. */
  readonly changed: []
  readonly taken: [Answer<'room:join'>]
  /** Somebody inside was asked to let us in again, and did not. */
  readonly declined: []
}

/** Why there is no way back, in the words of an end; null while there may be one. */
const barringOf = (code: RequestProblem): EndReason | null => {
  if (code === 'room-not-found') return 'room-lost'
  return code === 'room-locked' || code === 'wrong-password' || code === 'password-needed' ? 'shut-out' : null
}

/**
 * The seat of a meeting at its server. Lost with the server, it is taken again when that is back: the former one, or a
 * new one when the server does not know it any more.
 */
export class MeetingSeat {
  readonly #events = new Emitter<MeetingSeatEvents>()
  readonly #options: MeetingSeatOptions
  readonly #signalling: Signalling
  readonly #stops: (() => void)[]
  #token: string
  #isTaken = true
  #isAccessDenied = false
  #barredBy: EndReason | null = null
  #knocking: Knocking | null = null
  #attempts = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(options: MeetingSeatOptions) {
    const { signalling, token } = options
    this.#options = options
    this.#signalling = signalling
    this.#token = token
    this.#stops = [
      signalling.on('lost', () => {
        this.#lose()
      }),
      signalling.on('opened', () => {
        this.#setAccessDenied(false)
        void this.#comeBack()
      }),
      signalling.on('refused', (code) => {
        this.#setAccessDenied(code === 'access-denied')
      }),
    ]
  }

  on<Name extends keyof MeetingSeatEvents>(
    name: Name,
    listener: (...args: MeetingSeatEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** Whether the server has us in the room now. */
  get isTaken(): boolean {
    return this.#isTaken
  }
  get token(): string {
    return this.#token
  }
  get server(): MeetingServerLink {
    if (this.#isTaken) return 'online'
    return this.#isAccessDenied ? 'access-denied' : 'reconnecting'
  }
  get barredBy(): EndReason | null {
    return this.#barredBy
  }

  /** Gets the server back without waiting for the next try; finds out whether it is there when it seems to be. */
  async reconnectNow(): Promise<void> {
    if (this.#signalling.isOnline) {
      const { code } = this.#options.entry
      const answer = await this.#signalling.request('room:look', { code }, PROBE_TIMEOUT_MS)
      if (this.#isClosed || answer.ok || answer.code !== 'timeout') return
    }
    this.#signalling.renew()
  }

  /** There is another access token: shows it to a server that refused the former one. Refused, it is asked for again. */
  showAccessToken(): void {
    this.#setAccessDenied(false)
    this.#signalling.renew()
  }

  /** The room goes on at another server, which is about to be there: this is the token for the place there; empty when there never was one. */
  useToken(token: string): void {
    this.#token = token
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#stopKnocking()
    for (const stop of this.#stops) stop()
  }

  #lose(): void {
    clearTimeout(this.#retry)
    this.#stopKnocking()
    this.#attempts++
    this.#isTaken = false
    this.#events.emit('changed')
  }

  #setAccessDenied(isDenied: boolean): void {
    if (this.#isAccessDenied === isDenied) return
    this.#isAccessDenied = isDenied
    this.#events.emit('changed')
  }

  /** The server is back under a new session: takes the former seat, or a new one when the server does not know it. */
  async #comeBack(): Promise<void> {
    const attempt = ++this.#attempts
    const seat = await this.#ask()
    if (attempt !== this.#attempts || this.#isClosed) return
    this.#barredBy = seat.ok ? null : barringOf(seat.code)
    if (seat.ok) this.#take(seat.value)
    else {
      this.#options.log('warn', `No way back into the room yet: ${seat.code}`)
      // It was let in by an answer that came too late: only a new connection can ask again.
      if (seat.code === 'already-in-room') this.#signalling.renew()
      else if (seat.code === 'knock-needed') await this.#knock(attempt)
      else this.#tryLater()
    }
  }

  async #ask() {
    // Of a server where there never was a seat.
    if (this.#token === '') return await this.#signalling.request('room:join', this.#options.entry)
    const resumed = await this.#signalling.request('peer:resume', { token: this.#token }, RESUME_TIMEOUT_MS)
    const isForgotten = !resumed.ok && (resumed.code === 'resume-refused' || resumed.code === 'room-not-found')
    if (!isForgotten || this.#isClosed) return resumed
    return await this.#signalling.request('room:join', this.#options.entry)
  }

  #take(joined: Answer<'room:join'>): void {
    this.#isTaken = true
    this.#token = joined.token
    this.#events.emit('taken', joined)
  }

  #tryLater(): void {
    const pauseMs = MIN_RETRY_MS + Math.random() * (MAX_RETRY_MS - MIN_RETRY_MS)
    this.#retry = setTimeout(() => void this.#comeBack(), pauseMs)
    this.#events.emit('changed')
  }

  /** Away for too long from a room where one has to be let in. */
  async #knock(attempt: number): Promise<void> {
    const { code, name, password } = this.#options.entry
    await this.#signalling.request('room:look', { code })
    if (attempt !== this.#attempts || this.#isClosed) return
    const knocking = new Knocking(this.#signalling, { code, name, ...(password !== undefined && { password }) })
    this.#knocking = knocking
    knocking.on('admitted', () => {
      this.#stopKnocking()
      void this.#comeBack()
    })
    knocking.on('refused', (problem) => {
      this.#stopKnocking()
      if (problem === 'knock-declined') this.#events.emit('declined')
      else this.#tryLater()
    })
    await knocking.knock()
  }

  #stopKnocking(): void {
    this.#knocking?.close()
    this.#knocking = null
  }
}
