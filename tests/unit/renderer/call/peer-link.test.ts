import { describe, expect, it, onTestFinished } from 'vitest'
import { Signal } from '#signalling/protocol.ts'
import * as v from 'valibot'
import { eventually, expectFrames, expectSound, sentPackets } from './await-media.ts'
import { collectConnections, expectConnected, makePair, openMedia, silence, type Path } from './link-pair.ts'

describe('devices that are not there', () => {
  const inUse = { camera: 'in-use', microphone: null } as const

  it('are told with the reason, and when they are back', async () => {
    const { polite, impolite } = await makePair({ own: [{ ...silence, problems: inUse }, silence] })
    polite.link.offer()
    await expectConnected(polite, impolite)
    await eventually(() => {
      expect(impolite.link.view.deviceProblems).toEqual(inUse)
    })
    expect(polite.link.view.deviceProblems).toEqual({ camera: null, microphone: null })
    polite.link.setMedia(silence)
    await eventually(() => {
      expect(impolite.link.view.deviceProblems).toEqual({ camera: null, microphone: null })
    })
  })

  it('are not told to whom nothing is said yet', async () => {
    const { polite, impolite } = await makePair({ own: [null, silence] })
    polite.link.offer()
    await expectConnected(polite, impolite)
    polite.link.setMedia({ ...silence, problems: inUse })
    await eventually(() => {
      expect(impolite.link.view.deviceProblems).toEqual(inUse)
    })
  })
})

/** Pictures of this size, whatever size another page has the camera of this browser open with: all pages share one. */
const drawPictures = (width: number, height: number): MediaStreamTrack => {
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const context = canvas.getContext('2d')!
  const timer = setInterval(() => {
    context.fillStyle = `hsl(${String(performance.now() % 360)} 50% 50%)`
    context.fillRect(0, 0, width, height)
  }, 50)
  const track = canvas.captureStream(20).getVideoTracks()[0]!
  onTestFinished(() => {
    clearInterval(timer)
    track.stop()
  })
  return track
}

describe('connecting', () => {
  it('brings picture and sound both ways when one side offers and the other waits', async () => {
    const { polite, impolite } = await makePair({ own: [await openMedia(), await openMedia()] })
    impolite.link.awaitOffer()
    polite.link.offer()
    await expectConnected(polite, impolite)
    for (const { link } of [polite, impolite]) {
      await expectFrames(() => link.view.stream)
      await expectSound(() => link.view.stream)
    }
  })

  it('connects without sending or saying anything until it is given something to send', async () => {
    const connections = collectConnections()
    const { polite, impolite } = await makePair({ own: [null, null] })
    polite.link.offer()
    await expectConnected(polite, impolite)
    const descriptions = polite.sent.length + impolite.sent.length
    expect(connections).toHaveLength(2)
    expect(await sentPackets(connections)).toBe(0)
    // Nothing was said: whoever is waited for counts as on.
    expect(impolite.link.view).toMatchObject({ microphoneOn: true, cameraOn: true })
    polite.link.setMedia(await openMedia())
    await expectFrames(() => impolite.link.view.stream)
    await expectSound(() => impolite.link.view.stream)
    polite.link.setMedia(silence)
    await eventually(() => {
      expect(impolite.link.view).toMatchObject({ microphoneOn: false, cameraOn: false })
    })
    expect(polite.sent.length + impolite.sent.length).toBe(descriptions)
  })

  it('shows a small picture first and the full one soon after', async () => {
    const video = drawPictures(1280, 720)
    const { polite, impolite } = await makePair({ own: [{ ...silence, video, cameraOn: true }, silence] })
    polite.link.offer()
    await expectConnected(polite, impolite)
    const screen = Object.assign(document.createElement('video'), { muted: true, autoplay: true })
    onTestFinished(() => {
      screen.remove()
    })
    document.body.append(screen)
    screen.srcObject = impolite.link.view.stream
    await eventually(() => {
      expect(screen.videoWidth).toBeGreaterThan(0)
    })
    expect(screen.videoWidth).toBeLessThanOrEqual(480)
    await eventually(() => {
      expect(screen.videoWidth).toBeGreaterThan(480)
    })
  })

  it('offers by itself when the offer that it waits for does not come', async () => {
    const { polite, impolite } = await makePair()
    polite.link.awaitOffer()
    await expectConnected(polite, impolite)
  })

  it('says only what the protocol allows', async () => {
    const { polite, impolite } = await makePair({ own: [await openMedia(), await openMedia()] })
    polite.link.offer()
    await expectConnected(polite, impolite)
    for (const signal of [...polite.sent, ...impolite.sent]) expect(v.is(Signal, signal)).toBe(true)
  })
})

