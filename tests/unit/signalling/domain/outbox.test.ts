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
