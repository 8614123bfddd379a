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
