import { isGuarded } from './door.ts'
import type { RememberedCall } from './call-memory.ts'
import type { Answer } from './server-words.ts'
import type { Answered, Signalling } from './signalling.ts'

/**
 * Longer than for other requests, since an answer that comes too late takes the place of the one who no longer waits for it. A
 * server of several processes answers when it knows that the one which had the room is dead, or when its Redis is back.
 */
export const RESUME_TIMEOUT_MS = 15_000

/**
 * Takes the seat of before a reload again. The clients of other systems know no way to connect to a former person anew:
 * where there are any, somebody new comes in, whom they connect to as to everybody. Not through a door that may stay shut.
 */
export const takeSeatAgain = async (
  signalling: Signalling,
  { token, code, name, hostKey }: RememberedCall,
): Promise<Answered<'peer:resume'>> => {
  const resumed = await signalling.request('peer:resume', { token }, RESUME_TIMEOUT_MS)
  if (!resumed.ok || !isNewcomerWanted(resumed.value)) return resumed
  await signalling.request('room:leave', {})
  return await signalling.request('room:join', { code, name, ...(hostKey !== null && { hostKey }) })
}

const isNewcomerWanted = ({ room }: Answer<'peer:resume'>): boolean =>
  room.peers.some(({ offer }) => offer !== undefined) && !isGuarded(room.door)
