import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as v from 'valibot'
import { cleanLine, cleanText, formatRoomCode, limits, PersonName, RoomCode } from '#signalling/protocol.ts'

const anything = fc.string({ unit: 'binary', maxLength: 300 })

test('a code is read however it is typed, and shown in groups of four', () => {
  for (const typed of ['k7mq2xvd9thr', 'K7MQ-2XVD-9THR', ' k7mq 2xvd 9thr '])
    expect(v.parse(RoomCode, typed)).toBe('k7mq2xvd9thr')
  expect(v.parse(RoomCode, 'oil0-OIL0-0000')).toBe('011001100000')
  expect(formatRoomCode('k7mq2xvd9thr')).toBe('k7mq-2xvd-9thr')
})

test.each(['', 'k7mq2xvd9th', 'k7mq2xvd9thru', 'k7mq2xvd9thu', 'k7mq2xvd9thé', '-'.repeat(50)])(
  '%j is no code',
  (typed) => {
    expect(v.is(RoomCode, typed)).toBe(false)
  },
)

test('a cleaned line is one line that cleaning again does not change', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const line = cleanLine(text)
      expect(line).not.toMatch(/[\p{Cc}\u2028\u202a-\u202e\u200b]|^ | $| {2}/u)
      expect(cleanLine(line)).toBe(line)
    }),
    { numRuns: 1000 },
  )
})

test('cleaned text has no more than two line breaks in a row and nothing that can not be seen', () => {
  fc.assert(
    fc.property(anything, (text) => {
      expect(cleanText(text)).not.toMatch(/\n{3}|[^\P{Cc}\n]|[\u202a-\u202e\u200b]/u)
    }),
    { numRuns: 1000 },
  )
})

test('emoji that are joined of several stay whole', () => {
  expect(cleanLine('Ann 👩‍👩‍👧')).toBe('Ann 👩‍👩‍👧')
})

test('a name of nothing that can be seen, or too long a name, is refused', () => {
  for (const name of ['', '  ', '\u200b\u202e', 'a'.repeat(limits.name + 1)]) expect(v.is(PersonName, name)).toBe(false)
  expect(v.parse(PersonName, ` ${'a'.repeat(limits.name)} `)).toHaveLength(limits.name)
})
