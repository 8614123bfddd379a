import { describe, expect, onTestFinished, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import type { HostState } from '#electron/ipc.ts'
import type { DeviceProblem } from '#renderer/call/call-state.ts'
import { greenRoomState, identity, onDevice, person } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const join = screen.getByRole('button', { name: 'Join', exact: true })
const failed = (problem: DeviceProblem) => ({ phase: 'failed', problem }) as const
const peer = (name: string) => ({ id: person(name).id, name, presence: 'present' as const })

describe('joining', () => {
  test('one press joins under the known name', async () => {
    const { call } = await openWindow({ state: greenRoomState() })
    await join.click()
    await expect.poll(() => call.asked).toEqual([['join', 'Ann']])
  })

  test('an unknown name is asked for and kept', async () => {
    const { call, desktop } = await openWindow({ settings: { name: '' }, state: greenRoomState() })
    await expect.element(join).toBeDisabled()
    await expect.element(screen.getByText('Enter your name to join.')).toBeVisible()
    await screen.getByRole('textbox', { name: 'Your name' }).fill('Ben')
    await join.click()
    await expect.poll(() => call.asked).toEqual([['join', 'Ben']])
    expect(desktop.settings.name).toBe('Ben')
  })

  test.each([
    ['Bob', 'Bob'],
    ['', 'Ada'],
  ])('a link fills in the name, joins nobody, and for somebody called "%s" keeps %s', async (known, kept) => {
    const home = location.href
    onTestFinished(() => history.replaceState(null, '', home))
    history.replaceState(null, '', '/r/appointment-42?name=Ada')
    const { call, desktop } = await openWindow({ settings: { name: known }, state: greenRoomState() })
    await expect.element(screen.getByText('You join as Ada.')).toBeVisible()
    expect(call.asked).toEqual([])
    await join.click()
    await expect.poll(() => call.asked).toEqual([['join', 'Ada']])
    expect(desktop.settings.name).toBe(kept)
  })

  test('while it is on its way it cannot be pressed again', async () => {
    await openWindow({ state: greenRoomState({ waiting: 'answer' }) })
    await expect.element(screen.getByRole('button', { name: 'Joining…' })).toBeDisabled()
  })

  test('a refusal says why, and another try is one press away', async () => {
    await openWindow({ state: greenRoomState({ problem: 'room-full' }) })
    await expect.element(screen.getByText('The meeting is full.')).toBeVisible()
    await expect.element(join).toBeEnabled()
  })

  test('who is inside is shown, live', async () => {
    const { call } = await openWindow({ state: greenRoomState() })
    await expect.element(screen.getByText('Nobody is here yet.')).toBeVisible()
    const { room } = greenRoomState()
    call.set(greenRoomState({ room: { ...room, peers: [peer('Ben'), peer('Cleo')] } }))
    await expect.element(screen.getByText('Ben and Cleo are here.')).toBeVisible()
  })
})

describe('devices', () => {
  test('they are opened as they were last wished, and closed on the way back', async () => {
    const { call, media } = await openWindow({
      settings: { cameraOn: false, microphoneId: 'mic-7' },
      state: greenRoomState(),
    })
    expect(media.asked).toEqual([
      ['open', { camera: false, microphone: true, cameraId: '', microphoneId: 'mic-7', speakerId: '' }],
    ])
    await screen.getByRole('button', { name: 'Back to Home' }).click()
    await expect.poll(() => media.asked.at(-1)).toEqual(['close'])
    expect(call.state.phase).toBe('idle')
  })

  test('toggles say what pressing them does, and the wish is kept', async () => {
    const { media, desktop } = await openWindow({ state: greenRoomState() })
    media.set({ camera: onDevice('video'), microphone: onDevice('audio') })
    await screen.getByRole('button', { name: 'Turn camera off' }).click()
    await expect.element(screen.getByRole('button', { name: 'Turn camera on' })).toBeVisible()
    await expect.element(screen.getByText('Your camera is off')).toBeVisible()
    await screen.getByRole('button', { name: 'Turn microphone off' }).click()
    await expect.element(screen.getByRole('button', { name: 'Turn microphone on' })).toBeVisible()
    expect(desktop.settings).toMatchObject({ cameraOn: false, microphoneOn: false })
  })

  test('a device is chosen from a menu', async () => {
    const { media, desktop } = await openWindow({ state: greenRoomState() })
    media.set({
      camera: onDevice('video'),
      cameras: [
        { id: 'video-1', label: 'Built-in' },
        { id: 'video-2', label: 'On a stick' },
      ],
    })
    await screen.getByRole('combobox', { name: 'Camera: Built-in' }).click()
    await screen.getByRole('option', { name: 'On a stick' }).click()
    await expect.poll(() => media.asked.at(-1)).toEqual(['chooseCamera', 'video-2'])
    expect(desktop.settings.cameraId).toBe('video-2')
  })

  test('the level meter moves with the voice', async () => {
    const { media } = await openWindow({ state: greenRoomState() })
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    const [track] = stream.getAudioTracks()
    if (!track) throw new Error('no microphone')
    media.set({ microphone: { phase: 'on', track, deviceId: 'fake', label: 'fake' } })
    const meter = screen.getByRole('meter', { name: 'Microphone level' })
    await expect
      .poll(() => Number(meter.element().getAttribute('aria-valuenow')), { timeout: 5000 })
      .toBeGreaterThan(20)
    track.stop()
  })
})

describe('devices that do not open', () => {
  test('both refused: what happened, what to do, and the way in without them', async () => {
    const { call, media } = await openWindow({ platform: 'browser', state: greenRoomState() })
    media.set({ camera: failed('refused-by-person'), microphone: failed('refused-by-person') })
    await expect.element(screen.getByText(/not allowed to use your camera and microphone/)).toBeVisible()
    await screen.getByRole('button', { name: 'Try again' }).click()
    await expect
      .poll(() => media.asked.slice(-2))
      .toEqual([
        ['setCamera', true],
        ['setMicrophone', true],
      ])
    media.set({ camera: failed('refused-by-person'), microphone: failed('refused-by-person') })
    await screen.getByRole('button', { name: 'Join without camera and microphone' }).click()
    await expect.poll(() => call.asked.at(-1)).toEqual(['join', 'Ann'])
  })

  test('refused by the system: one button opens its page where there is one', async () => {
    const { media, desktop } = await openWindow({ platform: 'darwin', state: greenRoomState() })
    media.set({ camera: failed('refused-by-system'), microphone: onDevice('audio') })
    await screen.getByRole('button', { name: 'Open the camera settings of the system' }).click()
    expect(desktop.asked).toContainEqual(['openMediaSettings', 'camera'])
    await expect.element(screen.getByRole('button', { name: 'Join without camera' })).toBeVisible()
  })

  test('different troubles are told apart', async () => {
    const { media } = await openWindow({ state: greenRoomState() })
    media.set({ camera: failed('in-use'), microphone: failed('none-found') })
    await expect.element(screen.getByText('Your camera is used by another app.')).toBeVisible()
    await expect.element(screen.getByText('No microphone was found.')).toBeVisible()
  })

  test('a page over plain http says so and offers no switch that could not work', async () => {
    const { media } = await openWindow({ state: greenRoomState() })
    media.set({ camera: failed('insecure-page'), microphone: failed('insecure-page') })
    await expect.element(screen.getByText(/over plain http from another computer/)).toBeVisible()
    await expect.element(screen.getByText(/or over https/)).toBeVisible()
    await expect.element(screen.getByRole('button', { name: 'Try again' })).not.toBeInTheDocument()
    await expect.element(screen.getByRole('button', { name: 'Turn camera on' })).not.toBeInTheDocument()
    await expect.element(screen.getByRole('button', { name: /^Join without/ })).toBeEnabled()
  })
})

describe('the host', () => {
  test('is given the invitation: code, QR code and link, the port that was taken, and the way to the options', async () => {
    const { call, page } = await openWindow({
      prepare: (desktop) => {
        desktop.hostAfterStart = {
          phase: 'running',
          url: 'http://127.0.0.1:8002',
          port: 8002,
          takenPort: 8001,
          addresses: [{ card: 'Wi-Fi', family: 'IPv4', address: '192.168.1.20', isVirtual: false }],
          identity,
        }
      },
    })
    call.host = () => {
      call.set(greenRoomState({ serverUrl: 'http://127.0.0.1:8002' }))
      return Promise.resolve()
    }
    await page.meetings.host()
    await expect.element(screen.getByRole('heading', { name: 'Your meeting is ready' })).toBeVisible()
    await expect.element(screen.getByLabelText('Code: k7mq-2xvd-9thr')).toBeVisible()
    await expect.element(screen.getByRole('button', { name: 'Show the QR code large' })).toBeVisible()
    await expect.element(screen.getByRole('button', { name: 'Copy link' })).toBeVisible()
    await expect.element(screen.getByRole('button', { name: 'Meeting options' })).toBeVisible()
    await expect.element(screen.getByText('Port 8001 was busy, so this meeting uses 8002.')).toBeVisible()
  })

  test('on no network is told so, and what to do', async () => {
    const { call, page } = await openWindow({
      prepare: (desktop) => {
        desktop.hostAfterStart = {
          ...(desktop.hostAfterStart as Extract<HostState, { phase: 'running' }>),
          addresses: [],
        }
      },
    })
    call.host = () => {
      call.set(greenRoomState())
      return Promise.resolve()
    }
    await page.meetings.host()
    await expect.element(screen.getByText(/This computer is on no network/)).toBeVisible()
    await expect.element(screen.getByRole('button', { name: 'Copy link' })).not.toBeInTheDocument()
  })

  test('copies the link, and is told so', async () => {
    const { call, page } = await openWindow()
    call.host = () => {
      call.set(greenRoomState({ serverUrl: 'https://meet.example' }))
      return Promise.resolve()
    }
    await page.meetings.host()
    let copied = ''
    document.addEventListener('copy', () => (copied = document.getSelection()?.toString() ?? ''), { once: true })
    await screen.getByRole('button', { name: 'Copy link' }).click()
    await expect.element(screen.getByRole('status').filter({ hasText: 'Link copied' })).toBeInTheDocument()
    // Where the clipboard needs no permission it is written without an event.
    if (copied !== '') expect(copied).toBe('https://meet.example/r/k7mq2xvd9thr')
  })
})
