import { expect, test } from 'vitest'
import type { MediaPacket } from '#signalling/relay/media-peer.ts'
import { Timeline } from '#signalling/relay/timeline.ts'

const packet = (sequenceNumber: number, timestamp = 0): MediaPacket => ({
  sequenceNumber,
  timestamp,
  marker: false,
  payload: Buffer.from([1]),
  orientation: null,
})
const place = (timeline: Timeline, sequenceNumber: number, timestamp = 0, nowMs = 0) => {
  const placed = timeline.place(packet(sequenceNumber, timestamp), nowMs)
  return placed === null ? null : [placed.sequenceNumber, placed.timestamp]
}

test('numbers begin in the lower half and keep their distances', () => {
  const timeline = new Timeline(90_000)
  expect(place(timeline, 0x8000 + 5, 100)).toEqual([5, 100])
  expect(place(timeline, 0x8000 + 7, 3100)).toEqual([7, 3100])
  expect(place(timeline, 0x8000 + 6, 100)).toEqual([6, 100])
})

test('a second source goes on with the next number and the time that has passed', () => {
  const timeline = new Timeline(90_000)
  place(timeline, 10, 1000, 0)
  timeline.switchSource()
  expect(place(timeline, 60_000, 4_000_000_000, 2000)).toEqual([11, 181_000])
  expect(place(timeline, 60_001, 4_000_003_000, 2033)).toEqual([12, 184_000])
})

test('a packet of the second source from before its first one has no place', () => {
  const timeline = new Timeline(90_000)
  place(timeline, 10)
  timeline.switchSource()
  place(timeline, 500)
  expect(place(timeline, 499)).toBeNull()
})

test('a late packet from before the wrap of the numbers is left out', () => {
  const timeline = new Timeline(90_000)
  place(timeline, 0x7ffe)
  let last: number[] | null = null
  for (let number = 0x7fff; number < 0x1_0003; number += 1)
    if (number !== 0xffff) last = place(timeline, number & 0xffff)
  expect(last).toEqual([2, 0])
  expect(place(timeline, 0xffff)).toBeNull()
})

test('the clock of a sender is moved with its packets', () => {
  const timeline = new Timeline(90_000)
  expect(timeline.placeClock({ ntp: 7n, timestamp: 5 })).toBeNull()
  place(timeline, 10, 1000, 0)
  timeline.switchSource()
  place(timeline, 1, 50_000, 1000)
  expect(timeline.placeClock({ ntp: 7n, timestamp: 50_090 })).toEqual({ ntp: 7n, timestamp: 91_090 })
})
