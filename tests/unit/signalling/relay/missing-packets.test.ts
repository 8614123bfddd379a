import { expect, test } from 'vitest'
import { MissingPackets } from '#signalling/relay/missing-packets.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

const start = () => {
  const clock = new ManualClock()
  const asked: number[][] = []
  let givenUp = 0
  const missing = new MissingPackets({
    clock,
    ask: (sequenceNumbers) => asked.push([...sequenceNumbers]),
    giveUp: () => {
      givenUp += 1
    },
  })
  return { clock, asked, missing, givenUp: () => givenUp }
}

test('packets in order are asked for by nobody', () => {
  const { clock, missing, asked } = start()
  for (let number = 65_500; number < 65_600; number += 1) expect(missing.take(number & 0xffff)).toBe(true)
  clock.advance(1000)
  expect(asked).toEqual([])
})

test('a hole is asked for after the time that packets may overtake each other, also across the wrap of the numbers', () => {
  const { clock, missing, asked } = start()
  missing.take(65_534)
  missing.take(1)
  clock.advance(9)
  expect(asked).toEqual([])
  clock.advance(1)
  expect(asked).toEqual([[65_535, 0]])
})

test('what was only overtaken is not asked for', () => {
  const { clock, missing, asked } = start()
  missing.take(1)
  missing.take(3)
  expect(missing.take(2)).toBe(true)
  clock.advance(1000)
  expect(asked).toEqual([])
  expect(clock.pending).toBe(0)
})

test('a packet that does not come is asked for again each round trip, then a key frame has to do', () => {
  const { clock, missing, asked, givenUp } = start()
  missing.take(1)
  missing.take(3)
  clock.advance(70)
  expect(asked).toEqual([[2], [2]])
  clock.advance(2000)
  expect(asked).toHaveLength(8)
  expect(givenUp()).toBe(1)
  expect(clock.pending).toBe(0)
})

test('the same packet twice is taken once', () => {
  const { missing } = start()
  missing.take(1)
  missing.take(3)
  expect(missing.take(3)).toBe(false)
  expect(missing.take(2)).toBe(true)
  expect(missing.take(2)).toBe(false)
})

test('a jump of thousands of packets is not filled', () => {
  const { clock, missing, asked, givenUp } = start()
  missing.take(1)
  missing.take(5000)
  clock.advance(1000)
  expect(asked).toEqual([])
  expect(givenUp()).toBe(1)
})

test('another source begins without holes', () => {
  const { clock, missing, asked } = start()
  missing.take(1)
  missing.take(3)
  missing.restart()
  missing.take(40_000)
  missing.take(40_001)
  clock.advance(1000)
  expect(asked).toEqual([])
})
