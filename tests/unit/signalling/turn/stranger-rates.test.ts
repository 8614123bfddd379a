import { expect, test } from 'vitest'
import { defaultServerLimits } from '#signalling/server-limits.ts'
import { StrangerRates } from '#signalling/turn/stranger-rates.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

const often = { burst: 1000, perSecond: 1000 }

test('each address has its own rate, and all together have one', () => {
  const clock = new ManualClock()
  const limits = {
    ...defaultServerLimits,
    turnStrangerRate: { burst: 2, perSecond: 1 },
    turnStrangersRate: { burst: 3, perSecond: 1 },
  }
  const rates = new StrangerRates(limits, clock)
  expect(['a', 'a', 'a', 'b', 'b', 'c'].map((address) => rates.mayBeAnswered(address))).toEqual([
    ...[true, true, false],
    ...[true, false, false],
  ])
  clock.advance(60_000)
  expect(rates.mayBeAnswered('a')).toBe(true)
})

test('of made-up addresses only so many are remembered: whoever was longest known is forgotten', () => {
  const clock = new ManualClock()
  const limits = {
    ...defaultServerLimits,
    idleAddresses: 2,
    turnStrangerRate: { burst: 1, perSecond: 0.001 },
    turnStrangersRate: often,
  }
  const rates = new StrangerRates(limits, clock)
  expect(['a', 'b', 'a', 'b'].map((address) => rates.mayBeAnswered(address))).toEqual([true, true, false, false])
  expect(rates.mayBeAnswered('c')).toBe(true)
  expect(rates.mayBeAnswered('b')).toBe(false)
  expect(rates.mayBeAnswered('a')).toBe(true)
})
