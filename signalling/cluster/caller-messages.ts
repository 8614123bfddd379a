/** What a user's call and the room that was called tell each other, from process to process. */
import * as v from 'valibot'
import { errorCodes, limits as wire, PeerId, Signal } from '#signalling/protocol.ts'
import { UserIdText } from '../dialects/calls-messages.ts'

const Address = v.pipe(v.string(), v.maxLength(wire.roomName))
const Token = v.pipe(v.string(), v.minLength(1), v.maxLength(wire.resumeToken))

export const Enter = v.object({ address: Address, user: UserIdText })
export const Resume = v.object({ token: Token })
export const SignalTo = v.object({ to: PeerId, signal: Signal })

export const Neighbour = v.object({ id: PeerId, offer: v.exactOptional(v.picklist(['you', 'they'])) })
export const Left = v.object({ id: PeerId })
export const SignalFrom = v.object({ from: PeerId, signal: Signal })
const Seated = v.object({
  peerId: PeerId,
  token: Token,
  peers: v.pipe(v.array(Neighbour), v.maxLength(wire.roomCapacity)),
})
export const Answer = v.variant('ok', [
  v.object({ ok: v.literal(true), value: Seated }),
  v.object({ ok: v.literal(false), code: v.picklist(errorCodes) }),
])
