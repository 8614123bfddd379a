import { describe, expect, it, onTestFinished } from 'vitest'
import { LocalMedia } from '#renderer/call/local-media.ts'
import { eventually } from './await-media.ts'

const everything = { camera: true, microphone: true, cameraId: '', microphoneId: '', speakerId: '' }

const open = (...args: ConstructorParameters<typeof LocalMedia>): LocalMedia => {
  const media = new LocalMedia(...args)
  onTestFinished(() => {
    media.close()
  })
  return media
}

/** The real devices of the test browser, some of which can be hidden; counts what is asked for. */
const makeDevices = () => {
  const asked: MediaStreamConstraints[] = []
  const hidden = new Set<MediaDeviceKind>()
  let failure: Error | null = null
  const devices = Object.assign(new EventTarget(), {
    getUserMedia: async (constraints: MediaStreamConstraints) => {
      asked.push(constraints)
      if (failure) throw failure
      if ((constraints.video && hidden.has('videoinput')) || (constraints.audio && hidden.has('audioinput')))
        throw new DOMException('', 'NotFoundError')
      return await navigator.mediaDevices.getUserMedia(constraints)
    },
    enumerateDevices: async () => {
      const all = await navigator.mediaDevices.enumerateDevices()
      return all.filter(({ kind }) => !hidden.has(kind))
    },
  })
  return {
    asked,
    mediaDevices: devices as unknown as MediaDevices,
    fail: (error: Error | null) => {
      failure = error
    },
    hide: (kind: MediaDeviceKind, isHidden: boolean) => {
      if (isHidden) hidden.add(kind)
      else hidden.delete(kind)
      devices.dispatchEvent(new Event('devicechange'))
    },
  }
}

describe('opening', () => {
  it('asks once for both, and knows the devices by name afterwards', async () => {
    const { asked, mediaDevices } = makeDevices()
    const media = open({ mediaDevices })
    await media.open(everything)
    expect(asked).toHaveLength(1)
    expect(media.state).toMatchObject({ camera: { phase: 'on' }, microphone: { phase: 'on' } })
    expect(media.state.cameras.every(({ label }) => label !== '')).toBe(true)
    expect(media.state.microphones.length).toBeGreaterThan(1)
  })

  it('opens the one that works when the other does not', async () => {
    const { hide, mediaDevices } = makeDevices()
    hide('videoinput', true)
    const media = open({ mediaDevices })
    await media.open(everything)
    expect(media.state.camera).toEqual({ phase: 'failed', problem: 'none-found' })
    expect(media.state.microphone.phase).toBe('on')
  })

  it('opens no more than is wished', async () => {
    const { asked, mediaDevices } = makeDevices()
    const media = open({ mediaDevices })
    await media.open({ ...everything, camera: false, microphone: false })
    expect(asked).toEqual([])
    expect(media.state).toMatchObject({ camera: { phase: 'off' }, microphone: { phase: 'off' } })
    await media.setMicrophone(false)
    expect(media.state.microphone).toEqual({ phase: 'off' })
    await media.setMicrophone(true)
    expect(media.state.microphone.phase).toBe('on')
  })

  it('without devices in the page says that the page is the reason', async () => {
    const media = open({ mediaDevices: undefined, isSecure: false })
    await media.open(everything)
    const failed = { phase: 'failed', problem: 'insecure-page' }
    expect(media.state).toMatchObject({ camera: failed, microphone: failed, cameras: [] })
  })

  it('does not ask the browser for what the system refuses', async () => {
    const { asked, mediaDevices } = makeDevices()
    const systemAccess = (kind: string) => Promise.resolve(kind === 'camera' ? 'denied' : 'granted')
    const media = open({ mediaDevices, systemAccess })
    await media.open(everything)
    expect(media.state.camera).toEqual({ phase: 'failed', problem: 'refused-by-system' })
    expect(media.state.microphone.phase).toBe('on')
    expect(asked.every(({ video }) => !video)).toBe(true)
  })

  it('never rejects, whatever the browser does', async () => {
    const { fail, mediaDevices } = makeDevices()
    fail(new TypeError('broken'))
    const media = open({ mediaDevices })
    await media.open(everything)
    await media.setCamera(true)
    await media.chooseMicrophone('nonsense')
    expect(media.state.camera).toEqual({ phase: 'failed', problem: 'unknown' })
  })
})

describe('open devices', () => {
  it('turn off and on: the camera by closing, the microphone by silence', async () => {
    const media = open()
    await media.open(everything)
    const { camera, microphone } = media.state
    if (camera.phase !== 'on' || microphone.phase !== 'on') throw new Error('Not open')
    await Promise.all([media.setCamera(false), media.setMicrophone(false)])
    expect(media.state).toMatchObject({ camera: { phase: 'off' }, microphone: { phase: 'muted' } })
    expect([camera.track.readyState, microphone.track.readyState]).toEqual(['ended', 'live'])
    expect(microphone.track.enabled).toBe(false)
    await Promise.all([media.setCamera(true), media.setMicrophone(true)])
    expect(media.state).toMatchObject({ camera: { phase: 'on' }, microphone: { phase: 'on', track: microphone.track } })
  })

  it('switch to a chosen one', async () => {
    const media = open()
    await media.open(everything)
    const { microphone, microphones } = media.state
    const other = microphones.findLast(({ id }) => microphone.phase === 'on' && id !== microphone.deviceId)
    await media.chooseMicrophone(other!.id)
    expect(media.state.microphone).toMatchObject({ phase: 'on', deviceId: other!.id })
  })

  it('that are unplugged are said to be, and open again when they are back', async () => {
    const { hide, mediaDevices } = makeDevices()
    const media = open({ mediaDevices })
    await media.open(everything)
    const { camera } = media.state
    if (camera.phase !== 'on') throw new Error('Not open')
    hide('videoinput', true)
    camera.track.stop()
    camera.track.dispatchEvent(new Event('ended'))
    await eventually(() => {
      expect(media.state.camera).toEqual({ phase: 'failed', problem: 'unplugged' })
    })
    hide('videoinput', false)
    await eventually(() => {
      expect(media.state.camera.phase).toBe('on')
    })
  })
})

it('a speaker that is not there is not chosen', async () => {
  const media = open()
  await media.open({ ...everything, camera: false })
  media.chooseSpeaker('gone')
  expect(media.state.speakerId).toBe('')
  const [speaker] = media.state.speakers
  if (speaker) {
    media.chooseSpeaker(speaker.id)
    expect(media.state.speakerId).toBe(speaker.id)
  }
})
