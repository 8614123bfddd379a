import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { EntryExchange } from '#signalling/cluster/exchange-entry.ts'
import { Exchange } from '#signalling/http/router.ts'
import { ResponseDouble } from '../transports/response-double.ts'

const start = (queuedSize = 10) => {
  const response = new ResponseDouble()
  const asker = { address: '192.0.2.1', mayCreate: true }
  const request = Object.assign(Readable.from([]), { method: 'GET', url: '/', headers: {} })
  const said: (string | number)[] = []
  const entry = new EntryExchange(new Exchange(request as never, response, {}, asker), {
    queuedSize,
    onWaiting: (bytes) => said.push(bytes),
    onClosed: (reason) => said.push(reason),
  })
  const put = (text: string, isLast = false) => entry.put({ head: null, text, isLast })
  const begin = (text: string, type = 'text/event-stream') =>
    entry.put({ head: [200, [['Content-Type', type]]], text, isLast: false })
  return { response, entry, said, put, begin }
}

test('what a stream begins with may be of any size; from when it is read its bound is that of any stream', () => {
  const { response, said, put, begin } = start()
  begin('x'.repeat(1000))
  put('x'.repeat(10))
  expect([response.ended, said]).toEqual(['no', [1000]])
  response.read()
  put('x'.repeat(10))
  expect([response.ended, said]).toEqual(['no', [1000, 0, 10]])
  put('x')
  expect([response.ended, said]).toEqual(['destroy', [1000, 0, 10, 'cut']])
  put('more')
  expect(response.text).not.toContain('more')
})

test('only streams are cut for what waits: an answer may be longer', () => {
  const { response, put, begin } = start()
  begin('{', 'application/json')
  put('x'.repeat(1000))
  put('}', true)
  expect([response.ended, response.text.length]).toEqual(['end', 1002])
})

test('a stream that ends while its reader does not read is cut, so that it does not stay open', () => {
  const unread = start()
  unread.begin('one')
  unread.put('', true)
  const read = start()
  read.begin('one')
  read.response.read()
  read.put('', true)
  expect([unread.response.ended, read.response.ended]).toEqual(['destroy', 'end'])
  expect([unread.said, read.said]).toEqual([[3], [3, 0]])
})

test('a client that goes is told of once, and not when all was said', () => {
  const { response, said, begin } = start()
  begin('one')
  response.emit('close')
  response.emit('close')
  expect(said).toEqual([3, 'closed'])
  const whole = start()
  whole.put('all', true)
  expect(whole.said).toEqual([])
})

test('who has no answer yet is told that there will be none; what has begun is cut', () => {
  const [before, after] = [start(), start()]
  before.entry.lose()
  after.begin('one')
  after.entry.lose()
  expect([before.response.status, before.response.ended, after.response.ended]).toEqual([503, 'end', 'destroy'])
  expect([before.said, after.said, before.entry.isOver]).toEqual([[], [3], true])
})
