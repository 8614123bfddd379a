import type { createPublicKey } from 'node:crypto'
import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { challengeMessage, isProof, newNonce, parseIdentityKey } from '#signalling/domain/identity.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = publicKey.export({ format: 'jwk' })
const spki = publicKey.export({ format: 'der', type: 'spki' })
const signed = (message: Buffer, dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363') =>
  sign('sha256', message, { key: privateKey, dsaEncoding }).toString('base64url')

test('a key has one fingerprint, whatever form it is sent in', () => {
  const identity = parseIdentityKey(jwk)!
  expect(identity.fingerprint).toMatch(/^[\w-]{43}$/)
  expect(parseIdentityKey(spki.toString('base64url'))?.fingerprint).toBe(identity.fingerprint)
  expect(parseIdentityKey({ ...jwk, kid: 'mine', use: 'sig' })?.fingerprint).toBe(identity.fingerprint)
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  expect(parseIdentityKey(other)?.fingerprint).not.toBe(identity.fingerprint)
})

const broken = Buffer.from(spki)
broken[broken.length - 1]! ^= 1
const exported = (pair: { publicKey: ReturnType<typeof createPublicKey> }) =>
  pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url')

test.each([
  ['a point beside the curve', { ...jwk, y: jwk.x }],
  ['a point beside the curve in bytes', broken.toString('base64url')],
  ['the origin', { ...jwk, x: 'A'.repeat(43), y: 'A'.repeat(43) }],
  ['a coordinate that is too long', { ...jwk, x: 'A'.repeat(44) }],
  ['another curve', generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })],
  ['another curve of the same size', exported(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))],
  ['another algorithm', exported(generateKeyPairSync('ed25519'))],
  ['an RSA key', exported(generateKeyPairSync('rsa', { modulusLength: 1024 }))],
  ['text', 'no key'],
  ['nothing', undefined],
])('%s is no key', (_, said) => {
  expect(parseIdentityKey(said)).toBeNull()
})

test('a proof is of this key, this nonce, this id and this purpose', () => {
  const identity = parseIdentityKey(jwk)!
  const nonce = newNonce()
  expect(newNonce()).not.toBe(nonce)
  const proof = signed(challengeMessage(nonce, 'ann'))
  expect(isProof(identity, nonce, 'ann', proof)).toBe(true)
  expect(isProof(identity, newNonce(), 'ann', proof)).toBe(false)
  expect(isProof(identity, nonce, 'bob', proof)).toBe(false)
  const other = parseIdentityKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }))
  expect(isProof(other!, nonce, 'ann', proof)).toBe(false)
  expect(isProof(identity, nonce, 'ann', signed(Buffer.from(`${nonce}\nann`)))).toBe(false)
})

test('a signature in another form, of another length or of zeros proves nothing', () => {
  const identity = parseIdentityKey(jwk)!
  const message = challengeMessage('nonce', 'ann')
  for (const bad of [signed(message, 'der'), `${signed(message)}AA`, '', 'A'.repeat(86), 7, null, {}])
    expect(isProof(identity, 'nonce', 'ann', bad)).toBe(false)
})
