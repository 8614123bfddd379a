import { expect, test } from 'vitest'
import { EventStream } from '#signalling/transports/event-stream.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'
import { ResponseDouble } from './response-double.ts'

const open = (first = 'first\n\n') => {
  const [clock, response, closed] = [new ManualClock(), new ResponseDouble(), [] as string[]]
  const stream = new EventStream(response, {
    ...{ clock, beatMs: 1000, queuedSize: 100, first },
    beat: () => 'beat\n\n',
    onClosed: (reason) => closed.push(reason),
  })
  return { clock, response, closed, stream }
}

test('it begins with its head and what it is given', () => {
  const { response } = open()
  expect([response.status, response.headers, response.text]).toEqual([
    200,
    {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    },
    'first\n\n',
  ])
})

test('every beat sends a comment and what the beat says', () => {
  const { clock, response } = open()
  clock.advance(2999)
  expect(response.text).toBe('first\n\n: keep-alive\n\nbeat\n\n: keep-alive\n\nbeat\n\n')
})

test('a reader is cut once more waits for it than the bound, at once and for good', () => {
  const { clock, response, closed, stream } = open('')
  stream.write('x'.repeat(100))
  expect([response.ended, stream.isDrained]).toEqual(['no', false])
  stream.write('x')
  expect([response.ended, closed, clock.pending]).toEqual(['destroy', ['cut'], 0])
  stream.write('more')
  expect(response.text).toHaveLength(101)
})

test('a reader that reads is not cut, however much it is told', () => {
  const { response, stream } = open('')
  for (let at = 0; at < 50; at++) {
    stream.write('x'.repeat(90))
    response.read()
  }
  expect([response.ended, response.text.length, stream.isDrained]).toEqual(['no', 4500, true])
})

test('the bound counts from what the stream began with, until that has been read', () => {
  const { response, stream } = open('x'.repeat(1000))
  stream.write('x'.repeat(100))
  expect(response.ended).toBe('no')
  response.read()
  stream.write('x'.repeat(101))
  expect(response.ended).toBe('destroy')
})

test('beats count as well: somebody who never reads again is cut', () => {
  const { clock, response, closed } = open('')
  clock.advance(60_000)
  expect([response.ended, closed, clock.pending]).toEqual(['destroy', ['cut'], 0])
})

test('the other side closes it: that is told once', () => {
  const { clock, response, closed, stream } = open()
  response.emit('close')
  stream.write('late')
  stream.end()
  expect([closed, clock.pending, response.text]).toEqual([['closed'], 0, 'first\n\n'])
})

test('ended from here, nothing is told; what waits for a slow reader is given up', () => {
  const drained = open()
  drained.response.read()
  drained.stream.end()
  expect([drained.response.ended, drained.closed, drained.clock.pending]).toEqual(['end', [], 0])
  const slow = open()
  slow.stream.end()
  slow.stream.end()
  expect([slow.response.ended, slow.closed]).toEqual(['destroy', []])
})
