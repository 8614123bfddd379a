import { expect, onTestFinished, test } from 'vitest'
import { announceMeeting } from '#renderer/state/announcing.ts'
import { CallView } from '#renderer/state/call.svelte.ts'
import { HostView } from '#renderer/state/host.svelte.ts'
import { SettingsView } from '#renderer/state/settings.svelte.ts'
import { CallDouble, code, DesktopDouble, greenRoomState, joinedState, openDoor } from '../ui/doubles.ts'

const announce = ({ isHosting = true } = {}) => {
  const [desktop, call] = [new DesktopDouble(), new CallDouble()]
  if (isHosting) desktop.host = desktop.hostAfterStart
  const host = new HostView(desktop, desktop.host)
  const view = new SettingsView(desktop, desktop.settings)
  onTestFinished(announceMeeting({ call: new CallView(call), host, settings: view, desktop }))
  return { desktop, call }
}
const announcement = { code, title: 'Tuesday', name: 'Ann', isGuarded: false }

test('a meeting hosted here is announced once, again when its name or its door changes, and no more when it is over', () => {
  const { desktop, call } = announce()
  call.set(greenRoomState())
  call.set(joinedState())
  call.set(joinedState({ server: 'reconnecting' }))
  call.set(joinedState({ door: { ...openDoor, knock: true } }))
  call.set(joinedState({ door: { ...openDoor, locked: true }, room: { code, title: 'Tea', capacity: 16 } }))
  call.set({ phase: 'idle' })
  call.set({ phase: 'opening', serverUrl: 'http://a', goal: 'join' })
  expect(desktop.asked).toEqual([
    ['announce', announcement],
    ['announce', { ...announcement, isGuarded: true }],
    ['announce', { ...announcement, title: 'Tea', isGuarded: true }],
    ['announce', null],
  ])
})

test('a meeting of another server is not', () => {
  const { desktop, call } = announce()
  call.set(joinedState({ serverUrl: 'https://meet.example' }))
  expect(desktop.asked).toEqual([['announce', null]])
})

test('a computer that hosts nothing announces nothing, and says nothing about it', () => {
  const { desktop, call } = announce({ isHosting: false })
  call.set(greenRoomState())
  call.set({ phase: 'idle' })
  expect(desktop.asked).toEqual([])
})

test('a server that comes back after a crash has its meeting announced again', () => {
  const { desktop, call } = announce()
  call.set(joinedState())
  desktop.tell('hostChanged', { phase: 'restarting', attempt: 1 })
  desktop.tell('hostChanged', desktop.hostAfterStart)
  expect(desktop.asked).toEqual([
    ['announce', announcement],
    ['announce', announcement],
  ])
})

test('a page that is loaded anew takes back what a former one said, when it leads to nothing', () => {
  const { desktop, call } = announce()
  call.set({ phase: 'opening', serverUrl: 'http://127.0.0.1:8001', goal: 'resume' })
  expect(desktop.asked).toEqual([])
  call.set({ phase: 'idle' })
  expect(desktop.asked).toEqual([['announce', null]])
})
