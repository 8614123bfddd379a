import { expect, test } from 'vitest'
import { Generations } from '#signalling/domain/generations.ts'

test('only the remembered generation of somebody known is good', () => {
  const generations = new Generations(10)
  generations.remember('a', 2, 100)
  expect(generations.allows('a', 2, 50)).toBe(true)
  expect(generations.allows('a', 1, 50)).toBe(false)
  expect(generations.allows('a', 3, 50)).toBe(false)
})

test('nobody unknown is refused while nothing was forgotten', () => {
  expect(new Generations(10).allows('a', 7, 0)).toBe(true)
})

test('whoever is revoked has no good generation', () => {
  const generations = new Generations(10)
  generations.revoke('a', 100)
  expect(generations.allows('a', 1, 50)).toBe(false)
})

test('what was forgotten for lack of space stays refused, and what was issued later is good', () => {
  const generations = new Generations(2)
  generations.revoke('a', 100)
  generations.revoke('b', 200)
  generations.revoke('c', 300)
  expect(generations.allows('a', 1, 90)).toBe(false)
  expect(generations.allows('stranger', 1, 300)).toBe(false)
  expect(generations.allows('stranger', 1, 301)).toBe(true)
})

const recordOf = ({ entries, forgottenUntil }: Generations) =>
  JSON.parse(JSON.stringify({ entries, forgottenUntil })) as Pick<Generations, 'entries' | 'forgottenUntil'>

test('others go on with what was remembered, revoked and forgotten', () => {
  const former = new Generations(2)
  former.revoke('a', 100)
  former.revoke('b', 200)
  former.remember('c', 3, 300)
  const generations = new Generations(2)
  generations.refill(recordOf(former), 400)
  expect(generations.allows('a', 1, 300)).toBe(false)
  expect(generations.allows('stranger', 1, 301)).toBe(true)
  expect(generations.allows('b', 1, 301)).toBe(false)
  expect([generations.allows('c', 2, 301), generations.allows('c', 3, 301)]).toEqual([false, true])
  expect(recordOf(generations)).toEqual(recordOf(former))
})

test('nothing is refused to strangers by others that had nothing to forget', () => {
  const generations = new Generations(2)
  generations.refill(recordOf(new Generations(2)), 400)
  expect(generations.allows('stranger', 1, 0)).toBe(true)
})

test('others with less space, or with a clock that is behind, make no forgotten token good', () => {
  const former = new Generations(2)
  for (const id of ['a', 'b', 'c']) former.revoke(id, 1000)
  const generations = new Generations(1)
  generations.refill(recordOf(former), 400)
  expect(generations.allows('a', 1, 999)).toBe(false)
  expect(generations.allows('b', 1, 999)).toBe(false)
  expect(generations.allows('stranger', 1, 1001)).toBe(true)
})
