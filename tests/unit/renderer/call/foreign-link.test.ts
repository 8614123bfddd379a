import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as v from 'valibot'
import { Signal } from '#signalling/protocol.ts'
import { makeCertificate } from '#renderer/call/link-configuration.ts'
import type { OwnMedia } from '#renderer/call/own-media.ts'
import { eventually, expectFrames, expectSound } from './await-media.ts'
import { BarePeer } from './bare-peer.ts'
import { LinkEnd, openMedia, silence } from './link-pair.ts'

interface MeetOptions {
  readonly offerer: 'we' | 'they'
  readonly own?: OwnMedia
  readonly tracks?: readonly MediaStreamTrack[]
  readonly beginsAnew?: boolean
}

/** A link of ours and a client of another system, with a server between them that hands on at once. */
const meet = async ({ offerer, own = silence, tracks = [], beginsAnew = false }: MeetOptions) => {
  const end = new LinkEnd(false, await makeCertificate(), own, {}, offerer)
  const bare = new BarePeer({ tracks, beginsAnew, send: (signal) => end.link.handleSignal(signal) })
  end.other = bare
  const phases: string[] = []
  end.link.on('changed', ({ phase }) => phases.push(phase))
  return { end, bare, phases }
}

const isConnected = async ({ link, log }: LinkEnd): Promise<void> => {
  await eventually(() => {
    expect(link.view.phase, log.join('\n')).toBe('connected')
  })
}

const haveMedia = async (end: LinkEnd, bare: BarePeer): Promise<void> => {
  await expectFrames(() => end.link.view.stream)
  await expectSound(() => end.link.view.stream)
  await expectFrames(() => bare.remote)
  await expectSound(() => bare.remote)
}

const openTracks = async () => {
  const { audio, video } = await openMedia()
  return [audio, video] as const
}

describe('a client of another system that answers', () => {
  it('is offered sound and picture, with the candidates at hand in the offer, and no data channel', async () => {
    const { end, bare } = await meet({ offerer: 'we', own: await openMedia(), tracks: await openTracks() })
    end.link.offer()
    await isConnected(end)
    await haveMedia(end, bare)
    const [first] = bare.received
    expect(first).toMatchObject({ kind: 'description', type: 'offer' })
    const sdp = first?.kind === 'description' ? first.sdp : ''
    expect(sdp.match(/^m=\w+/gm)).toEqual(['m=audio', 'm=video'])
    expect(sdp).toContain('a=candidate:')
    for (const signal of end.sent) expect(v.is(Signal, signal)).toBe(true)
  })

  it('is found again with a new connection and offer when it is gone', async () => {
    const own = await openMedia()
    const { end, bare } = await meet({ offerer: 'we', own, tracks: await openTracks(), beginsAnew: true })
    end.link.offer()
    await isConnected(end)
    await expectFrames(() => bare.remote)
    const former = end.link.view.stream
    bare.rtc.close()
    await eventually(() => {
      expect(end.link.view.phase).toBe('reconnecting')
    })
    // The network says that it is back: no need to be patient.
    end.link.check()
    await isConnected(end)
    expect(end.link.view.stream).not.toBe(former)
    await expectFrames(() => end.link.view.stream)
    await expectFrames(() => bare.remote)
    const offers = bare.received.filter((signal) => signal.kind === 'description')
    expect(new Set(offers.map(({ epoch }) => epoch)).size).toBe(2)
  })

  it('may offer, too, once it is connected', async () => {
    const [audio, video] = await openTracks()
    const { end, bare } = await meet({ offerer: 'we', own: await openMedia(), tracks: [audio] })
    end.link.offer()
    await isConnected(end)
    expect(end.link.view).toMatchObject({ microphoneOn: true })
    const { sender } = bare.rtc.getTransceivers()[1]!
    await sender.replaceTrack(video)
    bare.rtc.getTransceivers()[1]!.direction = 'sendrecv'
    await bare.offer()
    await expectFrames(() => end.link.view.stream)
    expect(end.link.view.cameraOn).toBe(true)
  })
})

