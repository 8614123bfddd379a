import { describe, expect, it } from 'vitest'
import { eventually, expectFrames } from './await-media.ts'
import { channels, collectConnections, expectConnected, makePair, openMedia, silence, type Path } from './link-pair.ts'

describe('a poor signal path', () => {
  it('connects when the first offer is lost', async () => {
    const { polite, impolite } = await makePair({ paths: [{ delayMs: (_, count) => (count === 1 ? null : 0) }, {}] })
    polite.link.offer()
    await expectConnected(polite, impolite)
  })

  it('connects when the first answer is lost', async () => {
    const { polite, impolite } = await makePair({ paths: [{}, { delayMs: (_, count) => (count === 1 ? null : 0) }] })
    polite.link.offer()
    await expectConnected(polite, impolite)
  })

  it('connects when candidates overtake their description', async () => {
    const late: Path = { delayMs: ({ kind }) => (kind === 'description' ? 150 : 0) }
    const { polite, impolite } = await makePair({ own: [await openMedia(), await openMedia()], paths: [late, late] })
    polite.link.offer()
    impolite.link.awaitOffer()
    await expectConnected(polite, impolite)
  })

  it('says what waited when the path comes back', async () => {
    const { polite, impolite } = await makePair({ paths: [{ isDown: true }, {}] })
    polite.link.offer()
    impolite.link.awaitOffer()
    await eventually(() => {
      expect(polite.refused).toBeGreaterThan(0)
    })
    polite.path.isDown = false
    polite.link.flush()
    await expectConnected(polite, impolite)
  })
})

describe('a side that begins anew', () => {
  it('is connected again in the same link after a reload, with another stream', async () => {
    const own = [await openMedia(), await openMedia()] as const
    const { polite, impolite } = await makePair({ own })
    polite.link.offer()
    await expectConnected(polite, impolite)
    await expectFrames(() => impolite.link.view.stream)
    const [link, former] = [impolite.link, impolite.link.view.stream]
    polite.reload(own[0])
    polite.link.offer()
    await eventually(() => {
      expect(impolite.link.view.stream).not.toBe(former)
    })
    expect(impolite.link).toBe(link)
    await expectFrames(() => impolite.link.view.stream)
    await expectFrames(() => polite.link.view.stream)
  })

  it('is connected when both begin anew at once', async () => {
    const { polite, impolite } = await makePair({ own: [await openMedia(), await openMedia()] })
    polite.link.offer()
    await expectConnected(polite, impolite)
    polite.reload(silence)
    impolite.reload(await openMedia())
    polite.link.offer()
    impolite.link.offer()
    await expectConnected(polite, impolite)
    await expectFrames(() => polite.link.view.stream)
  })

  it('is not disturbed by late signals of its former connection', async () => {
    const { polite, impolite } = await makePair()
    polite.link.offer()
    await expectConnected(polite, impolite)
    const late = polite.sent.find(({ kind }) => kind === 'description')!
    polite.reload(silence)
    polite.link.offer()
    await eventually(() => {
      expect(impolite.log.join()).toContain('began anew')
    })
    await expectConnected(polite, impolite)
    impolite.link.handleSignal(late)
    expect(impolite.log.at(-1)).toContain('former connection')
    await expectConnected(polite, impolite)
  })
})

describe('a silent path', () => {
  it('is noticed within seconds, tried again, and found when the other side is back', async () => {
    const own = [await openMedia(), await openMedia()] as const
    const { polite, impolite } = await makePair({ own })
    polite.link.offer()
    await expectConnected(polite, impolite)
    await eventually(() => {
      expect(impolite.link.view.cameraOn).toBe(true)
    })
    const before = impolite.sent.length
    polite.link.close()
    await eventually(() => {
      expect(impolite.link.view.phase).toBe('reconnecting')
    }, 6000)
    await eventually(() => {
      expect(impolite.sent.length).toBeGreaterThan(before)
    })
    polite.reload(own[0])
    polite.link.offer()
    await expectConnected(polite, impolite)
    await expectFrames(() => impolite.link.view.stream)
  })
})

describe('a hostile other side', () => {
  it('flooding the control channel loses this link, and nothing else', async () => {
    const connections = collectConnections()
    const { polite, impolite } = await makePair({ own: [await openMedia(), silence] })
    polite.link.offer()
    await expectConnected(polite, impolite)
    const [first] = connections
    const channel = channels.get(first!)!
    await eventually(() => {
      expect(channel.readyState).toBe('open')
    })
    for (let count = 0; count < 300; count++) channel.send('{"kind":"heartbeat","surplus":[[[[]]]]}')
    await eventually(() => {
      expect(impolite.link.view).toMatchObject({ phase: 'unreachable', stream: null })
    })
    expect(impolite.log.join()).toContain('floods')
  })

  it('beginning anew without end is not followed without end', async () => {
    const connections = collectConnections()
    const { polite, impolite } = await makePair()
    polite.link.offer()
    await expectConnected(polite, impolite)
    const [offer] = polite.sent
    for (let count = 0; count < 100; count++)
      impolite.link.handleSignal({ ...offer!, epoch: `epoch${String(count)}`, toEpoch: null })
    expect(connections.length).toBeLessThan(20)
  })

  it('sending descriptions that are none leaves the link working', async () => {
    const { polite, impolite } = await makePair({ own: [await openMedia(), silence] })
    polite.link.offer()
    await expectConnected(polite, impolite)
    const { epoch } = polite.sent[0]!
    for (const sdp of ['', 'v=0', 'm=audio 9 RTP/AVP 0\r\n'.repeat(500)])
      impolite.link.handleSignal({ kind: 'description', epoch, toEpoch: null, type: 'offer', sdp })
    impolite.link.handleSignal({
      kind: 'candidates',
      epoch,
      toEpoch: null,
      candidates: [{ candidate: 'candidate:nonsense', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null }],
    })
    await expectFrames(() => impolite.link.view.stream)
    polite.link.restartIce()
    await expectFrames(() => impolite.link.view.stream, 20)
  })
})
