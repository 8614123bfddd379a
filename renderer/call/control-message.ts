import * as v from 'valibot'
import { PeerId, Signal, limits } from '#signalling/protocol.ts'
import { deviceProblems } from './call-state.ts'

/** SHA-256, or 256 random bits, in base64url. */
const Digest = v.pipe(v.string(), v.regex(/^[\w-]{43}$/))

const Problem = v.nullable(v.picklist(deviceProblems))

/** What two links tell each other over their data channel, beside media (docs/PROTOCOL.md, "Between two people"). */
const ControlMessage = v.variant('kind', [
  /** Once a second: this side is alive and its packets arrive. */
  v.strictObject({ kind: v.literal('heartbeat') }),
  /** Asks for a heartbeat at once. */
  v.strictObject({ kind: v.literal('probe') }),
  /** Whether this side can be heard and seen: its own word. */
  v.strictObject({ kind: v.literal('state'), microphoneOn: v.boolean(), cameraOn: v.boolean() }),
  /** Why camera or microphone of this side are not there, though they were wanted. Not said before there was any trouble. */
  v.strictObject({ kind: v.literal('devices'), camera: Problem, microphone: Problem }),
  /** The person leaves; do not wait for them. */
  v.strictObject({ kind: v.literal('bye') }),
  /** This person came back into the room under another id; this link is of use only until the new one connects. */
  v.strictObject({ kind: v.literal('moved'), to: PeerId }),
  v.strictObject({ kind: v.literal('signal'), signal: Signal }),
  /** Knows the secret of the invitation, and sees these two certificates on this link (trust/link-proof.ts). */
  v.strictObject({ kind: v.literal('proof'), mac: Digest }),
  /** Who this is over many meetings: a public ECDSA P-256 key (SPKI), and its signature over the own certificate. Base64url. */
  v.strictObject({
    kind: v.literal('identity'),
    key: v.pipe(v.string(), v.regex(/^[\w-]{100,140}$/)),
    signature: v.pipe(v.string(), v.regex(/^[\w-]{86}$/)),
  }),
  /** The room's phrase: everybody commits to a nonce, then all reveal theirs. `round` names who takes part (trust/room-phrase.ts). */
  v.strictObject({ kind: v.literal('commit'), round: Digest, commitment: Digest }),
  v.strictObject({ kind: v.literal('reveal'), round: Digest, nonce: Digest }),
])
export type ControlMessage = v.InferOutput<typeof ControlMessage>
/** About who the other side is. */
export type TrustWord = Extract<ControlMessage, { kind: 'proof' | 'identity' | 'commit' | 'reveal' }>
/** What is told over a link from outside of it. */
export type LinkWord = Extract<ControlMessage, { kind: 'moved' }> | TrustWord

/** Answers null for anything that is not a message of ours: other types, too long, no JSON, unknown or surplus fields. */
export const parseControlMessage = (data: unknown): ControlMessage | null => {
  if (typeof data !== 'string' || data.length > limits.frameBytes) return null
  try {
    const parsed = v.safeParse(ControlMessage, JSON.parse(data))
    return parsed.success ? parsed.output : null
  } catch {
    return null
  }
}
