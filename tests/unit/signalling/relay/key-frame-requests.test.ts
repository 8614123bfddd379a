import { expect, test } from 'vitest'
import { KeyFrameRequests } from '#signalling/relay/key-frame-requests.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

const start = () => {
  const clock = new ManualClock()
  const asked: number[] = []
  const startedAt = clock.now()
  const ask = () => asked.push(clock.now() - startedAt)
  const requests = new KeyFrameRequests({ clock, ask, intervalMs: 500, viewerIntervalMs: 2000 })
  return { clock, asked, requests }
}

test('the first wish is asked for at once', () => {
  const { requests, asked } = start()
  requests.want({})
  expect(asked).toEqual([0])
})

test('a hundred viewers at once make one request', () => {
  const { requests, asked } = start()
  for (let count = 0; count < 100; count += 1) requests.want({})
  expect(asked).toEqual([0])
})

test('a viewer that comes right after a key frame gets the next one within a second', () => {
  const { clock, requests, asked } = start()
  requests.want({})
  clock.advance(100)
  requests.arrived()
  requests.want({})
  expect(asked).toEqual([0])
  clock.advance(400)
  expect(asked).toEqual([0, 500])
})

test('an unanswered request is repeated ever more seldom, and then given up', () => {
  const { clock, requests, asked } = start()
  requests.want({})
  clock.advance(60_000)
  expect(asked).toEqual([0, 500, 1500, 3500, 7500])
  expect(clock.pending).toBe(0)
})

test('nothing is repeated once the key frame has come', () => {
  const { clock, requests, asked } = start()
  requests.want({})
  requests.arrived()
  clock.advance(60_000)
  expect(asked).toEqual([0])
})

test('a viewer that asks without end causes one request in two seconds', () => {
  const { clock, requests, asked } = start()
  const hopeless = {}
  for (let count = 0; count < 100; count += 1) {
    requests.want(hopeless)
    requests.arrived()
    clock.advance(100)
  }
  expect(asked).toEqual([0, 2000, 4000, 6000, 8000])
})

test('wishes without end of many viewers stay two requests a second', () => {
  const { clock, requests, asked } = start()
  for (let count = 0; count < 100; count += 1) {
    requests.want({})
    clock.advance(50)
    requests.arrived()
    requests.want({})
    clock.advance(50)
  }
  expect(asked.length).toBeLessThanOrEqual(21)
  expect(asked.length).toBeGreaterThan(15)
})

test('nothing is left running after close', () => {
  const { clock, requests } = start()
  requests.want({})
  requests.close()
  expect(clock.pending).toBe(0)
})
