import { expect, test } from 'vitest'
import type { Fact } from '#signalling/domain/facts.ts'
import { Outbox } from '#signalling/domain/outbox.ts'

const fact = (id: string): Fact => ['peer:back', { id }]

test('facts come out in the order they were kept, once', () => {
  const outbox = new Outbox({ signals: 3, size: 1000 })
  outbox.keep(fact('a'))
  outbox.keep(fact('b'))
  expect(outbox.empty()).toEqual([fact('a'), fact('b')])
  expect(outbox.empty()).toEqual([])
})

test('one fact too many drops all, and nothing is kept after that', () => {
  const outbox = new Outbox({ signals: 2, size: 1000 })
  for (const id of ['a', 'b', 'c', 'd']) outbox.keep(fact(id))
  expect(outbox.empty()).toEqual([])
})

test('too large a fact drops all', () => {
  const outbox = new Outbox({ signals: 10, size: 100 })
  outbox.keep(fact('a'))
  outbox.keep(fact('b'.repeat(100)))
  expect(outbox.empty()).toEqual([])
})

test('an outbox goes on with what another kept, and tells of changes after that alone', () => {
  let changes = 0
  const former = new Outbox({ signals: 3, size: 1000 })
  former.keep(fact('a'))
  former.keep(fact('b'))
  const outbox = new Outbox({ signals: 3, size: 1000 }, () => void (changes += 1))
  outbox.refill(former.kept)
  expect(changes).toBe(0)
  outbox.keep(fact('c'))
  expect([outbox.kept, changes]).toEqual([[fact('a'), fact('b'), fact('c')], 1])
  outbox.keep(fact('d'))
  outbox.keep(fact('e'))
  expect([outbox.kept, changes]).toEqual([null, 2])
})

test.each([
  ['nothing is kept after an overflow elsewhere', null],
  ['nothing is kept of what is too much here', ['a', 'b', 'c'].map(fact)],
])('%s', (_, kept) => {
  const outbox = new Outbox({ signals: 2, size: 1000 })
  outbox.refill(kept)
  outbox.keep(fact('d'))
  expect([outbox.kept, outbox.empty()]).toEqual([null, []])
})
