import { expect, test } from 'vitest'
import type {
  DeviceEvents,
  DevicePeer,
  MediaEngine,
  MediaPacket,
  MediaTrack,
  ViewerEvents,
  ViewerPeer,
} from '#signalling/relay/media-peer.ts'
import { LiveStreams } from '#signalling/relay/live-streams.ts'
import type { Guest } from '#signalling/relay/seat.ts'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

const vp8: MediaTrack = { kind: 'video', codec: 'VP8', parameters: '' }
const h264: MediaTrack = { kind: 'video', codec: 'H264', parameters: '' }

/** Connections without a network: what was asked of each is kept, and the test plays the other side. */
class EngineDouble implements MediaEngine {
  readonly devices: {
    events: DeviceEvents
    keyFrames: number
    asked: number[][]
    bitrates: number[]
    isClosed: boolean
  }[] = []
  readonly viewers: {
    events: ViewerEvents
    tracks: readonly MediaTrack[]
    sent: number[]
    resent: number[]
    isClosed: boolean
  }[] = []
  tracks: readonly MediaTrack[] = [vp8]

  readonly openDevice = (events: DeviceEvents): DevicePeer => {
    const device = { events, keyFrames: 0, asked: [] as number[][], bitrates: [] as number[], isClosed: false }
    this.devices.push(device)
    return {
      ...this.#peer(device),
      tracks: this.tracks,
      askForKeyFrame: () => (device.keyFrames += 1),
      askAgain: (_, sequenceNumbers) => device.asked.push([...sequenceNumbers]),
      limitBitrate: (bitsPerSecond) => device.bitrates.push(bitsPerSecond),
    }
  }

  readonly openViewer = (tracks: readonly MediaTrack[], events: ViewerEvents): ViewerPeer => {
    const viewer = { events, tracks, sent: [] as number[], resent: [] as number[], isClosed: false }
    this.viewers.push(viewer)
    return {
      ...this.#peer(viewer),
      send: (_, packet) => viewer.sent.push(packet.sequenceNumber),
      sendAgain: (_, packet) => viewer.resent.push(packet.sequenceNumber),
      tellClock: () => undefined,
    }
  }

  #peer(record: { isClosed: boolean }) {
    return {
      offer: () => Promise.resolve({ sdp: 'offer', candidates: [] }),
      accept: (answer: string) => (answer === 'bad' ? Promise.reject(new Error('bad')) : Promise.resolve()),
      addCandidate: () => Promise.resolve(),
      close: () => {
        record.isClosed = true
        return Promise.resolve()
      },
    }
  }
}

const packet = (sequenceNumber: number, isKey = false): MediaPacket => ({
  sequenceNumber,
  timestamp: sequenceNumber * 3000,
  marker: true,
  payload: Buffer.from([0x10, isKey ? 0x00 : 0x01]),
  orientation: null,
})

interface GuestDouble extends Guest {
  readonly heard: [event: string, payload: unknown][]
  readonly isReleased: () => boolean
}
const createGuest = (): GuestDouble => {
  const heard: [string, unknown][] = []
  let isReleased = false
  return {
    heard,
    send: (event, payload) => heard.push([event, payload]),
    released: () => {
      isReleased = true
    },
    isReleased: () => isReleased,
  }
}

const start = (changes: Partial<ServerLimits> = {}) => {
  const clock = new ManualClock()
  const engine = new EngineDouble()
  const limits = { ...defaultServerLimits, ...changes }
  const streams = new LiveStreams({ engine, clock, limits, log: () => undefined })
  const { stream } = streams.open('camera', 'garden')
  return { clock, engine, streams, stream }
}
type Started = ReturnType<typeof start>

const settle = () => new Promise((resolve) => setImmediate(resolve))
const connectDevice = async ({ stream, engine }: Started) => {
  const guest = createGuest()
  stream.joinDevice(guest, 'camera')
  await settle()
  await stream.answer(guest, 'answer')
  engine.devices.at(-1)?.events.connected()
  return { guest, device: engine.devices.at(-1)! }
}
const connectViewer = async ({ stream, engine }: Started) => {
  const guest = createGuest()
  stream.joinViewer(guest)
  await settle()
  await stream.answer(guest, 'answer')
  engine.viewers.at(-1)?.events.connected()
  return { guest, viewer: engine.viewers.at(-1)! }
}

test('a viewer is sent nothing before the first key frame, which is asked for', async () => {
  const world = start()
  const { device } = await connectDevice(world)
  device.events.packet('video', packet(1, true))
  world.clock.advance(600)
  const asked = device.keyFrames
  const { viewer } = await connectViewer(world)
  expect(device.keyFrames).toBe(asked + 1)
  device.events.packet('video', packet(2))
  device.events.packet('video', packet(3, true))
  device.events.packet('video', packet(4))
  expect(viewer.sent).toEqual([3, 4])
})

test('a lost packet is sent again from the buffer, at a bounded rate', async () => {
  const world = start({ liveResendRate: { burst: 2, perSecond: 1 } })
  const { device } = await connectDevice(world)
  const { viewer } = await connectViewer(world)
  for (let number = 1; number <= 5; number += 1) device.events.packet('video', packet(number, number === 1))
  viewer.events.packetsWanted('video', [2, 3, 4, 5, 999])
  expect(viewer.resent).toEqual([2, 3])
})

test('a packet lost on the way from the device is asked for once for all viewers, and passed on when it comes', async () => {
  const world = start()
  const { device } = await connectDevice(world)
  const viewers = [await connectViewer(world), await connectViewer(world)]
  device.events.packet('video', packet(1, true))
  device.events.packet('video', packet(3))
  world.clock.advance(10)
  expect(device.asked).toEqual([[2]])
  device.events.packet('video', packet(2))
  for (const { viewer } of viewers) expect(viewer.sent).toEqual([1, 3, 2])
})

