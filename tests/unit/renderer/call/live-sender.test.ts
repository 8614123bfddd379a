import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { DeviceState } from '#renderer/call/call-state.ts'
import { LiveSender } from '#renderer/call/live-sender.ts'
import { eventually, expectFrames, expectSound } from './await-media.ts'
import { DevicesDouble } from './devices-double.ts'
import { LiveWireDouble } from './live-wire-double.ts'

const capture = async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1920, height: 1080 } })
  onTestFinished(() => {
    for (const track of stream.getTracks()) track.stop()
  })
  const deviceOf = (track: MediaStreamTrack): DeviceState => ({ phase: 'on', track, deviceId: 'one', label: 'one' })
  const [audio, video] = [stream.getAudioTracks()[0]!, stream.getVideoTracks()[0]!]
  return { audio, video, camera: deviceOf(video), microphone: deviceOf(audio) }
}

const setUp = (prepare: (wire: LiveWireDouble) => void = () => undefined) => {
  const devices = new DevicesDouble()
  const wires: LiveWireDouble[] = []
  const sender = new LiveSender({
    serverUrl: 'http://server.test',
    accessToken: () => null,
    media: devices,
    cameraOffWords: 'off',
    openWire: () => {
      const wire = new LiveWireDouble()
      prepare(wire)
      wires.push(wire)
      return wire
    },
  })
  onTestFinished(() => sender.stop())
  const wire = () => wires.at(-1)!
  /** Starts, and is live as the server has it. */
  const goLive = async () => {
    sender.start()
    await eventually(() => expect(wire().names()).toContain('join-stream'))
    const relay = await wire().offer()
    await eventually(() => expect(relay.connectionState).toBe('connected'))
    wire().tell('state', { state: 'live' })
    return relay
  }
  return { devices, wires, wire, sender, goLive }
}

const received = (relay: RTCPeerConnection): MediaStream =>
  new MediaStream(relay.getReceivers().map(({ track }) => track))

/** Brightness of the picture that comes, in the middle of its left half, by its green part. */
const greenOf = (relay: RTCPeerConnection) => {
  const video = document.createElement('video')
  video.muted = true
  video.srcObject = received(relay)
  void video.play()
  onTestFinished(() => {
    video.srcObject = null
  })
  const context = document.createElement('canvas').getContext('2d')!
  return () => {
    context.drawImage(video, 0, 0, 16, 9)
    return context.getImageData(3, 4, 1, 1).data[1] ?? 0
  }
}

describe('what is sent', () => {
  test('sound and picture, the picture no larger than 1280 x 720 and 1.5 Mb/s', async () => {
    const { devices, goLive } = setUp()
    const { camera, microphone } = await capture()
    devices.set({ camera, microphone })
    const parameters = vi.spyOn(RTCRtpSender.prototype, 'setParameters')
    onTestFinished(() => parameters.mockRestore())
    const relay = await goLive()
    const stream = received(relay)
    await expectFrames(() => stream)
    await expectSound(() => stream)
    const encodings = parameters.mock.calls.flatMap(([{ encodings }]) => encodings)
    expect(encodings).toContainEqual(
      expect.objectContaining({ maxBitrate: 1_500_000, scaleResolutionDownTo: { maxWidth: 1280, maxHeight: 720 } }),
    )
  })

  test('a picture in place of a camera that is off, from the start and later, and the camera without a new offer', async () => {
    const { devices, wire, goLive } = setUp()
    const { camera, video } = await capture()
    const relay = await goLive()
    const green = greenOf(relay)
    await eventually(() => expect(green()).toBeGreaterThan(0))
    expect(green()).toBeLessThan(60)
    devices.set({ camera })
    await eventually(() => expect(green()).toBeGreaterThan(100))
    devices.set({ camera: { phase: 'off' } })
    await eventually(() => expect(green()).toBeLessThan(60))
    expect(
      wire()
        .names()
        .filter((name) => name === 'answerSdp'),
    ).toHaveLength(1)
    expect(video.readyState).toBe('live')
  })

  test('the tracks stay open when the stream is stopped: they are of the call', async () => {
    const { devices, sender, goLive } = setUp()
    const { camera, microphone, audio, video } = await capture()
    devices.set({ camera, microphone })
    await goLive()
    await sender.stop()
    expect([audio.readyState, video.readyState]).toEqual(['live', 'live'])
    expect([audio.enabled, video.enabled]).toEqual([true, true])
  })
})

