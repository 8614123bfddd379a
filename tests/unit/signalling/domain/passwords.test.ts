import { expect, test } from 'vitest'
import { hashPassword, isPassword, PASSWORD_HASH } from '#signalling/domain/passwords.ts'

test('[G3] of a password a salted hash is kept, and only that password opens it', () => {
  const hash = hashPassword('open sesame')
  expect(hash).toMatch(PASSWORD_HASH)
  expect(hash).not.toContain('sesame')
  expect(hashPassword('open sesame')).not.toBe(hash)
  expect(isPassword(hash, 'open sesame')).toBe(true)
  for (const wrong of ['Open sesame', 'open sesame ', '', 'x'.repeat(128)]) expect(isPassword(hash, wrong)).toBe(false)
})

test('[G3] letters beyond ASCII are told apart', () => {
  const hash = hashPassword('schlüssel 🔑')
  expect(isPassword(hash, 'schlüssel 🔑')).toBe(true)
  expect(isPassword(hash, 'schlussel 🔑')).toBe(false)
})
