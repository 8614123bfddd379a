import { expect, test } from 'vitest'
import { EventLog } from '#signalling/transports/event-stream-log.ts'

const LIMITS = { events: 3, size: 10_000 }
const idIn = (frame: string) => /^id: (.*)$/m.exec(frame)?.[1] ?? ''

test('events go out with an id and their JSON on one line', () => {
  const log = new EventLog(LIMITS)
  const frame = log.add({ a: 'x\ny\u2028' }, 0)
  expect(frame).toMatch(/^id: [\w-]{22}\.1\ndata: \{"a":"x\\ny\u2028"\}\n\n$/)
  expect(idIn(frame)).toBe(log.idOf(1))
})

test('an id names its event in its own log, and nothing in another', () => {
  const log = new EventLog(LIMITS)
  const id = idIn(log.add(1, 0))
  expect(log.numberOf(id)).toBe(1)
  expect(log.numberOf(log.idOf(0))).toBe(0)
  const prefix = id.slice(0, 22)
  for (const wrong of ['', '1', '.1', `${prefix}.2`, `${prefix}.01`, `${prefix}.1.1`, `${prefix}.x`, prefix, `${id}0`])
    expect(log.numberOf(wrong), wrong).toBeNull()
  expect(new EventLog(LIMITS).numberOf(id)).toBeNull()
})

test('everything after an event is answered in order, until it is not kept any more', () => {
  const log = new EventLog(LIMITS)
  const frames = [1, 2, 3].map((data) => log.add(data, 0))
  expect(log.after(0)).toBe(frames.join(''))
  expect(log.after(2)).toBe(frames[2])
  expect(log.after(3)).toBe('')
  log.add(4, 0)
  expect([log.forgotten, log.last]).toEqual([1, 4])
  expect(log.after(0)).toBeNull()
  expect(log.after(1)).toContain('data: 2\n')
})

test('the size counts in bytes, and one event above it is not kept at all', () => {
  const log = new EventLog({ events: 100, size: 200 })
  for (const letters of ['ü'.repeat(50), 'ü'.repeat(50)]) log.add(letters, 0)
  expect(log.forgotten).toBe(1)
  log.add('x'.repeat(200), 0)
  expect([log.forgotten, log.after(3), log.after(2)]).toEqual([3, '', null])
})

test('what is older than a time is dropped', () => {
  const log = new EventLog(LIMITS)
  for (const at of [1, 2, 3]) log.add(at, at)
  log.forgetBefore(3)
  expect([log.forgotten, log.after(2)?.includes('data: 3')]).toEqual([2, true])
  log.forgetBefore(100)
  expect([log.forgotten, log.after(3)]).toEqual([3, ''])
})
