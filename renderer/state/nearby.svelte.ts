import type { DesktopApi, NearbyMeeting } from '#electron/ipc.ts'
import { isSameRoom } from './targets.ts'

/** The meetings that other computers on this network announce, as runes see them; looked for only while somebody looks. */
export class NearbyView {
  readonly #desktop: DesktopApi
  readonly #stop: () => void
  #watchers = 0
  #meetings: readonly NearbyMeeting[]

  constructor(desktop: DesktopApi) {
    this.#desktop = desktop
    this.#meetings = $state.raw([])
    this.#stop = desktop.on('nearbyChanged', (meetings) => {
      this.#take(meetings)
    })
  }

  /** Empty while nobody looks. */
  get meetings(): readonly NearbyMeeting[] {
    return this.#meetings
  }

  /** Answers its own end. */
  watch(): () => void {
    this.#watchers += 1
    if (this.#watchers === 1) this.#ask(true)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#watchers -= 1
      if (this.#watchers > 0) return
      this.#meetings = []
      this.#ask(false)
    }
  }

  close(): void {
    this.#stop()
  }

  #ask(isWatching: boolean): void {
    this.#desktop.watchNearby(isWatching).then(
      (meetings) => this.#take(meetings),
      (cause: unknown) => void this.#desktop.log('warn', `meetings nearby are not looked for: ${String(cause)}`),
    )
  }

  #take(meetings: readonly NearbyMeeting[]): void {
    if (this.#watchers > 0) this.#meetings = meetings
  }
}

/**
 * The one meeting that this code means, and the address, when there is one. Computers that claim to have it are too many to
 * choose from, unless they all claim to go on with it in the place of one: whoever goes there is shown their wills.
 */
export const findNearby = (
  meetings: readonly NearbyMeeting[],
  code: string,
  serverUrl: string | null,
): NearbyMeeting | null => {
  const authority = serverUrl === null ? null : (URL.parse(serverUrl)?.host ?? '')
  const found = meetings.filter(
    (meeting) =>
      isSameRoom(meeting.code, code) && (authority === null || meeting.addresses.some((each) => each === authority)),
  )
  const firsts = found.filter((first) =>
    found.every(({ pin, former }) => pin === first.pin || former.includes(first.pin)),
  )
  return firsts.length === 1 ? (firsts[0] ?? null) : null
}
