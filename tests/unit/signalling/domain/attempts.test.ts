import { expect, test } from 'vitest'
import { Attempts } from '#signalling/domain/attempts.ts'
import { LOOPBACK } from '#signalling/domain/origins.ts'
import { TokenBucket } from '#signalling/domain/rate-limit.ts'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

const HERE = '192.0.2.1'
const THERE = '192.0.2.2'
const open = (changes: Partial<ServerLimits> = {}) => {
  const clock = new ManualClock()
  const attempts = new Attempts({ ...defaultServerLimits, ...changes }, clock)
  return { clock, attempts, room: new TokenBucket({ burst: 100, perSecond: 1 }, clock.now()) }
}

test('[G4] wrong passwords of one address are bounded, right ones are not, and another address is not concerned', () => {
  const { attempts, room } = open({ passwordRate: { burst: 2, perSecond: 1 } })
  for (let times = 0; times < 10; times += 1) {
    expect(attempts.mayGuess(HERE, room)).toBe(true)
    attempts.wasRight(HERE, room)
  }
  const tries = [1, 2, 3, 4].map(() => attempts.mayGuess(HERE, room))
  expect(tries).toEqual([true, true, false, false])
  expect(attempts.mayGuess(THERE, room)).toBe(true)
})

test('[G4] whoever is refused is not counted, so that one second later one more is allowed', () => {
  const { clock, attempts, room } = open({ passwordRate: { burst: 1, perSecond: 1 } })
  expect(Array.from({ length: 50 }, () => attempts.mayGuess(HERE, room)).filter(Boolean)).toHaveLength(1)
  clock.advance(1000)
  expect([attempts.mayGuess(HERE, room), attempts.mayGuess(HERE, room)]).toEqual([true, false])
})

test('[G4] what one address is refused is not taken from the room, nor what the room refuses from the address', () => {
  const { clock, attempts } = open({ passwordRate: { burst: 1, perSecond: 0.001 } })
  const room = new TokenBucket({ burst: 2, perSecond: 0.001 }, clock.now())
  for (let times = 0; times < 5; times += 1) attempts.mayGuess(HERE, room)
  expect(attempts.mayGuess(THERE, room)).toBe(true)
  expect(attempts.mayGuess('192.0.2.3', room)).toBe(false)
  const other = new TokenBucket({ burst: 2, perSecond: 1 }, clock.now())
  expect(attempts.mayGuess('192.0.2.3', other)).toBe(true)
})

test('[G5] passwords are hashed so often for one address, and so often for all', () => {
  const { attempts } = open({
    hashRate: { burst: 3, perSecond: 0.001 },
    serverHashRate: { burst: 5, perSecond: 0.001 },
  })
  const take = (origin: string) => [1, 2, 3, 4].map(() => attempts.mayHash(origin)).filter(Boolean).length
  expect([take(HERE), take(THERE), take('192.0.2.3')]).toEqual([3, 2, 0])
})

test.each([
  [true, 20],
  [false, 1],
])('[G4] loopback may be a proxy for everybody (exempt: %s): %s of 20 tries', (isLoopbackExempt, allowed) => {
  const { attempts, room } = open({ isLoopbackExempt, passwordRate: { burst: 1, perSecond: 0.001 } })
  expect(Array.from({ length: 20 }, () => attempts.mayGuess(LOOPBACK, room)).filter(Boolean)).toHaveLength(allowed)
})

test('[G8] so many rooms are asked for in vain, and then none is looked for', () => {
  const { clock, attempts } = open({ missRate: { burst: 2, perSecond: 1 } })
  attempts.missed(HERE)
  expect(attempts.mayAsk(HERE)).toBe(true)
  attempts.missed(HERE)
  expect([attempts.mayAsk(HERE), attempts.mayAsk(THERE)]).toEqual([false, true])
  attempts.found(HERE)
  expect(attempts.mayAsk(HERE)).toBe(true)
  attempts.missed(HERE)
  clock.advance(1000)
  expect(attempts.mayAsk(HERE)).toBe(true)
})

test('no more addresses are remembered than allowed: first those go that have been quiet, then the oldest', () => {
  const { clock, attempts } = open({ triedAddresses: 2, missRate: { burst: 1, perSecond: 1 } })
  attempts.missed('a')
  clock.advance(1000)
  attempts.missed('b')
  attempts.missed('c')
  expect(['b', 'c'].map((origin) => attempts.mayAsk(origin))).toEqual([false, false])
  attempts.missed('d')
  expect(['b', 'c', 'd'].map((origin) => attempts.mayAsk(origin))).toEqual([true, false, false])
})
