import * as v from 'valibot'
import { HostKey, HostPin, limits, PeerId, PersonName, ResumeToken, RoomCode } from '#signalling/protocol.ts'

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
/** One of the computers that host the room, or did (succession/places.ts). */
const Place = v.object({
  pin: v.nullable(HostPin),
  addresses: v.pipe(v.array(v.pipe(v.string(), v.maxLength(64))), v.maxLength(8), v.readonly()),
  token: v.pipe(v.string(), v.maxLength(limits.resumeToken)),
})
/** This computer goes on with the room in the place of others. */
const RememberedReign = v.object({
  /** Their pins. */
  former: v.pipe(v.array(HostPin), v.maxLength(limits.willSteps)),
  /** All of them, the first one first, this one last. */
  places: v.pipe(v.array(Place), v.minLength(1), v.maxLength(limits.roomCapacity)),
})
export type RememberedReign = v.InferOutput<typeof RememberedReign>
/** Enough to come back into a room after the page was loaded anew. */
const RememberedCall = v.object({
  ...RememberedRoom.entries,
  name: PersonName,
  token: ResumeToken,
  /** The key of the computer that hosts; null when it is not known. */
  hostPin: v.optional(v.nullable(HostPin), null),
  reign: v.fallback(v.optional(v.nullable(RememberedReign), null), null),
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
