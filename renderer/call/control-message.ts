import * as v from 'valibot'
import { HostPin, PeerId, ResumeToken, Signal, limits } from '#signalling/protocol.ts'
import { deviceProblems } from './call-state.ts'

/** SHA-256, or 256 random bits, in base64url. */
const Digest = v.pipe(v.string(), v.regex(/^[\w-]{43}$/))

/** Where a computer hosts: as `PinnedHost` of electron/ipc.ts. */
const Host = v.strictObject({
  pin: HostPin,
  addresses: v.pipe(v.array(v.pipe(v.string(), v.maxLength(64))), v.maxLength(8), v.readonly()),
})
/** Numbers the requests of one tunnel. */
const TunnelId = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff))

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
  /** Whether this side reaches the server of the room. Said when that changes, and at once to whoever says that they do not. */
  v.strictObject({ kind: v.literal('host-reached'), isReached: v.boolean() }),
  /** This side's computer goes on with the room: where, and the token for the other side's place there. */
  v.strictObject({ kind: v.literal('taken-over'), host: Host, token: ResumeToken }),
  /** A computer that comes before this one in the succession is there again, and has the room: everybody goes there. */
  v.strictObject({ kind: v.literal('gone-back'), host: Host }),
  /** For whoever has no way of their own to the server that took over (browsers): over this link (succession/tunnel-*.ts). */
  v.strictObject({ kind: v.literal('tunnel-open') }),
  v.strictObject({ kind: v.literal('tunnel-close') }),
  v.strictObject({
    kind: v.literal('tunnel-request'),
    /** Null: not answered. */
    id: v.nullable(TunnelId),
    name: v.pipe(v.string(), v.maxLength(32)),
    payload: v.unknown(),
  }),
  v.strictObject({ kind: v.literal('tunnel-answer'), id: TunnelId, answer: v.unknown() }),
  v.strictObject({ kind: v.literal('tunnel-fact'), name: v.pipe(v.string(), v.maxLength(32)), fact: v.unknown() }),
])
export type ControlMessage = v.InferOutput<typeof ControlMessage>
/** About who the other side is. */
export type TrustWord = Extract<ControlMessage, { kind: 'proof' | 'identity' | 'commit' | 'reveal' }>
/** About the computer that hosts. */
export type HostWord = Extract<
  ControlMessage,
  { kind: 'host-reached' | 'taken-over' | 'gone-back' | `tunnel-${string}` }
>
/** What is told over a link from outside of it. */
export type LinkWord = Extract<ControlMessage, { kind: 'moved' }> | TrustWord | HostWord

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
