import type { RoomDocument } from '#signalling/protocol.ts'
import type { StoredAppointment, StoredChat } from './store.ts'

/** Everything that is kept of one appointment. */
export interface Book {
  readonly appointment: StoredAppointment
  readonly chats: readonly StoredChat[]
  readonly documents: readonly RoomDocument[]
}
