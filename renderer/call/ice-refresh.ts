import type { Session } from './server-words.ts'
import type { Signalling } from './signalling.ts'

type IceConfiguration = Pick<Session, 'iceServers' | 'iceLifetimeMs'>

/** New credentials are asked for when so much of the former's time is over. */
const SHARE = 0.75
const RETRY_MS = 30_000

interface IceRefreshOptions {
  readonly signalling: Pick<Signalling, 'request' | 'on'>
  readonly session: IceConfiguration
  readonly onRefreshed: (iceServers: Session['iceServers']) => void
}

/** Keeps the credentials of TURN servers good for as long as a call lasts: asks for new ones in time. */
export class IceRefresh {
  readonly #options: IceRefreshOptions
  readonly #stop: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(options: IceRefreshOptions) {
    this.#options = options
    this.#stop = options.signalling.on('opened', (session) => {
      this.#take(session)
    })
    this.#plan(options.session.iceLifetimeMs)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#stop()
  }

  #take({ iceServers, iceLifetimeMs }: IceConfiguration): void {
    this.#options.onRefreshed(iceServers)
    this.#plan(iceLifetimeMs)
  }

  /** Without a lifetime nothing runs out. */
  #plan(lifetimeMs: number | undefined): void {
    if (lifetimeMs !== undefined) this.#askIn(lifetimeMs * SHARE)
  }

  #askIn(pauseMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#ask(), pauseMs)
  }

  async #ask(): Promise<void> {
    const answer = await this.#options.signalling.request('ice:refresh', {})
    if (this.#isClosed) return
    if (answer.ok) this.#take(answer.value)
    else this.#askIn(RETRY_MS)
  }
}
