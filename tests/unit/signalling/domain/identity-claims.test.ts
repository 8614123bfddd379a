import { expect, test } from 'vitest'
import { StoredClaims } from '#signalling/domain/identity-claims.ts'
import { StoreFault } from '#signalling/store/store.ts'
import { MemoryStore } from '#signalling/store/memory-store.ts'

const LIMITS = { claims: 2, claimLifetimeMs: 100 }

test('an id belongs to the key that it was last kept for', () => {
  const claims = new StoredClaims(new MemoryStore(), LIMITS)
  expect(claims.find('ann', 0)).toBeNull()
  expect(claims.keep('ann', 'key', 0)).toBe(true)
  expect([claims.find('ann', 50), claims.find('__proto__', 50)]).toEqual(['key', null])
})

test('a claim expires when it is not shown for its lifetime', () => {
  const claims = new StoredClaims(new MemoryStore(), LIMITS)
  claims.keep('ann', 'key', 0)
  claims.keep('bob', 'key', 50)
  claims.keep('ann', 'key', 60)
  expect([claims.find('ann', 155), claims.find('bob', 155)]).toEqual(['key', null])
  expect(claims.find('ann', 160)).toBeNull()
})

test('a full store takes no new ids and keeps all it has, until one expires', () => {
  const claims = new StoredClaims(new MemoryStore(), LIMITS)
  claims.keep('ann', 'key', 0)
  claims.keep('bob', 'key', 10)
  expect(claims.keep('cy', 'key', 20)).toBe(false)
  expect(claims.keep('bob', 'key', 20)).toBe(true)
  expect([claims.find('ann', 20), claims.find('bob', 20), claims.find('cy', 20)]).toEqual(['key', 'key', null])
  expect(claims.keep('cy', 'key', 100)).toBe(true)
})

test('a store that takes nothing takes no claim, and one that cannot be read knows nobody', () => {
  const fail = () => {
    throw new StoreFault('full', null)
  }
  const full = Object.assign(new MemoryStore(), { keepClaim: fail })
  expect(new StoredClaims(full, LIMITS).keep('ann', 'key', 0)).toBe(false)
  const broken = Object.assign(new MemoryStore(), { findClaim: fail })
  expect(() => new StoredClaims(broken, LIMITS).find('ann', 0)).toThrow(StoreFault)
})
