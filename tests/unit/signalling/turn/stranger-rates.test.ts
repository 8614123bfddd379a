import { expect, test } from 'vitest'
import { defaultServerLimits } from '#signalling/server-limits.ts'
import { ByteBudget } from '#signalling/turn/byte-budget.ts'
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

test('a budget of bytes is used up, comes back with time, and is not touched by what does not fit', () => {
  const budget = new ByteBudget({ burst: 100, perSecond: 10 }, 0)
  expect([budget.take(60, 0), budget.take(60, 0), budget.take(40, 0), budget.take(1, 0)]).toEqual([
    true,
    false,
    true,
    false,
  ])
  expect([budget.take(11, 1000), budget.take(10, 1000)]).toEqual([false, true])
  expect([budget.take(100, 1_000_000), budget.take(1, 1_000_000)]).toEqual([true, false])
})
