import { expect, test } from 'vitest'
import { Addresses } from '#signalling/http/addresses.ts'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

const create = (limits: Partial<ServerLimits> = {}) => {
  const clock = new ManualClock()
  return { clock, addresses: new Addresses({ ...defaultServerLimits, ...limits }, clock) }
}

test('a place is given back by the one who leaves', () => {
  const { addresses } = create({ connectionsPerAddress: 1 })
  const leave = addresses.enter('10.0.0.1')
  expect(addresses.enter('10.0.0.1')).toBeNull()
  leave?.()
  expect(addresses.connections).toBe(0)
  expect(addresses.enter('10.0.0.1')).not.toBeNull()
})

test('one address is one address, however the system writes it, and another is another', () => {
  const { addresses } = create({ connectionsPerAddress: 1 })
  addresses.enter('::ffff:10.0.0.1')
  expect(addresses.enter('10.0.0.1')).toBeNull()
  expect(addresses.enter('fe80::1')).not.toBeNull()
  expect(addresses.enter('fe80::2')).not.toBeNull()
})

test.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])(
  '%s is bound by the number of all alone',
  (address) => {
    const { addresses } = create({ connectionsPerAddress: 1, connections: 3, connectRate: { burst: 1, perSecond: 1 } })
    addresses.punish(address)
    expect([1, 2, 3, 4].map(() => addresses.enter(address) !== null)).toEqual([true, true, true, false])
  },
)

test('whoever was punished stays out until the time is over', () => {
  const { addresses, clock } = create({ penaltyMs: 1000 })
  addresses.punish('10.0.0.1')
  expect(addresses.enter('10.0.0.1')).toBeNull()
  clock.advance(1000)
  expect(addresses.enter('10.0.0.1')).not.toBeNull()
})

test('a punished address is not forgotten for the sake of new ones', () => {
  const { addresses } = create({ penaltyMs: 1000, idleAddresses: 5 })
  addresses.punish('10.0.0.1')
  for (let index = 0; index < 20; index += 1) addresses.enter(`10.1.0.${index}`)?.()
  expect(addresses.enter('10.0.0.1')).toBeNull()
})
