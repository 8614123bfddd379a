import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { limits } from '#signalling/protocol.ts'
import { newPeerId } from '#signalling/domain/peers.ts'
import { ResumeTokens, type Claims } from '#signalling/domain/resume-tokens.ts'

const claims: Claims = {
  code: 'k7mq2xvd9thr',
  title: '',
  capacity: 16,
  roomName: null,
  peerId: newPeerId(),
  name: 'Ann',
  generation: 1,
  role: null,
  expires: 1000,
}

test('a sealed token opens to the same claims', () => {
  const tokens = new ResumeTokens(randomBytes(32))
  expect(tokens.open(tokens.seal(claims), 999)).toEqual(claims)
})

test('a token is worth nothing from the moment it expires', () => {
  const tokens = new ResumeTokens(randomBytes(32))
  expect(tokens.open(tokens.seal(claims), 1000)).toBeNull()
})

test('a token of another key does not open', () => {
  const token = new ResumeTokens(randomBytes(32)).seal(claims)
  expect(new ResumeTokens(randomBytes(32)).open(token, 0)).toBeNull()
})

test('a token with any one letter changed does not open', () => {
  const tokens = new ResumeTokens(randomBytes(32))
  const token = tokens.seal(claims)
  // The last letter of 32 bytes in base64 carries two bits that say nothing.
  for (let at = 0; at < token.length - 1; at += 1) {
    const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
    expect(tokens.open(changed, 0), `letter ${at}`).toBeNull()
  }
})

test.each(['', '.', '..', 'a', 'a.b', 'a.b.c', '🙂.🙂', '{}.', '.'.repeat(500)])('%j does not open', (token) => {
  expect(new ResumeTokens(randomBytes(32)).open(token, 0)).toBeNull()
})

test('a token with the longest title and name fits the limit of the wire', () => {
  const longest = {
    ...claims,
    title: '語'.repeat(limits.title),
    name: '語'.repeat(limits.name),
    generation: 1e9,
    role: 'guest' as const,
    expires: 1e13,
  }
  const tokens = new ResumeTokens(randomBytes(32))
  const token = tokens.seal(longest)
  expect(token.length).toBeLessThanOrEqual(limits.resumeToken)
  expect(tokens.open(token, 0)).toEqual(longest)
})