describe('glare', () => {
  const slow: Path = { delayMs: () => 60 }

  it('connects with two lines of media when both offer at once, whatever the delay', async () => {
    const own = [await openMedia(), await openMedia()] as const
    const { polite, impolite } = await makePair({ own, paths: [slow, { delayMs: () => 20 }] })
    polite.link.offer()
    impolite.link.offer()
    await expectConnected(polite, impolite)
    for (const { link } of [polite, impolite]) {
      await expectFrames(() => link.view.stream)
      await expectSound(() => link.view.stream)
      expect(link.view.stream!.getTracks().map(({ kind }) => kind)).toEqual(['audio', 'video'])
    }
  })

  it('is over when both offered at once: no line is left that nobody uses, and nothing is negotiated any more', async () => {
    const connections = collectConnections()
    const own = [await openMedia(), await openMedia()] as const
    const { polite, impolite } = await makePair({ own, paths: [slow, slow] })
    polite.link.offer()
    impolite.link.offer()
    await expectConnected(polite, impolite)
    await eventually(() => {
      for (const connection of connections) {
        expect(connection.getTransceivers().map(({ direction }) => direction)).toEqual(['sendrecv', 'sendrecv'])
        expect(connection.signalingState).toBe('stable')
      }
    })
    const offers = impolite.log.filter((line) => line.includes('Took an offer')).length
    await expectFrames(() => polite.link.view.stream, 10)
    expect(impolite.log.filter((line) => line.includes('Took an offer'))).toHaveLength(offers)
    expect(offers).toBeLessThanOrEqual(2)
  })

  it('survives both restarting ICE at once without losing the picture', async () => {
    const { polite, impolite } = await makePair({ own: [await openMedia(), await openMedia()], paths: [slow, slow] })
    polite.link.offer()
    await expectConnected(polite, impolite)
    const stream = polite.link.view.stream
    polite.link.restartIce()
    impolite.link.restartIce()
    await expectFrames(() => polite.link.view.stream, 10)
    expect(polite.link.view.stream).toBe(stream)
    await expectConnected(polite, impolite)
  })
})

describe('an open link', () => {
  it('tells each change of microphone and camera, and starts with the present state', async () => {
    const media = await openMedia()
    const { polite, impolite } = await makePair({ own: [{ ...media, microphoneOn: false }, silence] })
    polite.link.offer()
    await eventually(() => {
      expect(impolite.link.view).toMatchObject({ microphoneOn: false, cameraOn: true })
    })
    polite.link.setMedia({ ...media, video: null, cameraOn: false })
    await eventually(() => {
      expect(impolite.link.view).toMatchObject({ microphoneOn: true, cameraOn: false })
    })
  })

  it('needs no signal to begin sending, to switch a camera and to stop', async () => {
    const media = await openMedia()
    const { polite, impolite } = await makePair()
    polite.link.offer()
    await expectConnected(polite, impolite)
    const [before, after] = [polite.sent.length, impolite.sent.length]
    polite.link.setMedia(media)
    await expectFrames(() => impolite.link.view.stream)
    polite.link.setMedia({ ...media, video: (await openMedia()).video })
    await expectFrames(() => impolite.link.view.stream)
    polite.link.setMedia(silence)
    await eventually(() => {
      expect(impolite.link.view.cameraOn).toBe(false)
    })
    expect([polite.sent.length, impolite.sent.length]).toEqual([before, after])
  })

  it('restarts ICE over its own channel when the server is gone', async () => {
    const { polite, impolite } = await makePair({ own: [await openMedia(), silence] })
    polite.link.offer()
    await expectConnected(polite, impolite)
    polite.path.isDown = impolite.path.isDown = true
    await eventually(() => {
      expect(impolite.link.view.cameraOn).toBe(true)
    })
    const took = impolite.log.length
    polite.link.restartIce()
    await eventually(() => {
      expect(impolite.log.slice(took).join()).toContain('Took an offer')
      expect(polite.log.at(-1)).toContain('Took an answer')
    })
    await expectFrames(() => impolite.link.view.stream, 10)
  })

  it('says goodbye so that the other side need not wait', async () => {
    const { polite, impolite } = await makePair()
    polite.link.offer()
    await expectConnected(polite, impolite)
    const gone = Promise.withResolvers<undefined>()
    impolite.link.on('bye', () => {
      gone.resolve(undefined)
    })
    await eventually(() => {
      expect(impolite.link.view.microphoneOn).toBe(false)
    })
    polite.link.leave()
    await gone.promise
  })
})
