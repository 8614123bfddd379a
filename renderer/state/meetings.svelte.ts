import type { RecentMeeting } from '#electron/ipc.ts'
import { formatInvitation, parseInvitation } from '../call/invitation.ts'
import type { Texts } from '../texts/texts.ts'
import type { CallView } from './call.svelte.ts'
import type { HostView } from './host.svelte.ts'
import type { SettingsView } from './settings.svelte.ts'

/** Why what was typed leads to no meeting. */
export type JoinProblem = keyof Texts['home']['joinProblems']

interface MeetingsOptions {
  readonly call: CallView
  readonly host: HostView
  readonly settings: SettingsView
  readonly texts: Texts
  /** Server that this page came from; null in the desktop app. */
  readonly pageServerUrl: string | null
  /** Leaves this page for the one of another server. */
  readonly goTo: (url: string) => void
}

/** The ways into a meeting: hosting, a code or link, a recent one; and the last of them once more. */
export class Meetings {
  readonly #options: MeetingsOptions
  #startingNumber = 0
  #isStartingHost: boolean
  #hostedCode: string
  #again: () => void

  constructor(options: MeetingsOptions) {
    this.#options = options
    this.#isStartingHost = $state(false)
    this.#hostedCode = $state('')
    this.#again = () => void options.call.controls.resume()
  }

  /** While true the embedded server is being started for a meeting of ours. */
  get isStartingHost(): boolean {
    return this.#isStartingHost
  }

  async host(): Promise<void> {
    this.#again = () => void this.host()
    const { call, texts, settings } = this.#options
    const serverUrl = await this.#serverToHostOn()
    if (serverUrl === null) return
    const { name } = settings.current
    await call.controls.host(serverUrl, name === '' ? {} : { title: texts.meeting.hostedBy(name) })
    const { state } = call.controls
    if (state.phase !== 'green-room') return
    const { code } = state.room
    this.#hostedCode = code
    // It is there now; once more must not make another one.
    this.#again = () => this.open(serverUrl, code)
  }

  /** Whether this window made the meeting, and so is the one to invite others. */
  isHostOf(code: string): boolean {
    return this.#hostedCode === code
  }

  /** Null when it is on its way. */
  join(typed: string): JoinProblem | null {
    if (typed.trim() === '') return 'empty'
    const invitation = parseInvitation(typed)
    if (!invitation.ok) return 'not-understood'
    if (invitation.code === null) return 'address-needs-code'
    const serverUrl = invitation.serverUrl ?? this.#serverForCodes()
    if (serverUrl === null) return 'code-needs-address'
    this.open(serverUrl, invitation.code)
    return null
  }

  /** `code` may be the name of a room, too. */
  open(serverUrl: string, code: string): void {
    const { pageServerUrl, goTo, call } = this.#options
    this.#again = () => this.open(serverUrl, code)
    if (pageServerUrl !== null && URL.parse(serverUrl)?.origin !== pageServerUrl) {
      // A page may talk to its own server only (its CSP); the other server has a page of its own.
      goTo(formatInvitation(serverUrl, code))
      return
    }
    void call.controls.open(serverUrl, code)
  }

  reopen({ serverUrl, code }: RecentMeeting): void {
    if (!this.#isOwnHost(serverUrl)) {
      this.open(serverUrl, code)
      return
    }
    this.#again = () => this.reopen({ serverUrl, code, title: '', at: 0 })
    void this.#serverToHostOn().then((url) => {
      if (url !== null) this.open(url, code)
    })
  }

  /** What was tried last, once more. */
  tryAgain(): void {
    this.#again()
  }

  /** Keeps the access token that a server asked for, and goes on with it. Rejects when it cannot be kept. */
  async showAccessToken(serverUrl: string, token: string): Promise<void> {
    const { call, settings } = this.#options
    await settings.keepAccessToken(serverUrl, token)
    if (call.controls.state.phase === 'joined') call.controls.showAccessToken()
    else this.tryAgain()
  }

  /** Stops what is on its way; leads back to Home. */
  cancel(): void {
    this.#startingNumber += 1
    if (this.#isStartingHost) {
      this.#isStartingHost = false
      void this.#options.host.stop()
    }
    this.#options.call.goBack()
  }

  /** Whether this address is the server inside this very app. */
  #isOwnHost(serverUrl: string): boolean {
    return this.#options.pageServerUrl === null && URL.parse(serverUrl)?.hostname === '127.0.0.1'
  }

  #serverForCodes(): string | null {
    const { pageServerUrl, settings, host } = this.#options
    if (pageServerUrl !== null) return pageServerUrl
    if (settings.current.serverUrl !== '') return settings.current.serverUrl
    return host.state.phase === 'running' ? host.state.url : null
  }

  /** Null when the embedded server did not start (host.state says why) or somebody pressed Cancel. */
  async #serverToHostOn(): Promise<string | null> {
    const { pageServerUrl, host } = this.#options
    if (pageServerUrl !== null) return pageServerUrl
    const number = ++this.#startingNumber
    this.#isStartingHost = true
    try {
      const state = await host.start()
      return number === this.#startingNumber && state.phase === 'running' ? state.url : null
    } finally {
      if (number === this.#startingNumber) this.#isStartingHost = false
    }
  }
}
