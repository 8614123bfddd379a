import { expect, test } from 'vitest'
import { DURATION_BOUNDS, Durations, Tally } from '#signalling/metrics.ts'

test('a duration is counted once, in the smallest bound that holds it', () => {
  const durations = new Durations()
  for (const seconds of [0, DURATION_BOUNDS[0], 0.000_06, 1, 60]) durations.observe(seconds)
  const within = new Map<number, number>([
    [DURATION_BOUNDS[0], 2],
    [0.000_1, 1],
    [2.5, 1],
  ])
  const expected = DURATION_BOUNDS.map((bound) => within.get(bound) ?? 0)
  expect(durations.counts).toEqual([...expected, 1])
  expect(durations.sum).toBeCloseTo(61.000_11)
})

test('requests and refusals are counted by name', () => {
  const tally = new Tally()
  tally.took('room:join', performance.now())
  tally.took('room:join', performance.now())
  tally.refuse('room-full')
  tally.refuse('room-full')
  tally.refuse('flood')
  expect(tally.requests.get('room:join')?.counts.reduce((sum, count) => sum + count)).toBe(2)
  expect([...tally.refused]).toEqual([
    ['room-full', 2],
    ['flood', 1],
  ])
})
