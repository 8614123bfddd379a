import { createHmac, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import { limits, PeerId, RoomCode } from '#signalling/protocol.ts'

/** Everything the server must know to bring back a peer, and the room if it is gone; the door of a room is not in here. */
const Claims = v.strictObject({
  code: RoomCode,
  title: v.pipe(v.string(), v.maxLength(limits.title)),
  capacity: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(limits.roomCapacity)),
  /** What another system calls the room. */
  roomName: v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(limits.roomName))),
  peerId: PeerId,
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.name)),
  /** Counts the tokens of this peer; only the latest is good. */
  generation: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Whether this peer was a host when the token was sealed. Null where there are none: rooms that other systems made. */
  role: v.nullable(v.picklist(['host', 'guest'])),
  /** Milliseconds since 1970. */
  expires: v.pipe(v.number(), v.safeInteger()),
})
export type Claims = v.InferOutput<typeof Claims>

/** Keeps what is sealed here from being mistaken for something else that the same key may seal later. */
const PURPOSE = 'earshot resume 3\n'

/**
 * Seals and opens resume tokens: `base64url(claims as JSON).base64url(HMAC-SHA256)`. Self-contained, so that a server
 * that restarts with the same key knows them. Whether a token was used before is for the room to say.
 */
export class ResumeTokens {
  readonly #key: Uint8Array

  /** `key`: 32 random bytes that nobody else has. */
  constructor(key: Uint8Array) {
    this.#key = key
  }

  seal(claims: Claims): string {
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
    return `${payload}.${this.#sign(payload).toString('base64url')}`
  }

  /** Answers null for anything that this key has not sealed, and for what has expired. */
  open(token: string, now: number): Claims | null {
    const [payload = '', seal = '', ...rest] = token.split('.')
    const given = Buffer.from(seal, 'base64url')
    const expected = this.#sign(payload)
    if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return null
    const claims = v.safeParse(Claims, JSON.parse(Buffer.from(payload, 'base64url').toString()))
    return claims.success && claims.output.expires > now ? claims.output : null
  }

  #sign(payload: string): Buffer {
    return createHmac('sha256', this.#key).update(PURPOSE).update(payload).digest()
  }
}
