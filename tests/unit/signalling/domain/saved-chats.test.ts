import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergeChats, toStoredChats } from '#signalling/domain/saved-chats.ts'
import type { StoredChat } from '#signalling/store/store.ts'

const stored = (...texts: string[]): StoredChat[] => toStoredChats(texts.map((text) => ({ text })))!
const textsOf = (chats: readonly StoredChat[]) => chats.map(({ json }) => (JSON.parse(json) as { text: string }).text)

describe('toStoredChats', () => {
  test('gives equal messages one key, whatever the order of their fields, and others another', () => {
    const [a, b, c, d, e] = toStoredChats([
      { a: 1, b: [{ c: null, d: 'x' }] },
      { b: [{ d: 'x', c: null }], a: 1 },
      { a: 1, b: [{ c: null, d: 'y' }] },
      { 'a:1,"b"': 1 },
      JSON.parse('{"a":1,"b":[{"c":null,"d":"x"}],"__proto__":{}}'),
    ])!
    expect(b!.key).toBe(a!.key)
    expect(new Set([a, c, d, e].map((chat) => chat!.key)).size).toBe(4)
  })

  test.each([[[]], ['text'], [7], [null], [undefined]])('takes no list that holds %j', (wrong) =>
    expect(toStoredChats([{ text: 'fine' }, wrong])).toBeNull(),
  )

  test('takes messages that are nested 16 deep, and no deeper', () => {
    const nest = (depth: number): unknown => (depth === 0 ? 1 : { in: nest(depth - 1) })
    expect(toStoredChats([nest(16)])).toHaveLength(1)
    expect(toStoredChats([nest(17)])).toBeNull()
  })
})

describe('mergeChats', () => {
  test.each([
    ['everything is new', [], ['a', 'b'], ['a', 'b'], 0],
    ['something was added', ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c'], 2],
    ['the other one said something meanwhile', ['a', 'b'], ['a', 'c'], ['a', 'b', 'c'], 2],
    ['something was said before', ['b', 'd'], ['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd'], 0],
    ['a message is there twice', ['a'], ['b', 'b', 'a', 'a', 'c', 'c'], ['b', 'a', 'c'], 0],
    ['only the latest are sent', ['a', 'b', 'c'], ['c', 'd'], ['a', 'b', 'c', 'd'], 3],
  ])('keeps the order when %s', (_, before, sent, after, from) => {
    const merged = mergeChats(stored(...before), stored(...sent))!
    expect(textsOf(merged.all)).toEqual(after)
    expect(merged.from).toBe(from)
    expect([...stored(...before).slice(0, from), ...merged.chats]).toEqual(merged.all)
  })

  test('answers null when nothing is new', () => {
    expect(mergeChats(stored('a', 'b'), stored('b', 'a'))).toBeNull()
    expect(mergeChats(stored('a'), [])).toBeNull()
  })

  test('loses nothing and keeps each once, whatever two clients save in turn', () => {
    const list = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 8 })
    fc.assert(
      fc.property(fc.array(list, { maxLength: 6 }), (lists) => {
        let kept: readonly StoredChat[] = []
        for (const sent of lists) kept = mergeChats(kept, stored(...sent))?.all ?? kept
        expect(textsOf(kept).sort()).toEqual([...new Set(lists.flat())].sort())
      }),
    )
  })

  test('keeps the order of a conversation that two clients save at any moments', () => {
    const conversation = Array.from({ length: 12 }, (_, at) => `message ${at}`)
    const saves = fc.array(fc.nat(12), { maxLength: 10 })
    fc.assert(
      fc.property(saves, (moments) => {
        let kept: readonly StoredChat[] = []
        for (const moment of moments) kept = mergeChats(kept, stored(...conversation.slice(0, moment)))?.all ?? kept
        expect(textsOf(kept)).toEqual(conversation.slice(0, Math.max(0, ...moments)))
      }),
    )
  })
})
