import { expect, test } from 'vitest'
import { limits } from '#signalling/protocol.ts'
import { ChatHistory } from '#signalling/domain/chat-history.ts'

const message = (nonce: string, at = 1000) => ({ from: 'a', name: 'Ann', text: 'hi', at, nonce })

test('ids go up even when the clock stands still or goes back', () => {
  const history = new ChatHistory()
  const ids = [1000, 1000, 400, 2000].map((at, index) => history.add(message(String(index), at)).id)
  expect(ids).toEqual([1000, 1001, 1002, 2000])
})

test('only the latest messages are kept, oldest first', () => {
  const history = new ChatHistory()
  for (let index = 0; index < limits.chatHistory + 5; index += 1) history.add(message(String(index)))
  expect(history.messages).toHaveLength(limits.chatHistory)
  expect(history.messages[0]?.nonce).toBe('5')
})

test('a message is found by its sender and nonce together', () => {
  const history = new ChatHistory()
  const added = history.add(message('n'))
  expect(history.find('a', 'n')).toEqual(added)
  expect(history.find('b', 'n')).toBeUndefined()
})

test('a history goes on after the messages of another: higher ids, the same nonces, the latest alone', () => {
  const former = new ChatHistory()
  for (let index = 0; index < limits.chatHistory; index += 1) former.add(message(String(index), 9000))
  const history = new ChatHistory()
  history.refill(former.messages)
  expect(history.messages).toEqual(former.messages)
  expect(history.find('a', '7')).toEqual(former.find('a', '7'))
  expect(history.add(message('next', 400)).id).toBe(former.messages.at(-1)!.id + 1)
  expect([history.messages.length, history.messages[0]?.nonce]).toEqual([limits.chatHistory, '1'])
})

test('a history that goes on after nothing begins at the clock', () => {
  const history = new ChatHistory()
  history.refill([])
  expect(history.add(message('n', 700)).id).toBe(700)
})

const kept = (nonce: string, id: number, from = 'b') => ({ ...message(nonce, id), from, id })

test('[E9] what another history had is put in by its ids, and what is known is passed over', () => {
  const history = new ChatHistory()
  const [first, third] = [history.add(message('1', 1000)), history.add(message('3', 3000))]
  const [second, fourth] = [kept('2', 2000), kept('4', 4000)]
  expect(history.merge([fourth, second, { ...first, text: 'altered' }])).toEqual([second, fourth])
  expect(history.messages).toEqual([first, second, third, fourth])
  expect(history.merge([second, fourth])).toEqual([])
  expect(history.messages).toHaveLength(4)
  expect(history.add(message('5', 500)).id).toBe(4001)
})

test('[E9] an id that is taken becomes the next free one', () => {
  const history = new ChatHistory()
  for (const nonce of ['1', '2']) history.add(message(nonce, 1000))
  expect(history.merge([kept('3', 1000), kept('4', 1000)]).map(({ id }) => id)).toEqual([1002, 1003])
  expect(history.messages.map(({ nonce }) => nonce)).toEqual(['1', '2', '3', '4'])
})

test('[E9] the latest alone are kept, and what is too old for that is nothing new', () => {
  const history = new ChatHistory()
  for (let index = 0; index < limits.chatHistory; index += 1) history.add(message(String(index), 5000 + index))
  expect(history.merge([kept('old', 10)])).toEqual([])
  expect(history.merge([kept('between', 5100), kept('new', 9000)]).map(({ nonce }) => nonce)).toEqual([
    'between',
    'new',
  ])
  expect(history.messages).toHaveLength(limits.chatHistory)
  expect(history.messages[0]?.nonce).toBe('2')
  const ids = history.messages.map(({ id }) => id)
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b))
})

test('[E9] two halves that are merged both ways hold the same messages', () => {
  const [left, right] = [new ChatHistory(), new ChatHistory()]
  const common = left.add(message('0', 1000))
  right.refill([common])
  for (const nonce of ['a', 'b', 'c']) left.add({ ...message(nonce, 2000), from: 'l' })
  for (const nonce of ['d', 'e']) right.add({ ...message(nonce, 2001), from: 'r' })
  left.merge(right.messages)
  right.merge(left.messages)
  const noncesOf = ({ messages }: ChatHistory) => messages.map(({ nonce }) => nonce).toSorted()
  expect(noncesOf(left)).toEqual(['0', 'a', 'b', 'c', 'd', 'e'])
  expect(noncesOf(right)).toEqual(noncesOf(left))
})
