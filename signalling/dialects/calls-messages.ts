/** What clients of the system of users and calls send, and the sentences that they are refused with. Further fields are let go. */
import * as v from 'valibot'
import { cleanLine, limits } from '#signalling/protocol.ts'
import type { CallRefusal } from '../domain/calls-facts.ts'
import type { JoinRefusal } from '../domain/users.ts'

const idText = v.pipe(v.string(), v.maxLength(limits.roomName))
/** What is no id at all is the id of nobody, and refused as such. */
const anyId = v.fallback(idText, '')

/** One printable line, exactly as it will be shown: two ids that look alike are the same. */
export const UserIdText = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(limits.roomName),
  v.check((text) => cleanLine(text) === text),
)

export const Join = v.object({ userId: v.pipe(v.string(), v.minLength(1)), publicKey: v.optional(v.unknown()) })
export const Prove = v.object({ signature: v.string() })
export const Status = v.object({ userId: v.pipe(idText, v.minLength(1)) })
export const Initiate = v.object({ to: anyId, callType: v.picklist(['audio', 'video']) })
export const AboutCall = v.object({ callId: anyId })
export const SignalTo = v.object({
  to: anyId,
  offer: v.optional(v.unknown()),
  answer: v.optional(v.unknown()),
  candidate: v.optional(v.unknown()),
})

/** Clients of the original match on the first nine. */
export const refusals = {
  'no-user-id': 'User ID is required',
  'not-authenticated': 'User not authenticated',
  'already-in-call': 'Already in a call',
  'user-not-found': 'User not found',
  'user-unavailable': 'User is not available',
  'call-expired': 'Call not found or expired',
  unauthorized: 'Unauthorized',
  'receiver-not-found': 'Receiver not found',
  'call-not-found': 'Call not found',
  'bad-shape': 'The message is not well formed.',
  'bad-user-id': 'User ID has to be one line of at most 64 characters',
  'user-id-taken': 'User ID is taken',
  'bad-key': 'The public key is no point of the curve P-256.',
  'no-challenge': 'There is no challenge to answer; join again.',
  'bad-proof': 'The signature does not prove the key.',
  'server-full': 'The server has no room for more.',
  'no-access': 'This server asks for an access token for that.',
} as const satisfies Record<CallRefusal | JoinRefusal, string> & Record<string, string>
export type RefusalCode = keyof typeof refusals
