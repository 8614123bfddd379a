import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
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
    'Ben wants to join. Cleo turned your microphone off. A host turned your microphone off. ' +
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

describe('the computer that hosts', () => {
  const ben = person('Ben')
  const other = {
    phase: 'other',
    host: { pin: 'p'.repeat(43), addresses: ['192.168.1.30:8001'] },
    name: 'Ben',
  } as const
  const start = () => {
    const { call, announcer } = open()
    call.set(joinedState({ people: [ben] }))
    const hear = (change: Parameters<typeof joinedState>[0], forMs = 0) => {
      call.set(joinedState({ people: [ben], ...change }))
      vi.advanceTimersByTime(forMs)
      const { message } = announcer
      if (forMs === 0) vi.advanceTimersByTime(5000)
      return message
    }
    return { hear, announcer }
  }

  test('is said to be another one as soon as it is, and the server then not to be back', () => {
    const { hear } = start()
    hear({ server: 'reconnecting' })
    expect(hear({ server: 'reconnecting', hosting: other })).toBe('The meeting now runs on Ben’s computer.')
    expect(hear({ hosting: { ...other } })).toBe('')
    hear({ server: 'reconnecting', hosting: other })
    expect(hear({ hosting: { phase: 'own', former: [] } })).toBe(
      'The meeting now runs on your computer. Keep Earshot open.',
    )
    expect(hear({})).toBe('The meeting runs on the first computer again.')
  })

  test('is said to be gone when that lasts, once', () => {
    const { hear, announcer } = start()
    const lost = () => ({ server: 'reconnecting', hosting: { phase: 'lost', heir: 'Ben' } }) as const
    expect(hear(lost(), 900)).toBe('The server is gone for a moment. The call goes on.')
    // Whatever else changes meanwhile.
    expect(hear({ ...lost(), chat: [] }, 200)).toMatch(
      /gone\. Sound and picture go on\. Ben’s computer is taking over…$/,
    )
    vi.advanceTimersByTime(5000)
    expect(announcer.message).toBe('')
    expect(hear(lost(), 2000)).toBe('')
  })

  test('is not said to be gone when another one follows within a second', () => {
    const { hear } = start()
    hear({ server: 'reconnecting' }, 5000)
    for (const hosting of [
      { phase: 'lost', heir: null },
      { phase: 'lost', heir: 'Ben' },
      { phase: 'taking-over' },
    ] as const) {
      expect(hear({ server: 'reconnecting', hosting }, 900)).toBe('')
    }
    // The own server answers before everything is as it was.
    expect(hear({ hosting: { phase: 'taking-over' } }, 50)).toBe('')
    expect(hear({ hosting: { phase: 'own', former: [] } })).toMatch(/your computer\. Keep Earshot open\.$/)
  })

  test('that comes back by itself is the server that is back', () => {
    const { hear } = start()
    hear({ server: 'reconnecting' }, 5000)
    hear({ server: 'reconnecting', hosting: { phase: 'lost', heir: null } }, 500)
    expect(hear({})).toBe('The server is back.')
  })

  test('is no news to whoever comes in, and that it is gone none to whoever has left', () => {
    const { call, announcer } = open()
    call.set(joinedState({ hosting: other }))
    call.set(joinedState({ hosting: { phase: 'lost', heir: null } }))
    call.set({ phase: 'idle' })
    vi.advanceTimersByTime(5000)
    expect(announcer.message).toBe('')
  })
})

test('closed, it says nothing more and leaves no timer', () => {
  const { call, announcer } = open()
  call.set(joinedState())
  call.set(joinedState({ hosting: { phase: 'lost', heir: null } }))
  call.tell({ kind: 'joined', name: 'Ben' })
  announcer.close()
  expect(vi.getTimerCount()).toBe(0)
})