describe('a client of another system that offers', () => {
  it('is waited for without an offer of ours, however long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const { end, bare } = await meet({ offerer: 'they', own: await openMedia(), tracks: await openTracks() })
    end.link.awaitOffer()
    end.link.offer()
    vi.advanceTimersByTime(120_000)
    vi.useRealTimers()
    expect(end.sent).toEqual([])
    await bare.offer()
    await isConnected(end)
    await haveMedia(end, bare)
    expect(end.sent.filter((signal) => signal.kind === 'description').map(({ type }) => type)).toEqual(['answer'])
  })

  it('may add a picture later, show its screen in its place, and take each of them back', async () => {
    const [audio, video] = await openTracks()
    const [, screen] = await openTracks()
    const { end, bare } = await meet({ offerer: 'they', own: await openMedia(), tracks: [audio] })
    end.link.awaitOffer()
    await bare.offer()
    await isConnected(end)
    await eventually(() => {
      expect(end.link.view).toMatchObject({ microphoneOn: true, cameraOn: false })
    })
    const camera = bare.rtc.addTransceiver(video, { direction: 'sendrecv' })
    await bare.offer()
    await expectFrames(() => end.link.view.stream)
    await expectFrames(() => bare.remote)
    expect(end.link.view.cameraOn).toBe(true)
    const cameraTrack = end.link.view.stream!.getVideoTracks()[0]

    const second = bare.rtc.addTransceiver(screen, { direction: 'sendonly' })
    await bare.offer()
    await eventually(() => {
      expect(end.link.view.stream!.getVideoTracks()).toHaveLength(1)
      expect(end.link.view.stream!.getVideoTracks()[0]).not.toBe(cameraTrack)
    })
    await expectFrames(() => end.link.view.stream)
    second.direction = 'inactive'
    await bare.offer()
    await eventually(() => {
      expect(end.link.view.stream!.getVideoTracks()).toEqual([cameraTrack])
    })
    await expectFrames(() => end.link.view.stream)
    camera.direction = 'recvonly'
    await bare.offer()
    await eventually(() => {
      expect(end.link.view).toMatchObject({ microphoneOn: true, cameraOn: false })
    })
    camera.direction = 'sendrecv'
    await bare.offer()
    await eventually(() => {
      expect(end.link.view.cameraOn).toBe(true)
    })
    expect(end.sent.filter((signal) => signal.kind === 'description' && signal.type === 'offer')).toEqual([])
  })

  it('is followed into a new connection, and not disturbed by a lost path before', async () => {
    const { end, bare } = await meet({ offerer: 'they', own: await openMedia(), tracks: await openTracks() })
    end.link.awaitOffer()
    await bare.offer()
    await isConnected(end)
    await expectFrames(() => end.link.view.stream)
    const former = end.link.view.stream
    const said = end.sent.length
    bare.rtc.close()
    await eventually(() => {
      expect(end.link.view.phase).toBe('reconnecting')
    })
    end.link.check()
    end.link.restartIce()
    end.link.flush()
    expect(end.sent.length).toBe(said)
    await bare.reconnect()
    await isConnected(end)
    expect(end.link.view.stream).not.toBe(former)
    await haveMedia(end, bare)
  })
})

describe('without a control channel', () => {
  it('a link is heard by its packets for as long as media flows', async () => {
    const { end, bare, phases } = await meet({ offerer: 'they', tracks: await openTracks() })
    end.link.awaitOffer()
    await bare.offer()
    await isConnected(end)
    await expectFrames(() => end.link.view.stream, 200)
    end.link.check()
    await expectFrames(() => end.link.view.stream, 20)
    expect(new Set(phases)).toEqual(new Set(['connecting', 'connected']))
    expect(end.link.view.quality).not.toBe('unknown')
  })

  it('a link is heard by its connectivity checks while nobody sends anything', async () => {
    const { end, bare, phases } = await meet({ offerer: 'we' })
    end.link.offer()
    await isConnected(end)
    const checks = async () => {
      const report = (await bare.rtc.getStats()) as ReadonlyMap<
        string,
        RTCStats & { readonly requestsReceived?: number }
      >
      return [...report.values()].reduce((sum, { requestsReceived = 0 }) => sum + requestsReceived, 0)
    }
    const before = await checks()
    await eventually(async () => {
      expect(await checks()).toBeGreaterThan(before + 7)
    }, 40_000)
    expect(phases).not.toContain('reconnecting')
    expect(phases).not.toContain('unreachable')
  }, 60_000)
})
