import { describe, expect, onTestFinished, test } from 'vitest'
import type { CallState, EndReason } from '#renderer/call/call-state.ts'
import { CallView } from '#renderer/state/call.svelte.ts'
import { HostView } from '#renderer/state/host.svelte.ts'
import { HostedMeeting } from '#renderer/state/hosted-meeting.svelte.ts'
import { SettingsView } from '#renderer/state/settings.svelte.ts'
import { CallDouble, code, DesktopDouble, greenRoomState, joinedState, openDoor, person } from '../ui/doubles.ts'

const open = ({ isHosting = true } = {}) => {
  const [desktop, call] = [new DesktopDouble(), new CallDouble()]
  if (isHosting) desktop.host = desktop.hostAfterStart
  const host = new HostView(desktop, desktop.host)
  const settings = new SettingsView(desktop, desktop.settings)
  const hosted = new HostedMeeting({ call: new CallView(call), host, settings, desktop })
  onTestFinished(() => hosted.close())
  return { desktop, call, hosted }
}
const announcement = { code, title: 'Tuesday', name: 'Ann', isGuarded: false, former: [] as string[] }
const announced = ['announce', announcement]
const withBen = joinedState({ people: [person('Ben')] })
const ended = (reason: EndReason): CallState => ({
  phase: 'ended',
  reason,
  room: { code, title: 'Tuesday' },
  serverUrl: 'http://127.0.0.1:8001',
  durationMs: 60_000,
  metNames: ['Ben'],
})
const idle: CallState = { phase: 'idle' }

describe('the network is let know of a meeting hosted here', () => {
  test('once, again when its name or its door changes, and no more when it is over', () => {
    const { desktop, call } = open()
    call.set(greenRoomState())
    call.set(joinedState())
    call.set(joinedState({ server: 'reconnecting' }))
    call.set(joinedState({ door: { ...openDoor, knock: true } }))
    call.set(joinedState({ door: { ...openDoor, locked: true }, room: { code, title: 'Tea', capacity: 16 } }))
    call.set(idle)
    call.set({ phase: 'opening', serverUrl: 'http://a', goal: 'join' })
    expect(desktop.asked).toEqual([
      announced,
      ['announce', { ...announcement, isGuarded: true }],
      ['announce', { ...announcement, title: 'Tea', isGuarded: true }],
      ['announce', null],
    ])
  })

  test('not of one at another server', () => {
    const { desktop, call } = open()
    call.set(joinedState({ serverUrl: 'https://meet.example' }))
    expect(desktop.asked).toEqual([['announce', null]])
  })

  test('by nothing at all while none is hosted', () => {
    const { desktop, call } = open({ isHosting: false })
    call.set(greenRoomState())
    call.set(idle)
    expect(desktop.asked).toEqual([])
  })

  test('again when its server comes back after a crash', () => {
    const { desktop, call } = open()
    call.set(joinedState())
    desktop.tell('hostChanged', { phase: 'restarting', attempt: 1 })
    desktop.tell('hostChanged', desktop.hostAfterStart)
    expect(desktop.asked).toEqual([announced, announced])
  })

  test('by a page that is loaded anew only when that leads into it; otherwise what a former page said is taken back', () => {
    const { desktop, call } = open()
    call.set({ phase: 'opening', serverUrl: 'http://127.0.0.1:8001', goal: 'resume' })
    expect(desktop.asked).toEqual([])
    call.set(idle)
    expect(desktop.asked).toEqual([['announce', null]])
  })
})

