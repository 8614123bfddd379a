import * as v from 'valibot'
import { PeerId, Signal, limits } from '#signalling/protocol.ts'

/** What two links tell each other over their data channel, beside media. */
const ControlMessage = v.variant('kind', [
  /** Once a second: this side is alive and its packets arrive. */
  v.strictObject({ kind: v.literal('heartbeat') }),
  /** Asks for a heartbeat at once. */
  v.strictObject({ kind: v.literal('probe') }),
  /** Whether this side can be heard and seen: its own word. */
  v.strictObject({ kind: v.literal('state'), microphoneOn: v.boolean(), cameraOn: v.boolean() }),
  /** The person leaves; do not wait for them. */
  v.strictObject({ kind: v.literal('bye') }),
  /** This person came back into the room under another id; this link is of use only until the new one connects. */
  v.strictObject({ kind: v.literal('moved'), to: PeerId }),
  v.strictObject({ kind: v.literal('signal'), signal: Signal }),
])
export type ControlMessage = v.InferOutput<typeof ControlMessage>

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
