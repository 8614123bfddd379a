/** Who and what is named on the wire; part of the contract, protocol.ts hands it on. */
import * as v from 'valibot'
import { limits } from './limits.ts'
import { CODE_ALPHABET, CODE_LENGTH, cleanLine, normaliseRoomCode } from './words.ts'

/** One printable line of at most `max`. */
export const line = (max: number) =>
  v.pipe(v.string(), v.maxLength(max * 4), v.transform(cleanLine), v.minLength(1), v.maxLength(max))

/** 128 random bits in base64url, given by the server. */
export const PeerId = v.pipe(v.string(), v.regex(/^[\w-]{22}$/))
export type PeerId = v.InferOutput<typeof PeerId>

/** 12 characters, 60 random bits. Accepts what people type and answers the one form. */
export const RoomCode = v.pipe(
  v.string(),
  v.maxLength(40),
  v.transform(normaliseRoomCode),
  v.regex(new RegExp(`^[${CODE_ALPHABET}]{${String(CODE_LENGTH)}}$`)),
)
export type RoomCode = v.InferOutput<typeof RoomCode>

/** What a room is asked for by: its code as people type it, or the name another system gave it. */
export const RoomAddress = line(limits.roomName)

export const PersonName = line(limits.name)
