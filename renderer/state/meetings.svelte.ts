import type { DesktopApi, NearbyMeeting, PinnedHost, RecentMeeting, WantedHost } from '#electron/ipc.ts'
import { formatInvitation, parseInvitation } from '../call/invitation.ts'
import type { Texts } from '../texts/texts.ts'
import { Asked } from './asked.svelte.ts'
import type { CallView } from './call.svelte.ts'
import type { HostView } from './host.svelte.ts'
import { linkTo, nextHostOf, type MeetingState } from './invitation-link.ts'
import { findNearby, NearbyView } from './nearby.svelte.ts'
import type { SettingsView } from './settings.svelte.ts'
import { isPageOf, isSameRoom, pinned, targetOf, typedHost, type Target } from './targets.ts'

/** Why what was typed leads to no meeting. */
export type JoinProblem = keyof Texts['home']['joinProblems']

interface MeetingsOptions {
  readonly call: CallView
  readonly host: HostView
  readonly settings: SettingsView
  readonly desktop: DesktopApi
  readonly texts: Texts
  /** Server that this page came from; null in the desktop app. */
  readonly pageServerUrl: string | null
  /** Leaves this page for the one of another server. */
  readonly goTo: (url: string) => void
  /** Whether this window made the room with this code, also before a reload. */
  readonly holdsHostKey?: (code: string) => boolean
  /** Says a sentence to the person, whatever is shown. */
  readonly say: (sentence: string) => void
}

/** The ways into a meeting: hosting, a code or link, one nearby, a recent one; and the last of them once more. */
export class Meetings {
  readonly #options: MeetingsOptions
  readonly #nearby: NearbyView
  readonly #asked: Asked
  #startingNumber = 0
  #isStartingHost: boolean
  #hostedCode: string
  /** Where this window went last. */
  #target: Target | null = null
  #again: () => void

  constructor(options: MeetingsOptions) {
    this.#options = options
    this.#nearby = new NearbyView(options.desktop)
    this.#asked = new Asked(options)
    this.#isStartingHost = $state(false)
    this.#hostedCode = $state('')
    this.#again = () => void options.call.controls.resume()
  }

  /** While true the embedded server is being started for a meeting of ours. */
  get isStartingHost(): boolean {
    return this.#isStartingHost
  }

  /** Meetings of other computers on this network, while somebody watches; empty in a browser. */
  get nearby(): readonly NearbyMeeting[] {
    const { host } = this.#options
    const ownPin = host.state.phase === 'running' ? host.state.identity.pin : null
    return this.#nearby.meetings.filter(({ pin }) => pin !== ownPin)
  }

  /** An invitation that the person has not yet agreed to, nor refused. */
  get asked(): Target | null {
    return this.#asked.target
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
    this.#again = () => this.open(serverUrl, code, state.secret)
  }

  /** Whether this window made the meeting, and so is the one to invite others. */
  isHostOf(code: string): boolean {
    return this.#hostedCode === code || this.#options.holdsHostKey?.(code) === true
  }

  /** Null when it is on its way. */
  join(typed: string): JoinProblem | null {
    if (typed.trim() === '') return 'empty'
    const invitation = parseInvitation(typed)
    if (!invitation.ok) return 'not-understood'
    const { serverUrl, code, secret, host } = invitation
    if (code === null) return 'address-needs-code'
    const isLookedUp = serverUrl === null && this.#serverOfPageOrSettings() !== null
    const nearby = host === null && !isLookedUp ? findNearby(this.nearby, code, serverUrl) : null
    if (nearby) this.joinNearby(nearby)
    else {
      const where = serverUrl ?? this.#serverForCodes()
      if (where === null) return 'code-needs-address'
      this.#go({ serverUrl: where, code, secret, host: host ?? typedHost(serverUrl) })
    }
    return null
  }

  /** `code` may be the name of a room, too. `secret` and `host`: as in an invitation. */
  open(serverUrl: string, code: string, secret: string | null = null, host: WantedHost | null = null): void {
    this.#go({ serverUrl, code, secret, host })
  }

  /** Looks for meetings on this network, until the answered function is called. */
  watchNearby(): () => void {
    return this.#options.pageServerUrl === null ? this.#nearby.watch() : () => undefined
  }

