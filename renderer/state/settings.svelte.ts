import type { AccessToken, DesktopApi, RecentMeeting, Settings } from '#electron/ipc.ts'

const MAX_RECENT = 12
const MAX_ACCESS_TOKENS = 12

/** The settings as runes see them. The desktop is their owner; this is what it last said. */
export class SettingsView {
  readonly #desktop: DesktopApi
  readonly #stop: () => void
  #current: Settings

  constructor(desktop: DesktopApi, initial: Settings) {
    this.#desktop = desktop
    this.#current = $state.raw(initial)
    this.#stop = desktop.on('settingsChanged', (settings) => {
      this.#current = settings
    })
  }

  get current(): Settings {
    return this.#current
  }

  /** Rejects when the desktop refuses the change; then nothing is changed. */
  async change(change: Partial<Settings>): Promise<void> {
    this.#current = await this.#desktop.changeSettings(change)
  }

  /** For what is kept along the way (a toggle, a chosen device): a refusal is logged and costs nothing else. */
  remember(change: Partial<Settings>): void {
    this.change(change).catch((cause: unknown) => {
      void this.#desktop.log('warn', `settings not kept (${Object.keys(change).join(', ')}): ${String(cause)}`)
    })
  }

  /** Puts a meeting first among the recent ones, once; in the place of what was remembered of it at another host. */
  rememberMeeting(meeting: RecentMeeting, former: RecentMeeting | null = null): void {
    const others = this.#current.recent.filter(
      (recent) => !isSameMeeting(recent, meeting) && !(former && isSameMeeting(recent, former)),
    )
    this.remember({ recent: [meeting, ...others].slice(0, MAX_RECENT) })
  }

  forgetMeeting(meeting: RecentMeeting): void {
    this.remember({ recent: this.#current.recent.filter((recent) => !isSameMeeting(recent, meeting)) })
  }

  /** The access token that this server is shown; null when it never asked for one. */
  accessTokenFor(serverUrl: string): string | null {
    const origin = originOf(serverUrl)
    return this.#current.accessTokens.find((kept) => kept.origin === origin)?.token ?? null
  }

  /** Keeps a token for the origin of this server, in place of a former one. Rejects when the desktop refuses it. */
  async keepAccessToken(serverUrl: string, token: string): Promise<void> {
    const origin = originOf(serverUrl)
    const kept = [{ origin, token }, ...this.#accessTokensBut(origin)]
    await this.change({ accessTokens: kept.slice(0, MAX_ACCESS_TOKENS) })
  }

  forgetAccessToken(serverUrl: string): void {
    if (this.accessTokenFor(serverUrl) === null) return
    this.remember({ accessTokens: this.#accessTokensBut(originOf(serverUrl)) })
  }

  close(): void {
    this.#stop()
  }

  #accessTokensBut(origin: string): readonly AccessToken[] {
    return this.#current.accessTokens.filter((kept) => kept.origin !== origin)
  }
}

/** Empty for what is no address. */
const originOf = (serverUrl: string): string => URL.parse(serverUrl)?.origin ?? ''

/** A host may have another address the next time; the invitation says who it is. */
const isSameMeeting = (one: RecentMeeting, other: RecentMeeting): boolean =>
  one.code === other.code && (one.serverUrl === other.serverUrl || (one.link !== '' && one.link === other.link))
