import { describe, expect, test } from 'vitest'
import type { DeviceProblem, DeviceState } from '#renderer/call/call-state.ts'
import { deviceProblemsOf, MediaView } from '#renderer/state/media.svelte.ts'
import { SettingsView } from '#renderer/state/settings.svelte.ts'
import { DesktopDouble, MediaDouble, onDevice } from '../ui/doubles.ts'

/** One tab: its memory outlives the view, as it outlives a reload. */
const openTab = (desktop: DesktopDouble, memory: { kept: object | null } = { kept: null }) => {
  const media = new MediaDouble()
  const settings = new SettingsView(desktop, desktop.settings)
  const view = new MediaView({
    media,
    settings,
    memory: {
      load: () => memory.kept,
      save: (record) => {
        memory.kept = record
      },
    },
  })
  return { media, view, memory }
}
const opened = (media: MediaDouble) => media.asked.find(([what]) => what === 'open')?.[1]

describe('MediaView', () => {
  test('a green room opens what the settings say', async () => {
    const { media, view } = openTab(new DesktopDouble({ cameraOn: false, cameraId: 'cam' }))
    await view.open('green-room')
    expect(opened(media)).toMatchObject({ camera: false, microphone: true, cameraId: 'cam' })
  })

  test('a reload opens no more than was open in this tab, whatever another tab has chosen since', async () => {
    const desktop = new DesktopDouble()
    const before = openTab(desktop)
    await before.view.open('green-room')
    await before.view.set('microphone', false)
    await desktop.changeSettings({ microphoneOn: true })
    const after = openTab(desktop, before.memory)
    await after.view.open('resume')
    expect(opened(after.media)).toMatchObject({ microphone: false, camera: true })
  })

  test('silenced by a host, the microphone stays off over a reload, and on in the settings', async () => {
    const desktop = new DesktopDouble()
    const before = openTab(desktop)
    await before.view.open('green-room')
    before.media.set({ microphone: onDevice('audio') })
    await before.view.silence()
    expect(before.media.state.microphone.phase).toBe('off')
    const after = openTab(desktop, before.memory)
    await after.view.open('resume')
    expect(opened(after.media)).toMatchObject({ microphone: false, camera: true })
    expect(desktop.settings.microphoneOn).toBe(true)
  })

  test('a new green room goes by the settings again', async () => {
    const memory = { kept: { cameraOn: false, microphoneOn: false } }
    const { media, view } = openTab(new DesktopDouble(), memory)
    await view.open('green-room')
    expect(opened(media)).toMatchObject({ camera: true, microphone: true })
  })

  test.each([null, 'nonsense', { cameraOn: 'yes' }])('what was kept as %o is as if nothing was kept', async (kept) => {
    const { media, view } = openTab(new DesktopDouble({ cameraOn: false }), { kept: kept as object | null })
    await view.open('resume')
    expect(opened(media)).toMatchObject({ camera: false, microphone: true })
  })

  test('a chosen device is used and kept', async () => {
    const desktop = new DesktopDouble()
    const { media, view } = openTab(desktop)
    await view.chooseCamera('cam-2')
    await view.chooseMicrophone('mic-2')
    view.chooseSpeaker('speaker-2')
    expect(media.asked).toEqual([
      ['chooseCamera', 'cam-2'],
      ['chooseMicrophone', 'mic-2'],
      ['chooseSpeaker', 'speaker-2'],
    ])
    expect(desktop.settings).toMatchObject({ cameraId: 'cam-2', microphoneId: 'mic-2', speakerId: 'speaker-2' })
  })
})

describe('deviceProblemsOf', () => {
  const failed = (problem: DeviceProblem): DeviceState => ({ phase: 'failed', problem })
  const off: DeviceState = { phase: 'off' }

  test('the same trouble of both is one problem, different ones are two', () => {
    expect(deviceProblemsOf({ camera: off, microphone: off })).toEqual([])
    expect(deviceProblemsOf({ camera: failed('in-use'), microphone: failed('in-use') })).toEqual([
      { problem: 'in-use', devices: ['camera', 'microphone'] },
    ])
    expect(deviceProblemsOf({ camera: failed('in-use'), microphone: failed('unplugged') })).toEqual([
      { problem: 'in-use', devices: ['camera'] },
      { problem: 'unplugged', devices: ['microphone'] },
    ])
    expect(deviceProblemsOf({ camera: off, microphone: failed('unknown') })).toEqual([
      { problem: 'unknown', devices: ['microphone'] },
    ])
  })
})
