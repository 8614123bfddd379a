import type { ErrorCode, Refusal, Result } from '#signalling/protocol.ts'

/** What a person may be told when the client has no sentence of its own. */
const messages: Record<ErrorCode, string> = {
  'bad-request': 'The request is not well formed.',
  'unsupported-version': 'This client and this server speak different versions.',
  'access-denied': 'This server asks for an access token for that.',
  'room-not-found': 'There is no such room.',
  'room-full': 'The room is full.',
  'already-in-room': 'This connection is already in a room.',
  'not-in-room': 'This connection is in no room.',
  'peer-not-found': 'There is no such peer in the room.',
  'document-not-found': 'There is no such document in the room.',
  'resume-refused': 'This place in the room can not be taken up again.',
  'password-needed': 'This room asks for a password.',
  'wrong-password': 'That is not the password of the room.',
  'room-locked': 'The room is locked.',
  'knock-needed': 'Somebody inside has to let you in.',
  'knock-declined': 'You were not let in; you can ask again later.',
  'not-host': 'Only a host of the room can do that.',
  'too-many-requests': 'Too many requests; wait a moment.',
  'server-full': 'The server has no room for more.',
  'server-stopping': 'The server is stopping.',
  internal: 'The server made a mistake.',
}

export const ok = <T>(value: T): Extract<Result<T>, { ok: true }> => ({ ok: true, value })

/** `message` only where it can say more than the code does. */
export const refuse = (code: ErrorCode, message = messages[code]): Refusal => ({ ok: false, code, message })
