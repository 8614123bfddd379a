import type { Announcement, DesktopApi } from '#electron/ipc.ts'
import type { CallState } from '../call/call-state.ts'
import { isGuarded } from '../call/door.ts'
import type { CallView } from './call.svelte.ts'
import type { HostView } from './host.svelte.ts'
import { isHostedBy, type MeetingState } from './invitation-link.ts'
import type { SettingsView } from './settings.svelte.ts'

interface Parts {
  readonly call: CallView
  readonly host: HostView
  readonly settings: SettingsView
  readonly desktop: DesktopApi
}

/** Of `Announcement.former`: the first, which old invitations name, and so many of the latest. */
const LATEST_FORMER = 4

const formerOf = ([first, ...others]: readonly string[]): readonly string[] =>
  first === undefined ? [] : [first, ...others.slice(-LATEST_FORMER)]

/**
 * The meeting at the server inside this app, as far as this window knows of it: this person is in it or in front of it, or
 * left it while others stayed. The network is let know of it.
 */
export class HostedMeeting {
  readonly #parts: Parts
  readonly #stops: readonly (() => void)[]
  #meeting: Announcement | null = null
  #hasOthers: boolean
  #goesOn: boolean
  /** Null before the first word: what a former page said may still stand. */
  #said: string | null = null

  constructor(parts: Parts) {
    this.#parts = parts
    this.#hasOthers = $state(false)
    this.#goesOn = $state(false)
    const follow = () => this.#follow()
    this.#stops = [parts.call.controls.on('changed', follow), parts.desktop.on('hostChanged', follow)]
  }

  /** Somebody else is in it, as far as this person saw last. */
  get hasOthers(): boolean {
    return this.#hasOthers
  }

  /** This person left it, and others stayed: the server goes on for them. */
  get goesOn(): boolean {
    return this.#goesOn
  }

  /** Leaves the last word standing: a page that is loaded anew goes on where it was. */
  close(): void {
    for (const stop of this.#stops) stop()
  }

  #follow(): void {
    const { call, host } = this.#parts
    const { state } = call.controls
    const { phase } = host.state
    if (phase === 'off' || phase === 'failed') this.#forget()
    if (phase !== 'running') this.#said = JSON.stringify(null)
    else if (state.phase !== 'opening') {
      this.#take(state)
      this.#announce()
    }
  }

  #take(state: Exclude<CallState, { phase: 'opening' }>): void {
    if (state.phase === 'green-room' || state.phase === 'joined') this.#enter(state)
    else if (this.#hasOthers && (state.phase !== 'ended' || state.reason === 'left')) this.#goesOn = true
    else this.#forget()
  }

  #enter(state: MeetingState): void {
    const { host, settings } = this.#parts
    const before = this.#meeting
    this.#forget()
    if (!isHostedBy(host.state, state.serverUrl)) return
    const { code, title } = state.room
    const isJoined = state.phase === 'joined'
    const [name, door] = isJoined ? [state.name, state.door] : [settings.current.name, state.room.door]
    // Whoever took it over, left, and is back: the invitations of then are still around.
    const kept = before?.code === code ? before.former : []
    const former = isJoined && state.hosting.phase === 'own' ? formerOf(state.hosting.former) : kept
    this.#meeting = { code, title, name, isGuarded: isGuarded(door), former }
    this.#hasOthers = (isJoined ? state.people : state.room.peers).length > 0
  }

  #forget(): void {
    this.#meeting = null
    this.#hasOthers = this.#goesOn = false
  }

  #announce(): void {
    const { desktop } = this.#parts
    const word = JSON.stringify(this.#meeting)
    if (word === this.#said) return
    this.#said = word
    desktop.announce(this.#meeting).catch((cause: unknown) => {
      void desktop.log('warn', `the meeting is not announced: ${String(cause)}`)
    })
  }
}
