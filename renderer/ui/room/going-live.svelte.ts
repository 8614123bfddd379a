import { createSubscriber } from 'svelte/reactivity'
import type { LiveSender, LiveSending } from '../../call/live-sender.ts'
import type { Page } from '../../state/context.ts'
import { lazy } from '../parts/lazy.ts'

const IDLE: LiveSending = { phase: 'idle' }

interface GoingLiveOptions extends Pick<Page, 'texts' | 'media' | 'announcer' | 'settings'> {
  /** Origin of the server that the meeting is on. */
  readonly serverUrl: string
}

/** The own live stream of one stay in a meeting, as runes see it. What sends is fetched when it is first wanted. */
export class GoingLive {
  readonly #options: GoingLiveOptions
  readonly #load = lazy(() => import('../../call/live-sender.ts'))
  readonly #subscribe: () => void
  #update: () => void = () => undefined
  #serverUrl: string
  #sender: LiveSender | null = null
  #isLoading = false
  #isLoadFailed = false
  #isClosed = false
  #wasLive = false
  // While it can still be said: a reloaded page comes back into the meeting, and is not live.
  readonly #onPageHide = () => void this.stop()

  constructor(options: GoingLiveOptions) {
    this.#options = options
    this.#serverUrl = options.serverUrl
    this.#subscribe = createSubscriber((update) => {
      this.#update = update
      return () => {
        this.#update = () => undefined
      }
    })
    window.addEventListener('pagehide', this.#onPageHide)
  }

  get view(): LiveSending {
    this.#subscribe()
    if (this.#isLoading) return { phase: 'starting' }
    if (this.#isLoadFailed) return { phase: 'failed', problem: 'no-server' }
    return this.#sender?.view ?? IDLE
  }

  async start(): Promise<void> {
    if (this.#isLoading) return
    this.#isLoading = true
    this.#isLoadFailed = false
    this.#update()
    try {
      const { LiveSender } = await this.#load()
      this.#sender ??= this.#open(LiveSender)
    } catch {
      this.#isLoadFailed = true
    } finally {
      this.#isLoading = false
    }
    if (!this.#isClosed) this.#sender?.start()
    this.#update()
  }

  async stop(): Promise<void> {
    await this.#sender?.stop()
  }

  /** The meeting goes on at another server: whoever watches at the former one sees nothing more, and the next stream is there. */
  moveTo(serverUrl: string): void {
    if (serverUrl === this.#serverUrl) return
    this.#serverUrl = serverUrl
    void this.stop()
    this.#sender = null
    this.#update()
  }

  /** Out of the meeting: also ends the stream. */
  close(): void {
    this.#isClosed = true
    window.removeEventListener('pagehide', this.#onPageHide)
    void this.stop()
  }

  #open(Sender: typeof LiveSender): LiveSender {
    const { media, texts, settings } = this.#options
    const serverUrl = this.#serverUrl
    const sender = new Sender({
      serverUrl,
      accessToken: () => settings.accessTokenFor(serverUrl),
      media: media.controls,
      cameraOffWords: texts.goLive.cameraIsOff,
    })
    sender.onChanged(() => {
      this.#announce(sender.view)
      this.#update()
    })
    return sender
  }

  #announce({ phase }: LiveSending): void {
    const isLive = phase === 'live'
    const { announcer, texts } = this.#options
    if (isLive !== this.#wasLive) announcer.say(isLive ? texts.goLive.started : texts.goLive.stopped)
    this.#wasLive = isLive
  }
}
