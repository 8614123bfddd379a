import { createHash, createPublicKey, randomBytes, verify, type KeyObject } from 'node:crypto'
import * as v from 'valibot'

/** Keeps a signature made here from being good for anything else that the same key may ever sign. */
const PURPOSE = 'earshot identity 1\n'

const NONCE_BYTES = 32
/** The two coordinates or the two halves of a signature, 32 bytes each. */
const PAIR_BYTES = 64

const base64url = (max: number) => v.pipe(v.string(), v.maxLength(max), v.regex(/^[\w-]+$/))

/** A public ECDSA P-256 key: a JWK (further members are let go) or the base64url of its SubjectPublicKeyInfo. */
const PublicKey = v.union([
  v.object({ kty: v.literal('EC'), crv: v.literal('P-256'), x: base64url(43), y: base64url(43) }),
  base64url(256),
])

export interface IdentityKey {
  readonly key: KeyObject
  /** Names the key whatever form it was sent in (RFC 7638, SHA-256). */
  readonly fingerprint: string
}

const readKey = (said: v.InferOutput<typeof PublicKey>): KeyObject =>
  typeof said === 'string'
    ? createPublicKey({ key: Buffer.from(said, 'base64url'), format: 'der', type: 'spki' })
    : createPublicKey({ key: said, format: 'jwk' })

/** Answers null for what is no point of the curve P-256, however it is written. */
export const parseIdentityKey = (said: unknown): IdentityKey | null => {
  const parsed = v.safeParse(PublicKey, said)
  if (!parsed.success) return null
  try {
    const key = readKey(parsed.output)
    if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return null
    const { crv, kty, x, y } = key.export({ format: 'jwk' })
    const fingerprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
    return { key, fingerprint }
  } catch {
    // Node throws for bytes that are no key and for points beside the curve.
    return null
  }
}

/** 256 random bits: nobody signed this before. */
export const newNonce = (): string => randomBytes(NONCE_BYTES).toString('base64url')

/** The bytes that whoever claims an id signs. */
export const challengeMessage = (nonce: string, userId: string): Buffer => Buffer.from(`${PURPOSE}${nonce}\n${userId}`)

/** `signature`: base64url of the 64 bytes that WebCrypto makes (r and s, IEEE P1363), over SHA-256. */
export const isProof = (identity: IdentityKey, nonce: string, userId: string, signature: unknown): boolean => {
  const text = v.safeParse(base64url(PAIR_BYTES * 2), signature)
  if (!text.success) return false
  const bytes = Buffer.from(text.output, 'base64url')
  if (bytes.length !== PAIR_BYTES) return false
  return verify('sha256', challengeMessage(nonce, userId), { key: identity.key, dsaEncoding: 'ieee-p1363' }, bytes)
}
