import type { ChatMessage } from '#signalling/protocol.ts'
import type { Room } from './room.ts'

/** Is told what has changed in a room, so that another process can go on with it. */
export interface RoomJournal {
  /** Who is inside, who was, what waits for the absent, title, capacity, door, hosts; also when the room was just made. */
  roomChanged(room: Room): void
  posted(room: Room, message: ChatMessage): void
  /** It has expired or was ended: neither its tokens nor its chat are good any more. */
  roomClosed(room: Room): void
}

/** Of a server whose rooms are its own. */
export const noJournal: RoomJournal = {
  roomChanged: () => undefined,
  posted: () => undefined,
  roomClosed: () => undefined,
}