  /** Nobody vouches for it: there is no secret in what everyone on the network can read, and anybody can announce anything. */
  joinNearby({ code, pin, addresses }: NearbyMeeting): void {
    const [first] = addresses
    const serverUrl = first === undefined ? '' : `https://${first}`
    this.#go({ serverUrl, code, secret: null, host: { pin, addresses } })
  }

  reopen({ serverUrl, code, link }: RecentMeeting): void {
    const invited = link === '' ? null : targetOf(parseInvitation(link))
    if (this.#isOwnHost(serverUrl)) void this.#reopenHere(code, invited?.secret ?? null)
    else this.#go(invited ? { ...invited, code } : { serverUrl, code, secret: null, host: typedHost(serverUrl) })
  }

  acceptAsked(): void {
    const target = this.#asked.take()
    if (!target) return
    if (this.#isStartingHost) this.cancel()
    if (this.#options.call.controls.state.phase === 'joined') void this.#options.call.controls.leave()
    this.#go(target)
  }

  declineAsked(): void {
    this.#asked.take()
  }

  /** The link that others come in by; null when nobody else could. */
  invitationLink(state: MeetingState): string | null {
    return linkTo(state, this.#options.host.state, this.#pinnedHostOf(state.room.code))
  }

  /** What a recent meeting keeps, to be opened again as it was; empty when its code and server say it all. */
  linkToRemember(state: MeetingState): string {
    const { serverUrl, room, secret } = state
    const known = this.#isOwnHost(serverUrl) ? null : this.#pinnedHostOf(room.code)
    const host = nextHostOf(state) ?? known
    return secret === null && host === null ? '' : formatInvitation({ serverUrl, code: room.code, secret, host })
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

  close(): void {
    this.#asked.close()
    this.#nearby.close()
  }

  #go(target: Target): void {
    const { pageServerUrl, goTo, call, host } = this.#options
    this.#again = () => this.#go(target)
    const { code, secret, host: wanted } = target
    if (pageServerUrl !== null) {
      // A page may talk to its own server only (its CSP); the other server has a page of its own.
      if (isPageOf(pageServerUrl, target)) void call.controls.open(pageServerUrl, code, secret)
      else goTo(formatInvitation({ ...target, host: pinned(wanted) }))
      return
    }
    this.#target = target
    const isHere = wanted !== null && host.state.phase === 'running' && host.state.identity.pin === wanted.pin
    if (isHere) void call.controls.open(host.state.url, code, secret)
    else if (wanted === null) void call.controls.open(target.serverUrl, code, secret)
    else void call.controls.open(target.serverUrl, code, secret, wanted)
  }

  async #reopenHere(code: string, secret: string | null): Promise<void> {
    this.#again = () => void this.#reopenHere(code, secret)
    const url = await this.#serverToHostOn()
    if (url !== null) this.open(url, code, secret)
  }

  /** The computer that the own invitation to this room pinned. */
  #pinnedHostOf(code: string): PinnedHost | null {
    const { pageServerUrl, settings } = this.#options
    if (pageServerUrl === null && this.#target && isSameRoom(this.#target.code, code)) return pinned(this.#target.host)
    const kept = settings.current.recent.find((recent) => recent.code === code && recent.link !== '')
    const link = pageServerUrl === null ? kept?.link : location.href
    const invitation = link === undefined ? null : targetOf(parseInvitation(link))
    return invitation && isSameRoom(invitation.code, code) ? pinned(invitation.host) : null
  }

  /** Whether this address is the server inside this very app. */
  #isOwnHost(serverUrl: string): boolean {
    return this.#options.pageServerUrl === null && URL.parse(serverUrl)?.hostname === '127.0.0.1'
  }

  #serverOfPageOrSettings(): string | null {
    const { pageServerUrl, settings } = this.#options
    return pageServerUrl ?? (settings.current.serverUrl === '' ? null : settings.current.serverUrl)
  }

  #serverForCodes(): string | null {
    const { host } = this.#options
    return this.#serverOfPageOrSettings() ?? (host.state.phase === 'running' ? host.state.url : null)
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
