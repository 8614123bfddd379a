import type { NearbyMeeting } from '#electron/ipc.ts'

export interface NearbyRow {
  readonly meeting: NearbyMeeting
  /** No longer announced; it stays as long as the pointer or the focus is in the list. */
  readonly isGone: boolean
}

/**
 * The meetings of the network as a list in which nothing moves under the pointer: new ones come below, and what is over
 * leaves when nobody points at the list.
 */
export class NearbyRows {
  #rows: readonly NearbyRow[]
  #isHeld = false

  constructor(meetings: readonly NearbyMeeting[]) {
    this.#rows = $state.raw(meetings.map((meeting) => ({ meeting, isGone: false })))
  }

  get all(): readonly NearbyRow[] {
    return this.#rows
  }

  /** Takes what there is now; answers those that are new. */
  update(meetings: readonly NearbyMeeting[]): readonly NearbyMeeting[] {
    const added = meetings.filter(({ id }) => !this.#rows.some(({ meeting }) => meeting.id === id))
    const kept = this.#rows.map(({ meeting: former }) => {
      const meeting = meetings.find(({ id }) => id === former.id)
      return { meeting: meeting ?? former, isGone: meeting === undefined }
    })
    this.#rows = [...kept, ...added.map((meeting) => ({ meeting, isGone: false }))]
    this.#clear()
    return added
  }

  /** While held, rows keep their places. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#clear()
  }

  #clear(): void {
    if (this.#isHeld || !this.#rows.some(({ isGone }) => isGone)) return
    this.#rows = this.#rows.filter(({ isGone }) => !isGone)
  }
}
