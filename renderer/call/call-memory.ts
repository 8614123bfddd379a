import * as v from 'valibot'
import { HostKey, limits, PeerId, PersonName, RoomCode } from '#signalling/protocol.ts'

/** What somebody holds of a room beside its code. Both are secrets, good for this tab only. */
const keys = {
  /** Of the invitation. */
  secret: v.nullable(v.pipe(v.string(), v.regex(/^[\w-]{22}$/))),
  /** Of whoever made the room. */
  hostKey: v.nullable(HostKey),
}
const RememberedRoom = v.object({
  serverUrl: v.pipe(v.string(), v.maxLength(512), v.regex(/^https?:\/\//)),
  code: RoomCode,
  ...keys,
})
/** Enough to come back into a room after the page was loaded anew. */
const RememberedCall = v.object({
  ...RememberedRoom.entries,
  name: PersonName,
  token: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.resumeToken)),
  you: PeerId,
  since: v.pipe(v.number(), v.finite()),
  metNames: v.pipe(v.array(PersonName), v.maxLength(200)),
})
type RememberedRoom = v.InferOutput<typeof RememberedRoom>
export type RememberedCall = v.InferOutput<typeof RememberedCall>
export type RoomKeys = Pick<RememberedRoom, keyof typeof keys>

/** Where one record is kept over reloads: of the call, or of a room that one has the keys of. Whoever loads it parses it. */
export interface CallMemory {
  load: () => unknown
  /** Null forgets. */
  save: (record: object | null) => void
}

/** Answers null when nothing usable is there. */
export const parseRemembered = (kept: unknown): RememberedCall | null => {
  const parsed = v.safeParse(RememberedCall, kept)
  return parsed.success ? parsed.output : null
}

/** The keys of this room, when it is the one that was kept last. */
export const parseRememberedKeys = (kept: unknown, room: Pick<RememberedRoom, 'serverUrl' | 'code'>): RoomKeys => {
  const parsed = v.safeParse(RememberedRoom, kept)
  const isSame = parsed.success && parsed.output.serverUrl === room.serverUrl && parsed.output.code === room.code
  return isSame ? { secret: parsed.output.secret, hostKey: parsed.output.hostKey } : { secret: null, hostKey: null }
}
