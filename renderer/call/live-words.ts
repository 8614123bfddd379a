/** What a server says to somebody who watches or sends a live stream: parsed like anybody's words. */
import * as v from 'valibot'
import { limits } from '#signalling/protocol.ts'

const text = (max: number) => v.pipe(v.string(), v.maxLength(max))

export const LiveOffer = v.object({ sdp: v.object({ type: v.literal('offer'), sdp: text(limits.sdp) }) })

export const LiveCandidate = v.object({
  candidate: v.object({
    candidate: text(limits.candidate),
    sdpMid: v.nullish(text(16), null),
    sdpMLineIndex: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)), null),
  }),
})

/** A reason that this page does not know is no fault. */
export const LiveState = v.object({
  state: v.picklist(['waiting', 'live', 'ended']),
  reason: v.fallback(v.optional(v.picklist(['device-awaited', 'device-gone', 'device-absent', 'stopped'])), undefined),
})

/** As HTTP numbers refusals; those that are of the connection and not of the stream have no number. */
export const LiveRefusal = v.object({ error: text(500), status: v.optional(v.number()) })
export const LiveAnswer = v.union([LiveState, LiveRefusal])

const url = v.pipe(v.string(), v.regex(/^(stun|turns?):/), v.maxLength(500))
export const LiveIce = v.object({
  iceServers: v.pipe(
    v.array(
      v.object({
        urls: v.union([url, v.pipe(v.array(url), v.maxLength(20))]),
        username: v.exactOptional(text(500)),
        credential: v.exactOptional(text(500)),
      }),
    ),
    v.maxLength(20),
  ),
})