describe('a meeting that this computer took over', () => {
  const own = (former: readonly string[]) => joinedState({ hosting: { phase: 'own', former } })
  const pins = (count: number) => Array.from({ length: count }, (_, index) => String(index).padStart(43, 'p'))

  test('is announced with those that hosted it before: the first one, and the latest four', () => {
    const { desktop, call } = open()
    call.set(own(pins(2)))
    call.set(own(pins(8)))
    const [first, , , , ...latest] = pins(8)
    expect(desktop.asked).toEqual([
      ['announce', { ...announcement, former: pins(2) }],
      ['announce', { ...announcement, former: [first, ...latest] }],
    ])
  })

  test('still is after one has left it and come back', () => {
    const { desktop, call } = open()
    call.set({ ...withBen, hosting: { phase: 'own', former: pins(1) } })
    call.set(ended('left'))
    call.set(greenRoomState())
    call.set(joinedState())
    expect(desktop.asked).toEqual([['announce', { ...announcement, former: pins(1) }]])
  })

  test('and that went back to the first computer is not announced here', () => {
    const { desktop, call } = open()
    call.set(own(pins(1)))
    call.set(joinedState({ serverUrl: 'https://192.168.1.77:8001' }))
    expect(desktop.asked.at(-1)).toEqual(['announce', null])
  })
})

describe('whoever leaves a meeting hosted here while others stay', () => {
  test('leaves it announced, as long as they go nowhere else', () => {
    const { desktop, call, hosted } = open()
    call.set(withBen)
    expect([hosted.hasOthers, hosted.goesOn]).toEqual([true, false])
    call.set(ended('left'))
    expect(hosted.goesOn).toBe(true)
    call.set(idle)
    call.set({ phase: 'opening', serverUrl: 'http://a', goal: 'join' })
    call.set({ phase: 'failed', problem: 'timeout', serverUrl: 'http://a', asked: null })
    expect(hosted.goesOn).toBe(true)
    expect(desktop.asked).toEqual([announced])
    call.set(greenRoomState({ serverUrl: 'https://meet.example' }))
    expect(hosted.goesOn).toBe(false)
    call.set(idle)
    expect(desktop.asked).toEqual([announced, ['announce', null]])
  })

  test('can look at it again and go away', () => {
    const { desktop, call, hosted } = open()
    const { room } = greenRoomState()
    call.set(greenRoomState({ room: { ...room, peers: [{ id: person('Ben').id, name: 'Ben', presence: 'present' }] } }))
    call.set(idle)
    expect(hosted.goesOn).toBe(true)
    expect(desktop.asked).toEqual([announced])
  })

  test('ends it with its server', () => {
    const { desktop, call, hosted } = open()
    call.set(withBen)
    call.set(ended('left'))
    desktop.tell('hostChanged', { phase: 'off' })
    expect(hosted.goesOn).toBe(false)
    // The word ends with the server, and is not said for the next one.
    desktop.tell('hostChanged', desktop.hostAfterStart)
    expect(hosted.goesOn).toBe(false)
    expect(desktop.asked).toEqual([announced])
  })

  test('has it announced again when its server comes back after a crash', () => {
    const { desktop, call } = open()
    call.set(withBen)
    call.set(ended('left'))
    desktop.tell('hostChanged', { phase: 'restarting', attempt: 1 })
    desktop.tell('hostChanged', desktop.hostAfterStart)
    expect(desktop.asked).toEqual([announced, announced])
  })

  test('and hosts another one has that one announced', () => {
    const { desktop, call, hosted } = open()
    call.set(withBen)
    call.set(ended('left'))
    const other = { ...greenRoomState().room, code: '3h9xkd71qmtv' }
    call.set(greenRoomState({ room: other }))
    expect(hosted.goesOn).toBe(false)
    expect(desktop.asked).toEqual([announced, ['announce', { ...announcement, code: other.code }]])
  })
})

test.each([
  ['was ended for everyone', withBen, 'room-ended'],
  ['expired', withBen, 'room-expired'],
  ['sent this person out', withBen, 'removed'],
  ['nobody else was in', joinedState(), 'left'],
] as const)('a meeting that %s is announced no more', (_, joined, reason) => {
  const { desktop, call, hosted } = open()
  call.set(joined)
  call.set(ended(reason))
  expect(hosted.goesOn).toBe(false)
  expect(desktop.asked).toEqual([announced, ['announce', null]])
})
