import { expect, onTestFinished, test } from 'vitest'
import { attendCall } from '#renderer/state/call-duties.ts'
import { CallView } from '#renderer/state/call.svelte.ts'
import { MediaView } from '#renderer/state/media.svelte.ts'
import { SettingsView } from '#renderer/state/settings.svelte.ts'
import { CallDouble, code, DesktopDouble, greenRoomState, joinedState, MediaDouble } from '../ui/doubles.ts'

const attend = () => {
  const [desktop, call, media] = [new DesktopDouble(), new CallDouble(), new MediaDouble()]
  const settings = new SettingsView(desktop, desktop.settings)
  const view = new MediaView({ media, settings, memory: { load: () => null, save: () => undefined } })
  const stop = attendCall({
    call: new CallView(call),
    media: view,
    settings,
    desktop,
    linkToRemember: ({ hosting }) => hosting.phase,
  })
  onTestFinished(stop)
  return { desktop, call, media, stop }
}
const verbs = (media: MediaDouble) => media.asked.map(([verb]) => verb)

test('devices are open from the green room to the end of the call, and not before', () => {
  const { call, media } = attend()
  call.set({ phase: 'opening', serverUrl: 'http://a', goal: 'join' })
  expect(verbs(media)).toEqual([])
  call.set(greenRoomState())
  call.set(greenRoomState({ waiting: 'answer' }))
  call.set(joinedState())
  call.set(joinedState({ server: 'reconnecting' }))
  expect(verbs(media)).toEqual(['open'])
  call.set({ phase: 'failed', problem: 'timeout', serverUrl: 'http://a', asked: null })
  expect(verbs(media)).toEqual(['open', 'close'])
})

test('coming back after a reload opens them at once, and a way back that is closed closes them', () => {
  const { call, media } = attend()
  call.set({ phase: 'opening', serverUrl: 'http://a', goal: 'resume' })
  expect(verbs(media)).toEqual(['open'])
  call.set({ phase: 'idle' })
  expect(verbs(media)).toEqual(['open', 'close'])
})

test('a meeting that was joined is a recent one; one that was only looked at is not', async () => {
  const { call, desktop } = attend()
  call.set(greenRoomState())
  expect(desktop.settings.recent).toEqual([])
  call.set(joinedState({ since: 42 }))
  await expect
    .poll(() => desktop.settings.recent)
    .toEqual([{ code, serverUrl: 'http://127.0.0.1:8001', title: 'Tuesday', at: 42, link: 'invited' }])
})

test('a meeting that another computer goes on with is one recent meeting, at the computer that it runs on', async () => {
  const { call, desktop } = attend()
  const recent = () => desktop.settings.recent.map(({ serverUrl, link }) => [serverUrl, link])
  const host = { pin: 'p'.repeat(43), addresses: ['192.168.1.30:8001'] }
  call.set(joinedState({ serverUrl: 'https://192.168.1.77:8001' }))
  await expect.poll(recent).toEqual([['https://192.168.1.77:8001', 'invited']])
  call.set(joinedState({ serverUrl: 'https://192.168.1.77:8001', hosting: { phase: 'lost', heir: 'Ben' } }))
  call.set(joinedState({ serverUrl: 'https://192.168.1.30:8001', hosting: { phase: 'other', host, name: 'Ben' } }))
  await expect.poll(recent).toEqual([['https://192.168.1.30:8001', 'other']])
  call.set(joinedState({ serverUrl: 'https://192.168.1.77:8001' }))
  await expect.poll(recent).toEqual([['https://192.168.1.77:8001', 'invited']])
})

test('a host who asks for silence turns the microphone off, and nothing is ever opened by it', async () => {
  const { call, media } = attend()
  call.set(joinedState())
  for (const phase of ['off', 'opening'] as const) {
    media.set({ microphone: { phase } })
    call.tell({ kind: 'muted', name: 'Ben' })
  }
  await expect.poll(() => media.asked.slice(1)).toEqual([['setMicrophone', false]])
})

test('the desktop hears when a call begins and ends', () => {
  const { call, desktop } = attend()
  call.set(joinedState())
  call.set(joinedState({ server: 'reconnecting' }))
  call.set({ phase: 'idle' })
  expect(desktop.asked).toEqual([
    ['setInCall', true],
    ['setInCall', false],
  ])
})

test('once ended it does nothing more', () => {
  const { call, media, stop } = attend()
  stop()
  call.set(greenRoomState())
  window.dispatchEvent(new Event('online'))
  expect(media.asked).toEqual([])
  expect(call.asked).toEqual([])
})
