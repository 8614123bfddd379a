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
