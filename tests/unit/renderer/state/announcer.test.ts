import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { Announcer } from '#renderer/state/announcer.svelte.ts'
import { CallView } from '#renderer/state/call.svelte.ts'
import { en } from '#renderer/texts/en.ts'
import { CallDouble, joinedState, person } from '../ui/doubles.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})
const open = () => {
  const call = new CallDouble()
  const announcer = new Announcer(new CallView(call), en)
  onTestFinished(() => announcer.close())
  return { call, announcer }
}

test('sentences that come together are said together, and are gone after a while', () => {
  const { call, announcer } = open()
  call.tell({ kind: 'joined', name: 'Ben' })
  call.tell({ kind: 'left', name: 'Cleo' })
  expect(announcer.message).toBe('Ben joined. Cleo left.')
  vi.advanceTimersByTime(5000)
  expect(announcer.message).toBe('')
})

test('who knocks, who silenced one and that one became a host are said', () => {
  const { call, announcer } = open()
  call.tell({ kind: 'knock', name: 'Ben' })
  call.tell({ kind: 'muted', name: 'Cleo' })
  call.tell({ kind: 'muted', name: '' })
  call.tell({ kind: 'host', name: 'Ann' })
  expect(announcer.message).toBe(
    'Ben asks to come in. Cleo turned your microphone off. A host turned your microphone off. ' +
      'You are a host of this meeting now.',
  )
})

test('messages are announced only while the chat is closed', () => {
  const { call, announcer } = open()
  announcer.isChatAnnounced = false
  call.tell({ kind: 'chat', name: 'Ben' })
  expect(announcer.message).toBe('')
  announcer.isChatAnnounced = true
  call.tell({ kind: 'chat', name: 'Ben' })
  expect(announcer.message).toBe('New message from Ben.')
})

test('losing and finding the server and a person again are said, a first connection is not', () => {
  const { call, announcer } = open()
  const said = (state: Parameters<typeof joinedState>[0]) => {
    call.set(joinedState(state))
    const { message } = announcer
    vi.advanceTimersByTime(5000)
    return message
  }
  said({ people: [person('Ben', { link: 'connecting' })] })
  expect(said({ people: [person('Ben')] })).toBe('')
  expect(said({ people: [person('Ben', { link: 'reconnecting' })] })).toBe('The connection to Ben is being rebuilt.')
  expect(said({ people: [person('Ben')] })).toBe('Ben is back.')
  expect(said({ people: [person('Ben')], server: 'reconnecting' })).toMatch(/The call goes on/)
  // That one asks for itself, by an alert.
  expect(said({ people: [person('Ben')], server: 'access-denied' })).toBe('')
  expect(said({ people: [person('Ben')], server: 'reconnecting' })).toBe('')
  expect(said({ people: [person('Ben')] })).toBe('The server is back.')
})

test('closed, it says nothing more and leaves no timer', () => {
  const { call, announcer } = open()
  call.tell({ kind: 'joined', name: 'Ben' })
  announcer.close()
  expect(vi.getTimerCount()).toBe(0)
})
