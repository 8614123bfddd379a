/**
 * Between the signals of our protocol, which name the connection they are of, and those of systems that send bare session
 * descriptions and candidates, one at a time.
 */
import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { limits, type Candidate, type PeerId, type Signal } from '#signalling/protocol.ts'

const Sdp = v.pipe(v.string(), v.maxLength(limits.sdp))

/** `RTCSessionDescriptionInit`, or only its text. Further fields are let go. */
const describe = (type: 'offer' | 'answer') => v.union([v.object({ type: v.literal(type), sdp: Sdp }), Sdp])
const descriptions = { offer: describe('offer'), answer: describe('answer') }

const text = (max: number) => v.pipe(v.string(), v.maxLength(max))
const CandidateFields = v.object({
  candidate: text(limits.candidate),
  sdpMid: v.nullish(text(16), null),
  sdpMLineIndex: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)), null),
  usernameFragment: v.nullish(text(256), null),
})
/** Null, as browsers tell the end of candidates, or the fields of RTCIceCandidateInit, or only its text. */
const BareCandidate = v.nullable(v.union([CandidateFields, text(limits.candidate)]))

/** RFC 8866, section 5.2: one connection of a browser keeps its session id over all its descriptions. */
const ORIGIN = /^o=\S+ (\S+) /m

const epochOf = (sdp: string): string =>
  createHash('sha256')
    .update(ORIGIN.exec(sdp)?.[1] ?? sdp)
    .digest('base64url')
    .slice(0, 22)

/** Whether a client writes descriptions and candidates as objects or as their text alone: the others then do, too. */
export type Form = 'object' | 'text'

/**
 * How descriptions, and how candidates, are written to whom: as they write themselves or, as long as they have not, as the
 * last one did in their room.
 */
export class Forms {
  readonly #known = new WeakMap<object, Map<Signal['kind'], Form>>()

  note(writer: object, room: object, kind: Signal['kind'], said: unknown): void {
    if (said === null) return
    const form: Form = typeof said === 'string' ? 'text' : 'object'
    for (const key of [writer, room]) {
      const known = this.#known.get(key)
      if (known === undefined) this.#known.set(key, new Map([[kind, form]]))
      else known.set(kind, form)
    }
  }

  /** How to write to `reader`; as objects when nobody has written yet. */
  of(reader: object, room: object, kind: Signal['kind']): Form {
    return this.#known.get(reader)?.get(kind) ?? this.#known.get(room)?.get(kind) ?? 'object'
  }
}

/**
 * What one client of another system sends and is sent. It knows no epochs: a description's session id is one, and
 * candidates belong to the last description that went the same way.
 */
export class BareSignals {
  readonly #epochs = new Map<PeerId, string>()

  /** Answers null for what is no description of this type. */
  description(to: PeerId, type: 'offer' | 'answer', said: unknown): { signal: Signal; form: Form } | null {
    const parsed = v.safeParse(descriptions[type], said)
    if (!parsed.success) return null
    const form = typeof parsed.output === 'string' ? 'text' : 'object'
    const sdp = typeof parsed.output === 'string' ? parsed.output : parsed.output.sdp
    const epoch = epochOf(sdp)
    this.#epochs.set(to, epoch)
    return { signal: { kind: 'description', epoch, toEpoch: null, type, sdp }, form }
  }

  /** Answers null for what is no candidate. One that comes before any description is of an epoch that never begins. */
  candidate(to: PeerId, said: unknown): Signal | null {
    const parsed = v.safeParse(BareCandidate, said)
    if (!parsed.success) return null
    const epoch = this.#epochs.get(to) ?? 'none'
    return { kind: 'candidates', epoch, toEpoch: null, candidates: [toCandidate(parsed.output)] }
  }

  forget(peer: PeerId): void {
    this.#epochs.delete(peer)
  }
}

const toCandidate = (bare: v.InferOutput<typeof BareCandidate>): Candidate => {
  // Everything is bundled on the first line (RFC 8843), so that is what a candidate alone can only be about.
  if (bare === null || typeof bare === 'string')
    return { candidate: bare ?? '', sdpMid: null, sdpMLineIndex: 0, usernameFragment: null }
  return bare.sdpMid === null && bare.sdpMLineIndex === null ? { ...bare, sdpMLineIndex: 0 } : bare
}

/** As a client of another system gets it: a description, or each candidate by itself. Reports are for clients of ours alone. */
export type Bare =
  | { readonly kind: 'offer' | 'answer'; readonly value: { readonly type: string; readonly sdp: string } | string }
  | { readonly kind: 'candidate'; readonly value: Candidate | string }

export const toBare = (signal: Signal, form: Form = 'object'): readonly Bare[] => {
  if (signal.kind === 'report') return []
  if (signal.kind === 'candidates')
    return signal.candidates.map((candidate) => ({
      kind: 'candidate',
      value: form === 'text' ? candidate.candidate : candidate,
    }))
  const { type, sdp } = signal
  return [{ kind: type, value: form === 'text' ? sdp : { type, sdp } }]
}
