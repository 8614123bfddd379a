import { expect, test } from 'vitest'
import type { ChatEntry } from '#renderer/call/call-state.ts'
import { RoomPanels } from '#renderer/ui/room/room-panels.svelte.ts'
import { you } from '../doubles.ts'

const message = (at: number, from = 'somebody', delivery: ChatEntry['delivery'] = 'sent'): ChatEntry => ({
  id: at,
  from,
  name: 'Ben',
  text: 'hello',
  at,
  nonce: `nonce-${String(at)}`,
  delivery,
})

test('messages of others count as new until the chat was opened', () => {
  let chat = [message(1)]
  const panels = new RoomPanels(() => chat)
  expect(panels.unreadFor(you)).toBe(0)
  chat = [...chat, message(2), message(3, you), message(4, 'somebody', 'sending')]
  expect(panels.unreadFor(you)).toBe(1)
  panels.toggle('people')
  expect(panels.unreadFor(you)).toBe(1)
  panels.toggle('chat')
  expect(panels.unreadFor(you)).toBe(0)
  chat = [...chat, message(5)]
  panels.close()
  expect(panels.unreadFor(you)).toBe(0)
})

test('a message that was said before the last one, at another server, is new all the same', () => {
  let chat = [message(5)]
  const panels = new RoomPanels(() => chat)
  chat = [message(2), message(5)]
  expect(panels.unreadFor(you)).toBe(1)
})

test('one panel is open at a time, and the same button closes it', () => {
  const panels = new RoomPanels(() => [])
  panels.toggle('chat')
  expect(panels.open).toBe('chat')
  panels.toggle('people')
  expect(panels.open).toBe('people')
  panels.toggle('people')
  expect(panels.open).toBeNull()
})