describe('beginning and end', () => {
  test('the server is asked for a stream of this page under ids that nobody guesses, before it is joined', async () => {
    const { wire, sender, goLive } = setUp()
    await goLive()
    const [waiting, creating, joining] = wire().said
    const { deviceId, sessionId } = creating![1] as { deviceId: string; sessionId: string }
    expect(waiting).toEqual(['wait-for-stream', { deviceId }])
    expect(creating![0]).toBe('/create-session')
    expect(joining).toEqual(['join-stream', { role: 'device', deviceId, sessionId }])
    expect(deviceId).toMatch(/^[\w-]{22}$/)
    expect(sessionId).toMatch(/^[\w-]{22}$/)
    expect(sessionId).not.toBe(deviceId)
    expect(sender.view).toEqual({ phase: 'live', sessionId, isConnected: true })
  })

  test('stopping ends it on the server for all, and the next one has another address', async () => {
    const { wires, wire, sender, goLive } = setUp()
    await goLive()
    const { sessionId } = wire().said[1]![1] as { sessionId: string }
    await sender.stop()
    expect(sender.view).toEqual({ phase: 'idle' })
    expect(wire().said.at(-1)).toEqual(['/live/stop', { sessionId }])
    expect(wire().isClosed).toBe(true)
    await goLive()
    expect(wires).toHaveLength(2)
    expect(wire().said[1]![1]).not.toHaveProperty('sessionId', sessionId)
  })

  test('what was stopped while the server was asked does not go live', async () => {
    const { wire, sender } = setUp()
    sender.start()
    await sender.stop()
    wire().tell('state', { state: 'live' })
    expect(sender.view).toEqual({ phase: 'idle' })
    expect(wire().names()).not.toContain('join-stream')
  })

  test('what is said over a former connection does not touch the new one', async () => {
    const { wires, sender, goLive } = setUp()
    await goLive()
    const stopped = sender.stop()
    sender.start()
    wires[0]!.tell('state', { state: 'ended', reason: 'stopped' })
    wires[0]!.tell('lost')
    await stopped
    await eventually(() => expect(wires[1]!.names()).toContain('join-stream'))
    expect(sender.view).toEqual({ phase: 'starting' })
  })

  test('somebody else may end it', async () => {
    const { wire, sender, goLive } = setUp()
    await goLive()
    wire().tell('state', { state: 'ended', reason: 'stopped' })
    expect(sender.view).toEqual({ phase: 'failed', problem: 'ended' })
  })
})

describe('refusals', () => {
  test.each([
    ['/create-session', 403, 'access-denied'],
    ['/create-session', 401, 'access-denied'],
    ['/create-session', 503, 'server-full'],
    ['/create-session', 429, 'server-full'],
    ['/create-session', 404, 'refused'],
    ['/create-session', 0, 'no-server'],
    ['wait-for-stream', 503, 'server-full'],
    ['join-stream', 503, 'server-full'],
  ] as const)('%s answered with %i is %s', async (name, status, problem) => {
    const { sender, wire } = setUp((made) => made.statuses.set(name, status))
    sender.start()
    await eventually(() => expect(sender.view).toEqual({ phase: 'failed', problem }))
    await eventually(() => expect(wire().isClosed).toBe(true))
  })

  test('a server that cannot be reached is tried twice', () => {
    const { sender, wire } = setUp()
    sender.start()
    wire().tell('unreached', null)
    expect(sender.view).toEqual({ phase: 'starting' })
    wire().tell('unreached', null)
    expect(sender.view).toEqual({ phase: 'failed', problem: 'no-server' })
  })

  test('a server that lets nobody in without its token says so at once', () => {
    const { sender, wire } = setUp()
    sender.start()
    wire().tell('unreached', 'access-denied')
    expect(sender.view).toEqual({ phase: 'failed', problem: 'access-denied' })
  })

  test('a connection that the server gives up at the start is told; trying again is possible', async () => {
    const { sender, wire, goLive } = setUp()
    sender.start()
    await eventually(() => expect(wire().names()).toContain('join-stream'))
    await eventually(() => {
      wire().tell('trouble')
      expect(sender.view).toEqual({ phase: 'failed', problem: 'no-media' })
    })
    await goLive()
    expect(sender.view).toMatchObject({ phase: 'live' })
  })
})

describe('coming back', () => {
  test('after a lost server: under the same address, as the same device', async () => {
    const { wire, sender, goLive } = setUp()
    await goLive()
    const [, creating] = wire().said
    wire().tell('lost')
    expect(sender.view).toMatchObject({ phase: 'live', isConnected: false })
    wire().said.length = 0
    wire().tell('opened')
    await eventually(() => expect(wire().names()).toEqual(['wait-for-stream', '/create-session', 'join-stream']))
    expect(wire().said[1]).toEqual(creating)
    const relay = await wire().offer()
    const stream = received(relay)
    await expectFrames(() => stream, 2)
    wire().tell('state', { state: 'live' })
    expect(sender.view).toMatchObject({ phase: 'live', isConnected: true })
  })

  test('after a connection of sound and picture that broke, and through a server that is full for a while', async () => {
    const { wire, sender, goLive } = setUp()
    await goLive()
    wire().statuses.set('/create-session', 503)
    wire().said.length = 0
    wire().tell('trouble')
    await eventually(() => expect(wire().names()).toEqual(['leave-stream', '/create-session']))
    expect(sender.view).toMatchObject({ phase: 'live', isConnected: false })
    wire().statuses.clear()
    await eventually(() => expect(wire().names().slice(2)).toEqual(['leave-stream', '/create-session', 'join-stream']))
  })
})
