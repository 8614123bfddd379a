import { describe, expect, it } from 'vitest'
import { limits, type ChatMessage } from '#signalling/protocol.ts'
import { ChatLog } from '#renderer/call/chat-log.ts'

const said = (id: number, text: string, from = 'ben'): ChatMessage => ({
  id,
  text,
  from,
  name: from,
  at: id,
  nonce: `nonce-${text}`,
})
const texts = (log: ChatLog): string => log.entries.map(({ text, delivery }) => `${text}:${delivery}`).join(' ')

it('shows an own message once, whether the answer or the post comes first', () => {
  const log = new ChatLog()
  const own = { from: 'ann', name: 'ann', text: 'a', nonce: 'nonce-a' }
  log.add(own)
  expect(texts(log)).toBe('a:sending')
  expect(log.take(said(1, 'a', 'ann'))).toBe(false)
  expect(log.take(said(1, 'a', 'ann'))).toBe(false)
  expect(texts(log)).toBe('a:sent')
  expect(log.unsent).toEqual([])
})

it('fills gaps from the history at the place where they were', () => {
  const log = new ChatLog()
  for (const message of [said(1, 'a'), said(4, 'd')]) log.take(message)
  log.add({ from: 'ann', name: 'ann', text: 'e', nonce: 'nonce-e' })
  log.merge([said(1, 'a'), said(2, 'b'), said(3, 'c'), said(4, 'd')])
  expect(texts(log)).toBe('a:sent b:sent c:sent d:sent e:sending')
})

it('keeps what was said before a server began its numbers anew', () => {
  const log = new ChatLog()
  log.take(said(1, 'a'))
  log.merge([said(1, 'x')])
  log.merge([])
  expect(texts(log)).toBe('a:sent x:sent')
})

it('does not let somebody else replace a message by using its nonce', () => {
  const log = new ChatLog()
  log.take(said(1, 'a', 'ann'))
  log.take({ ...said(2, 'a', 'eve'), text: 'forged' })
  expect(texts(log)).toBe('a:sent forged:sent')
})

it('sends what waits under the new id', () => {
  const log = new ChatLog()
  log.add({ from: 'ann', name: 'ann', text: 'a', nonce: 'nonce-a' })
  log.rename('ann', 'ann2')
  expect(log.take(said(1, 'a', 'ann2'))).toBe(false)
  expect(texts(log)).toBe('a:sent')
})

it('stays bounded', () => {
  const log = new ChatLog()
  for (let id = 0; id < 1200; id++) log.take(said(id, String(id)))
  expect(log.entries).toHaveLength(1000)
  expect(log.entries.at(-1)?.text).toBe('1199')
})

describe('with a server that does not have all of it', () => {
  const log = (...messages: readonly ChatMessage[]): ChatLog => {
    const made = new ChatLog()
    for (const message of messages) made.take(message)
    return made
  }

  it('sends own messages again that it lacks, and those alone', () => {
    const chat = log(said(1, 'a', 'ann'), said(2, 'b'), said(3, 'c', 'ann'))
    chat.resend('ann', [said(1, 'a', 'ann')])
    expect(texts(chat)).toBe('a:sent b:sent c:sending')
    expect(chat.unsent.map(({ text }) => text)).toEqual(['c'])
    expect(chat.sent.map(({ text }) => text)).toEqual(['a', 'b'])
  })

  it('sends nothing again that it has under another number', () => {
    const chat = log(said(7, 'a', 'ann'))
    chat.resend('ann', [said(1, 'a', 'ann')])
    expect(chat.unsent).toEqual([])
  })

  it('sends the last five again: more at once it may refuse', () => {
    const chat = log(...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((text, index) => said(index + 1, text, 'ann')))
    chat.resend('ann', [])
    expect(chat.unsent.map(({ text }) => text)).toEqual(['c', 'd', 'e', 'f', 'g'])
    expect(chat.sent.map(({ text }) => text)).toEqual(['a', 'b'])
  })

  it('sends nothing again that is older than a full history: that server had it', () => {
    const history = Array.from({ length: limits.chatHistory }, (_, index) => said(index + 10, `h${String(index)}`))
    const chat = log(said(1, 'old', 'ann'), said(500, 'new', 'ann'))
    chat.resend('ann', history)
    expect(chat.unsent.map(({ text }) => text)).toEqual(['new'])
    const other = log(said(1, 'old', 'ann'))
    other.resend('ann', history.slice(1))
    expect(other.unsent.map(({ text }) => text)).toEqual(['old'])
  })

  it('leaves alone what waits, and what was refused', () => {
    const chat = log(said(1, 'a', 'ann'))
    chat.add({ from: 'ann', name: 'ann', text: 'b', nonce: 'nonce-b' })
    chat.add({ from: 'ann', name: 'ann', text: 'c', nonce: 'nonce-c' })
    chat.fail(said(0, 'c', 'ann'))
    chat.resend('ann', [])
    expect(texts(chat)).toBe('a:sending b:sending c:failed')
  })
})
