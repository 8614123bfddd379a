import { expect, test } from 'vitest'
import { Surety } from '#signalling/cluster/surety.ts'

const EXPIRY_MS = 5000
const setUp = () => new Surety(EXPIRY_MS, 0)

test('a process that beats is sure, and is not once it stood still for as long as its key lasts', () => {
  const surety = setUp()
  surety.tick(1000, 1)
  expect([surety.heard(2, true), surety.isSure(5999), surety.isSure(6000)]).toEqual([false, true, false])
})

test('it stays sure while it beats and Redis does not answer', () => {
  const surety = setUp()
  for (let now = 0; now < 60_000; now += 1000) surety.tick(now, 1)
  expect(surety.isSure(60_000)).toBe(true)
})

test('after it stood still it is sure again when its places were looked at, even when its key is there again', () => {
  const surety = setUp()
  surety.tick(6000, 1)
  expect(surety.isSure(6000)).toBe(false)
  // An answer to a beat from before says nothing.
  expect([surety.heard(1, true), surety.looked(surety.lapses), surety.isSure(6000)]).toEqual([false, false, false])
  expect([surety.heard(2, true), surety.isSure(6000)]).toEqual([true, false])
  expect([surety.looked(surety.lapses), surety.isSure(6000)]).toEqual([true, true])
})

test('looking that began before the latest lapse does not make it sure', () => {
  const surety = setUp()
  expect(surety.heard(1, false)).toBe(true)
  const before = surety.lapses
  expect(surety.heard(2, false)).toBe(true)
  expect([surety.looked(before), surety.isSure(1)]).toEqual([false, false])
  surety.tick(9000, 2)
  expect([surety.looked(surety.lapses), surety.isSure(9000)]).toEqual([false, false])
})
