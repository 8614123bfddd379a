import { expect, test } from 'vitest'
import { chooseBitrate } from '#signalling/relay/bitrate-choice.ts'

const bounds = { min: 150_000, max: 4_000_000, start: 2_000_000 }

test('without viewers that tell, the device starts as it is set', () => {
  expect(chooseBitrate([], bounds)).toBe(2_000_000)
})

test('the slowest decent viewer decides', () => {
  expect(chooseBitrate([3_000_000, 900_000, 2_000_000], bounds)).toBe(900_000)
})

test('a hopeless viewer does not drag the others down', () => {
  expect(chooseBitrate([3_000_000, 160_000, 2_000_000], bounds)).toBe(2_000_000)
  expect(chooseBitrate([600_000, 20_000], bounds)).toBe(600_000)
})

test('a single hopeless viewer gets the least there is', () => {
  expect(chooseBitrate([20_000], bounds)).toBe(150_000)
})

test('no more than the most is asked for', () => {
  expect(chooseBitrate([90_000_000], bounds)).toBe(4_000_000)
})
