import * as v from 'valibot'
import { limits, PeerId, PersonName, RoomCode } from '#signalling/protocol.ts'

/** Enough to come back into a room after the page was loaded anew. Holds a secret; good for this tab only. */
const RememberedCall = v.object({
  serverUrl: v.pipe(v.string(), v.maxLength(512), v.regex(/^https?:\/\//)),
  code: RoomCode,
  name: PersonName,
  token: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.resumeToken)),
  you: PeerId,
  since: v.pipe(v.number(), v.finite()),
  metNames: v.pipe(v.array(PersonName), v.maxLength(200)),
})
export type RememberedCall = v.InferOutput<typeof RememberedCall>

/** Where one record is kept over reloads. What `load` answers is parsed by whoever asked. */
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
