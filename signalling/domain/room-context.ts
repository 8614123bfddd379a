import type { RoomCode, Will } from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Attempts } from './attempts.ts'
import type { Clock } from './clock.ts'
import type { RoomBooks } from './documents.ts'
import type { ResumeTokens } from './resume-tokens.ts'
import type { RoomJournal } from './room-journal.ts'
import type { DoorRecord } from './room-record.ts'
import type { SuccessionContext } from './room-succession.ts'
import type { Room } from './room.ts'
import type { RoomSaves } from './saved-rooms.ts'

/** Counted over all rooms. */
export interface RoomTally {
  signals: number
}

/** What every room is given by the one who keeps the rooms. */
export interface RoomContext {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly tokens: ResumeTokens
  readonly books: RoomBooks
  readonly journal: RoomJournal
  readonly saves: RoomSaves
  readonly attempts: Attempts
  readonly tally: RoomTally
  /** Null for a server whose rooms end with it. */
  readonly succession: SuccessionContext | null
  /** It has expired or was ended. */
  readonly onClosed: (room: Room) => void
}

export interface RoomKind {
  readonly code: RoomCode
  readonly title: string
  readonly capacity: number
  /** Given by another system, which finds the room by it. */
  readonly name: string | null
  /** Null for a room that another system makes. */
  readonly door: DoorRecord | null
  /** `emptyRoomMs` when there is none. */
  readonly emptyMs?: number | undefined
  /** Of those who hosted it before, and leads to this computer. */
  readonly will?: Will | undefined
}
