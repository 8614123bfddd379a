import { isGuarded } from '../door.ts'
import type { Session } from '../server-words.ts'
import type { Signalling } from '../signalling.ts'
import type { OwnComputer } from './own-computer.ts'
import type { Place } from './places.ts'

/** Between two looks for the computers that come before this one. */
const EVERY_MS = 3000
const CONNECT = { deadlineMs: 3000, failures: 2 } as const

interface ReunionOptions {
  readonly code: string
  readonly computer: Pick<OwnComputer, 'findHost'>
  readonly openServer: (serverUrl: string) => Signalling
  /** The computers that come before this one in the succession, as they are now. */
  readonly seniors: () => readonly Place[]
  readonly onFound: (found: Found) => void
}

/** A computer that has the room as well, and comes first. */
export interface Found {
  readonly senior: Place
  readonly serverUrl: string
  readonly signalling: Signalling
  readonly session: Session
}

/**
 * As long as this computer goes on with a room: looks for those whose place it took, who may have been cut off only. Where one has the
 * room, that is where everybody belongs. Ends with the first that is found, or with `close`.
 */
export class Reunion {
  readonly #options: ReunionOptions
  #timer: ReturnType<typeof setTimeout> | undefined
  #isOver = false

  constructor(options: ReunionOptions) {
    this.#options = options
    this.#plan()
  }

  close(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  #plan(): void {
    if (!this.#isOver) this.#timer = setTimeout(() => void this.#look(), EVERY_MS)
  }

  async #look(): Promise<void> {
    for (const senior of this.#options.seniors()) {
      const found = await this.#visit(senior)
      if (this.#isOver) {
        found?.signalling.close()
        return
      }
      if (found) {
        this.close()
        this.#options.onFound(found)
        return
      }
    }
    this.#plan()
  }

  /** Null unless the room is there, with somebody inside as far as can be seen from outside. */
  async #visit(senior: Place): Promise<Found | null> {
    const { code, computer, openServer } = this.#options
    if (senior.pin === null) return null
    const found = await computer.findHost({ pin: senior.pin, addresses: senior.addresses }).catch(() => null)
    if (!found?.ok) return null
    const signalling = openServer(found.serverUrl)
    const session = await signalling.connect(CONNECT)
    const room = session.ok ? await signalling.request('room:look', { code }) : null
    const isThere = room?.ok === true && (isGuarded(room.value.door) || room.value.peers.length > 0)
    if (session.ok && isThere) return { senior, serverUrl: found.serverUrl, signalling, session: session.value }
    signalling.close()
    return null
  }
}
