import * as v from 'valibot'
import type { Refusal } from '#signalling/protocol.ts'
import { HttpRefusal } from '../http/router.ts'
import type { Verdict } from './sse-sessions-peer.ts'

/** What a peer posts to another. */
export const Message = v.object({
  type: v.picklist(['offer', 'answer', 'ice-candidate']),
  payload: v.unknown(),
  target: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
})

const statusOf = ({ code }: Refusal): number => {
  if (code === 'peer-not-found') return 404
  if (code === 'too-many-requests') return 429
  return code === 'server-full' ? 503 : 403
}
export const refusalOf = (refusal: Refusal) => new HttpRefusal(statusOf(refusal), refusal.message)

/** Refuses whoever has not shown to be the peer. */
export const mustOwn = (verdict: Verdict): void => {
  if (verdict === 'token') throw new HttpRefusal(401, 'Send the token that registering answered.')
  if (verdict === 'taken') throw new HttpRefusal(409, 'Somebody else has the events of this peer.')
}
