import { expect, test, vi } from 'vitest'
import { StoredClaims } from '#signalling/domain/identity-claims.ts'
import { MemoryStore } from '#signalling/store/memory-store.ts'
import { Users, type Device } from '#signalling/domain/users.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

const AWAY_MS = 1000
const deviceAt = (address: string): Device => ({ address, tell: () => undefined })

const createUsers = (limits: { users?: number; claims?: number } = {}) => {
  const clock = new ManualClock()
  const claims = new StoredClaims(new MemoryStore(), { claims: limits.claims ?? 10, claimLifetimeMs: 1e6 })
  return { clock, users: new Users({ clock, claims, limits: { users: limits.users ?? 10, awayMs: AWAY_MS } }) }
}

test('an id without a key is for one connection', () => {
  const { users } = createUsers()
  expect(users.join('ann', deviceAt('a'), null)).toBeNull()
  expect(users.join('ann', deviceAt('a'), null)).toBe('user-id-taken')
  expect(users.join('ann', deviceAt('a'), 'key')).toBe('user-id-taken')
  expect([...users.devicesOf('ann')]).toHaveLength(1)
})

test('after a loss an id without a key waits for whoever comes from the same place, then for anybody', () => {
  const { users, clock } = createUsers()
  const device = deviceAt('home')
  users.join('ann', device, null)
  users.lost('ann', device)
  expect([users.isOnline('ann'), users.awaySince('ann')]).toEqual([false, clock.now()])
  clock.advance(AWAY_MS - 1)
  expect(users.join('ann', deviceAt('elsewhere'), null)).toBe('user-id-taken')
  const back = deviceAt('home')
  expect(users.join('ann', back, null)).toBeNull()
  expect([users.isOnline('ann'), users.awaySince('ann'), clock.pending]).toEqual([true, null, 0])
  users.lost('ann', back)
  clock.advance(AWAY_MS)
  expect(users.join('ann', deviceAt('elsewhere'), null)).toBeNull()
})

test('a key opens its id from everywhere, at any time and on several devices', () => {
  const { users } = createUsers()
  const [phone, desk] = [deviceAt('a'), deviceAt('b')]
  expect(users.join('ann', phone, 'key')).toBeNull()
  expect(users.join('ann', desk, 'key')).toBeNull()
  users.lost('ann', phone)
  expect([...users.devicesOf('ann')]).toEqual([desk])
  expect(users.join('ann', deviceAt('a'), null)).toBe('user-id-taken')
  users.lost('ann', desk)
  expect(users.join('ann', deviceAt('b'), null)).toBe('user-id-taken')
  expect(users.join('ann', deviceAt('c'), 'key')).toBeNull()
})

test('whoever was without a key may show one when coming back to the same place', () => {
  const { users } = createUsers()
  const device = deviceAt('home')
  users.join('ann', device, null)
  users.lost('ann', device)
  expect(users.join('ann', deviceAt('elsewhere'), 'key')).toBe('user-id-taken')
  expect(users.join('ann', deviceAt('home'), 'key')).toBeNull()
  expect(users.join('ann', deviceAt('home'), null)).toBe('user-id-taken')
})

test('each who is gone for good is told of once: at once when on purpose, else after the wait', () => {
  const { users, clock } = createUsers()
  const gone = vi.fn()
  users.onGone = gone
  const [ann, bob] = [deviceAt('a'), deviceAt('b')]
  users.join('ann', ann, null)
  users.join('bob', bob, null)
  users.leave('ann', ann)
  users.leave('ann', ann)
  expect(gone.mock.calls).toEqual([['ann']])
  users.lost('bob', bob)
  users.lost('bob', bob)
  clock.advance(AWAY_MS)
  expect(gone.mock.calls).toEqual([['ann'], ['bob']])
  expect([users.size, clock.pending]).toEqual([0, 0])
})

test('users and claims are counted', () => {
  const { users } = createUsers({ users: 2, claims: 1 })
  expect(users.join('ann', deviceAt('a'), 'key')).toBeNull()
  expect(users.join('bob', deviceAt('a'), 'key')).toBe('server-full')
  expect(users.join('bob', deviceAt('a'), null)).toBeNull()
  expect(users.join('cy', deviceAt('a'), null)).toBe('server-full')
  expect(users.join('ann', deviceAt('b'), 'key')).toBeNull()
})

test('once closed it waits for nobody', () => {
  const { users, clock } = createUsers()
  const [ann, bob] = [deviceAt('a'), deviceAt('b')]
  users.join('ann', ann, null)
  users.join('bob', bob, null)
  users.lost('ann', ann)
  users.close()
  users.lost('bob', bob)
  expect(clock.pending).toBe(0)
})
