import { expect, test } from 'vitest'
import { TokenBucket } from '#signalling/domain/rate-limit.ts'

const takeMany = (bucket: TokenBucket, times: number, now: number) =>
  Array.from({ length: times }, () => bucket.take(now))

test('a burst is allowed and what goes beyond it is refused', () => {
  const bucket = new TokenBucket({ burst: 3, perSecond: 1 }, 0)
  expect(takeMany(bucket, 4, 0)).toEqual(['allowed', 'allowed', 'allowed', 'refused'])
})

test('waiting refills the bucket, but never beyond the burst', () => {
  const bucket = new TokenBucket({ burst: 2, perSecond: 1 }, 0)
  takeMany(bucket, 2, 0)
  expect(bucket.take(1000)).toBe('allowed')
  expect(bucket.take(1000)).toBe('refused')
  expect(takeMany(bucket, 3, 3_600_000)).toEqual(['allowed', 'allowed', 'refused'])
})

test('three times the burst without a pause is abuse', () => {
  const bucket = new TokenBucket({ burst: 2, perSecond: 1 }, 0)
  expect(takeMany(bucket, 6, 0)).toEqual(['allowed', 'allowed', 'refused', 'refused', 'refused', 'abuse'])
})

test('a clock that goes backwards gives nothing and takes nothing', () => {
  const bucket = new TokenBucket({ burst: 2, perSecond: 1 }, 10_000)
  expect(bucket.take(0)).toBe('allowed')
  expect(bucket.isFull(0)).toBe(false)
  expect(bucket.isFull(1000)).toBe(true)
})

test('a budget of bytes is used up, comes back with time, and is not touched by what does not fit', () => {
  const budget = new TokenBucket({ burst: 100, perSecond: 10 }, 0)
  const take = (now: number, ...bytes: readonly number[]) => bytes.map((each) => budget.tryTake(now, each))
  expect(take(0, 60, 60, 40, 1)).toEqual([true, false, true, false])
  expect(take(1000, 11, 10)).toEqual([false, true])
  expect(take(1_000_000, 100, 1)).toEqual([true, false])
})