test('a device that comes back is watched on without a new offer, numbers going on', async () => {
  const world = start()
  const { guest, device } = await connectDevice(world)
  const { guest: watcher, viewer } = await connectViewer(world)
  device.events.packet('video', packet(1, true))
  world.stream.leave(guest)
  expect(watcher.heard.at(-1)).toEqual([
    'stream-state',
    { sessionId: 'garden', state: 'waiting', reason: 'device-gone' },
  ])
  const again = await connectDevice(world)
  again.device.events.packet('video', packet(700))
  again.device.events.packet('video', packet(701, true))
  expect(viewer.sent).toEqual([1, 2])
  expect(world.engine.viewers).toHaveLength(1)
})

test('a device that comes back with another codec is offered to viewers anew', async () => {
  const world = start()
  const { guest } = await connectDevice(world)
  const { viewer } = await connectViewer(world)
  world.stream.leave(guest)
  world.engine.tracks = [h264]
  await connectDevice(world)
  expect(viewer.isClosed).toBe(true)
  expect(world.engine.viewers.map(({ tracks }) => tracks)).toEqual([[vp8], [h264]])
})

test('only the device that was named may send; the same one from elsewhere takes over', async () => {
  const world = start()
  const { guest, device } = await connectDevice(world)
  expect(() => world.stream.joinDevice(createGuest(), 'another')).toThrow('another device')
  expect(device.isClosed).toBe(false)
  const again = await connectDevice(world)
  expect(device.isClosed).toBe(true)
  expect(guest.isReleased()).toBe(true)
  device.events.packet('video', packet(9, true))
  expect(again.guest.isReleased()).toBe(false)
})

test('the device is told what the slowest decent viewer can take, as long as estimates are fresh', async () => {
  const world = start()
  const { device } = await connectDevice(world)
  const { viewer } = await connectViewer(world)
  viewer.events.estimate(700_000)
  world.clock.advance(1000)
  expect(device.bitrates.at(-1)).toBe(700_000)
  world.clock.advance(15_000)
  expect(device.bitrates.at(-1)).toBe(defaultServerLimits.liveBitrate.start)
})

test('an offer that nobody answers is given up, and its place is free again', async () => {
  const world = start({ liveNegotiations: 1 })
  await connectDevice(world)
  const slow = createGuest()
  world.stream.joinViewer(slow)
  await settle()
  expect(() => world.stream.joinViewer(createGuest())).toThrow('Too many')
  world.clock.advance(defaultServerLimits.liveNegotiationMs)
  expect(slow.heard.at(-1)).toEqual(['error', { message: 'The connection was not made in time.' }])
  expect(slow.isReleased()).toBe(true)
  await connectViewer(world)
})

test('a bad answer ends that connection alone', async () => {
  const world = start()
  await connectDevice(world)
  const other = await connectViewer(world)
  const guest = createGuest()
  world.stream.joinViewer(guest)
  await settle()
  await expect(world.stream.answer(guest, 'bad')).rejects.toThrow('does not fit')
  expect(guest.isReleased()).toBe(true)
  expect(world.engine.viewers.map(({ isClosed }) => isClosed)).toEqual([false, true])
  expect(other.guest.isReleased()).toBe(false)
})

test('an answer before the offer, a second one, and too many candidates are refused', async () => {
  const world = start({ liveCandidates: 2 })
  await connectDevice(world)
  const guest = createGuest()
  await expect(world.stream.answer(guest, 'answer')).rejects.toThrow('no offer')
  world.stream.joinViewer(guest)
  await settle()
  await world.stream.answer(guest, 'answer')
  await expect(world.stream.answer(guest, 'answer')).rejects.toThrow('no offer')
  await world.stream.addCandidate(guest, null)
  await world.stream.addCandidate(guest, null)
  await expect(world.stream.addCandidate(guest, null)).rejects.toThrow('Too many candidates')
})

test('viewers and streams are bounded', async () => {
  const world = start({ liveViewers: 1, liveStreams: 1 })
  world.stream.joinViewer(createGuest())
  expect(() => world.stream.joinViewer(createGuest())).toThrow('no room')
  expect(() => world.streams.open('another')).toThrow('no room')
  expect(world.streams.open('camera', 'garden').isNew).toBe(false)
  expect(() => world.streams.open('another', 'garden')).toThrow('another device')
  await world.streams.close()
})

test('a device that does not come in time ends the stream', () => {
  const world = start()
  const guest = createGuest()
  world.stream.joinViewer(guest)
  world.clock.advance(defaultServerLimits.liveDeviceWaitMs)
  expect(guest.heard.at(-1)).toEqual(['stream-state', { sessionId: 'garden', state: 'ended', reason: 'device-absent' }])
  expect(() => world.streams.get('garden')).toThrow('no stream')
  expect(world.clock.pending).toBe(0)
})

test('stopping closes every connection and timer, and tells everybody', async () => {
  const world = start()
  const { guest, device } = await connectDevice(world)
  const { guest: watcher, viewer } = await connectViewer(world)
  device.events.packet('video', packet(1, true))
  device.events.packet('video', packet(3))
  await world.stream.stop('stopped')
  for (const each of [guest, watcher]) {
    expect(each.heard.at(-1)).toEqual(['stream-state', { sessionId: 'garden', state: 'ended', reason: 'stopped' }])
    expect(each.isReleased()).toBe(true)
  }
  expect([device.isClosed, viewer.isClosed]).toEqual([true, true])
  expect(world.clock.pending).toBe(0)
})
