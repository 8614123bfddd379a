/** Making a room, getting in, and what hosts decide; part of the contract, protocol.ts hands it on. */
import * as v from 'valibot'
import { limits } from './limits.ts'
import { line, PeerId, PersonName, RoomAddress } from './names.ts'

/** As it was typed, in one form of Unicode, so that it does not matter on which keyboard. */
export const Password = v.pipe(
  v.string(),
  v.maxLength(limits.password * 2),
  v.transform((typed) => typed.normalize('NFC')),
  v.minLength(1),
  v.maxLength(limits.password),
)
/** 128 random bits in base64url, given to whoever makes a room: shown when joining, it makes that person a host. */
export const HostKey = v.pipe(v.string(), v.regex(/^[\w-]{22}$/))

const capacity = v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(limits.roomCapacity))

export const CreateRoom = v.strictObject({
  title: v.optional(line(limits.title)),
  capacity: v.optional(capacity),
  password: v.optional(Password),
  /** Whoever comes has to be admitted by a host. */
  knock: v.optional(v.boolean()),
})
/** What a host changes; what is absent stays as it is. Nobody who is inside is sent away by it. */
export const ChangeRoom = v.strictObject({
  title: v.optional(line(limits.title)),
  capacity: v.optional(capacity),
  /** Null takes it away. */
  password: v.optional(v.nullable(Password)),
  knock: v.optional(v.boolean()),
  /** Nobody comes in, not even by knocking; who is inside may come back. */
  locked: v.optional(v.boolean()),
  /** For whoever made the room and only looks at it yet. */
  hostKey: v.optional(HostKey),
})
export const JoinRoom = v.strictObject({
  code: RoomAddress,
  name: PersonName,
  password: v.optional(Password),
  hostKey: v.optional(HostKey),
})
/** Asks to be admitted, while looking at the room; `knock:answered` tells what came of it. */
export const KnockAtRoom = v.strictObject({ code: RoomAddress, name: PersonName, password: v.optional(Password) })
export const AnswerKnock = v.strictObject({ id: PeerId, admit: v.boolean() })
/** For what a host does to one of the others. */
export const OfPeer = v.strictObject({ id: PeerId })
export const EndRoom = v.strictObject({})

/** What somebody has to get past who wants to come in. */
export interface Door {
  readonly hasPassword: boolean
  readonly knock: boolean
  readonly locked: boolean
}
/** Somebody in front of the room who asks to be admitted. */
export interface Knock {
  /** Who this will be inside. */
  readonly id: PeerId
  readonly name: string
  /** A host removed somebody from this address before. */
  readonly wasRemoved: boolean
}
