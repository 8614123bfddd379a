import * as v from 'valibot'
import { limits } from '#signalling/protocol.ts'

const text = (max: number) => v.pipe(v.string(), v.maxLength(max))

/** The last part of an address that routes of this system have taken. */
const TAKEN = ['stop', 'create-stream-request']

/** 128 random bits from the server, or what a back end calls its session. It stands in addresses. */
const SessionId = v.pipe(
  v.string(),
  v.regex(/^[\w.~-]{1,64}$/),
  v.check((id) => !TAKEN.includes(id) && !/^\.+$/.test(id)),
)
/** As the device's maker numbers it. Whoever knows it is taken for the device. */
export const DeviceId = v.pipe(v.string(), v.regex(/^[\w.:~@-]{1,128}$/))

export const CreateStream = v.object({ deviceId: DeviceId, sessionId: v.optional(SessionId) })
export const StopStream = v.object({ sessionId: SessionId })
export const NotifyDevice = v.object({ deviceId: DeviceId, sessionId: SessionId })
export const WaitForStream = v.object({ deviceId: DeviceId })

/** Also as `auth` or query of the handshake, where Socket.IO's own fields stand beside these. */
export const JoinStream = v.variant('role', [
  v.object({ role: v.literal('device'), sessionId: SessionId, deviceId: DeviceId }),
  v.object({ role: v.literal('viewer'), sessionId: SessionId }),
])

const Sdp = text(limits.sdp)
/** `{ sdp: { type, sdp } }`, `{ type, sdp }`, or `{ sdp }` with the text alone; answers the text. */
export const AnswerSdp = v.pipe(
  v.object({
    sdp: v.union([v.object({ type: v.literal('answer'), sdp: Sdp }), Sdp]),
    type: v.optional(v.literal('answer')),
  }),
  v.transform(({ sdp }) => (typeof sdp === 'string' ? sdp : sdp.sdp)),
)

const mid = v.nullish(text(16), null)
const line = v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)), null)
const Fields = v.object({ candidate: text(limits.candidate), sdpMid: mid, sdpMLineIndex: line })
/** `{ candidate: RTCIceCandidateInit | string | null }`, or RTCIceCandidateInit itself. Null ends the candidates, as an empty one does. */
export const IceCandidateMessage = v.pipe(
  v.object({ candidate: v.nullable(v.union([Fields, text(limits.candidate)])), sdpMid: mid, sdpMLineIndex: line }),
  v.transform(({ candidate, sdpMid, sdpMLineIndex }) => {
    if (candidate === null || candidate === '') return null
    const whole = typeof candidate === 'string' ? { candidate, sdpMid, sdpMLineIndex } : candidate
    return whole.candidate === '' ? null : whole
  }),
)
