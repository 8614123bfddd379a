import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeCertificate } from '#renderer/call/link-configuration.ts'
import type { TrustWord } from '#renderer/call/control-message.ts'
import { Emitter } from '#renderer/call/emitter.ts'
import { silentLog } from '#renderer/call/log.ts'
import type { Description } from '#renderer/call/negotiation.ts'
import { noMedia } from '#renderer/call/own-media.ts'
import { PeerConnection } from '#renderer/call/peer-connection.ts'
import type { LinkView } from '#renderer/call/peer-link.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { videoLimitsFor } from '#renderer/call/sending-limits.ts'
import type { ProvableLink } from '#renderer/call/trust/link-trust.ts'
import { LinkProof } from '#renderer/call/trust/link-proof.ts'
import { RoomTrust } from '#renderer/call/trust/room-trust.ts'
import { eventually } from '../await-media.ts'
import { expectConnected, makePair } from '../link-pair.ts'
import { CODE, newInstallation } from './fake-room.ts'

/** One end of a connection without a client: a certificate, lines and a channel as ours, and nothing to say. */
class BareEnd {
  readonly connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })

  constructor() {
    this.connection.createDataChannel('control', { negotiated: true, id: 0 })
    onTestFinished(() => {
      this.connection.close()
    })
  }

  async answer({ type, sdp }: Description): Promise<Description> {
    await this.connection.setRemoteDescription({ type, sdp })
    return this.#describe('answer')
  }

  async add(candidates: readonly RTCIceCandidateInit[]): Promise<void> {
    for (const candidate of candidates) await this.connection.addIceCandidate(candidate)
  }

  async offer(): Promise<Description> {
    for (const kind of ['audio', 'video']) this.connection.addTransceiver(kind)
    return this.#describe('offer')
  }

  /** With all candidates in it. */
  async #describe(type: 'offer' | 'answer'): Promise<Description> {
    await this.connection.setLocalDescription()
    await eventually(() => {
      expect(this.connection.iceGatheringState).toBe('complete')
    })
    return { kind: 'description', type, sdp: this.connection.localDescription!.sdp }
  }
}

interface LinkEvents extends Record<'open' | 'certificate' | 'replaced', []> {
  readonly changed: [LinkView]
  readonly trust: [TrustWord]
}

const fakeLink = () => {
  const events = new Emitter<LinkEvents>()
  const on: ProvableLink['on'] = events.on.bind(events)
  const link: ProvableLink = { on, tell: () => true, fingerprints: () => Promise.resolve(null) }
  return { events, link }
}

describe('the certificates of a connection', () => {
  it('are those in use on both sides, and not what a description says', async () => {
    const { polite, impolite } = await makePair()
    expect(await polite.link.fingerprints()).toBeNull()
    polite.link.offer()
    await expectConnected(polite, impolite)
    const [mine, theirs] = [await polite.link.fingerprints(), await impolite.link.fingerprints()]
    expect(mine).toEqual({ own: theirs?.theirs, theirs: theirs?.own })
    expect(mine?.own).toMatch(/^[0-9a-f]{2}(:[0-9a-f]{2}){31}$/)
    expect(mine?.own).not.toBe(mine?.theirs)
  })

  it('are watched: a later description can put somebody else on the same connection', async () => {
    const [first, second] = [new BareEnd(), new BareEnd()]
    const connection = new PeerConnection({
      configuration: { iceServers: [], certificates: [await makeCertificate()] },
      isPolite: true,
      offerer: 'either',
      own: noMedia,
      videoLimits: videoLimitsFor(1),
      log: silentLog,
    })
    onTestFinished(() => {
      connection.close()
    })
    let other = first
    // One after the other, so that candidates come behind the description that they belong to.
    let work = Promise.resolve()
    connection.on('message', (message) => {
      work = work.then(async () => {
        if (message.kind === 'candidates') await other.add(message.candidates)
        else if (message.type === 'offer') connection.handle(await first.answer(message))
        else await second.connection.setRemoteDescription(message)
      })
    })
    const onCertificate = vi.fn()
    connection.on('certificate', onCertificate)
    connection.begin()
    await eventually(() => {
      expect(connection.state).toBe('connected')
      expect(connection.isOpen).toBe(true)
    })
    const before = await connection.fingerprints()
    await connection.sample()
    expect(onCertificate).not.toHaveBeenCalled()
    const offer = await second.offer()
    other = second
    connection.handle(offer)
    await eventually(() => {
      expect(onCertificate).toHaveBeenCalledTimes(1)
    })
    // What was judged stays what it was about.
    expect(await connection.fingerprints()).toEqual(before)
  })
})

describe('a link', () => {
  it('is intercepted when its certificate changes, whatever was proved before', () => {
    const { events, link } = fakeLink()
    const room = { code: CODE, secret: randomId(), log: silentLog }
    const trust = new RoomTrust({ ...room, installation: newInstallation() }).follow(link, true)
    expect(trust.trust).toBe('checking')
    events.emit('certificate')
    expect(trust.trust).toBe('intercepted')
    expect(trust.isHeldBack).toBe(true)
    events.emit('replaced')
    expect(trust.trust).toBe('checking')
    expect(trust.isHeldBack).toBe(true)
  })

  it('to a client of another system can prove nothing', () => {
    const { link } = fakeLink()
    const room = { code: CODE, secret: randomId(), log: silentLog }
    const trust = new RoomTrust({ ...room, installation: newInstallation() }).follow(link, false)
    expect(trust.trust).toBe('unverified')
    expect(trust.hasNewKey('Ann')).toBe(false)
  })

  it('that was intercepted is judged anew on another connection', async () => {
    const { polite, impolite } = await makePair()
    const room = { code: CODE, secret: randomId(), log: silentLog }
    const trusts = [polite, impolite].map(({ link }) =>
      new RoomTrust({ ...room, installation: newInstallation() }).follow(link, true),
    )
    polite.link.offer()
    await eventually(() => {
      expect(trusts.map(({ trust }) => trust)).toEqual(['invited', 'invited'])
    })
    trusts[0]!.intercept('the other certificate changed')
    expect(trusts[0]!.trust).toBe('intercepted')
    expect(trusts[0]!.isHeldBack).toBe(true)
    impolite.reload(noMedia)
    const again = new RoomTrust({ ...room, installation: newInstallation() }).follow(impolite.link, true)
    impolite.link.offer()
    await eventually(() => {
      expect([trusts[0]!.trust, again.trust]).toEqual(['invited', 'invited'])
    })
    expect(trusts[0]!.isHeldBack).toBe(false)
  })
})

describe('a proof', () => {
  const fingerprints = { own: '0a:1b', theirs: '2c:3d' }
  const turned = { own: fingerprints.theirs, theirs: fingerprints.own }

  it('is good for the one room, the one secret, the two certificates and the one direction', async () => {
    const secret = randomId()
    const [proof, same, otherRoom, otherSecret] = await Promise.all([
      LinkProof.of(secret, CODE),
      LinkProof.of(secret, CODE),
      LinkProof.of(secret, 'aaaaaaaaaaaa'),
      LinkProof.of(randomId(), CODE),
    ])
    const mac = await proof!.prove(fingerprints)
    expect(mac).toMatch(/^[\w-]{43}$/)
    expect(await same!.isProof(mac, turned)).toBe(true)
    expect(await same!.isProof(mac, fingerprints)).toBe(false)
    expect(await same!.isProof(mac, { ...turned, own: 'ff:ff' })).toBe(false)
    expect(await same!.isProof(mac, { ...turned, theirs: 'ff:ff' })).toBe(false)
    expect(await otherRoom!.isProof(mac, turned)).toBe(false)
    expect(await otherSecret!.isProof(mac, turned)).toBe(false)
    expect(await same!.isProof('', turned)).toBe(false)
    expect(await same!.isProof('!', turned)).toBe(false)
  })

  it('needs a secret that is one', async () => {
    expect(await LinkProof.of('not base64url!', CODE)).toBeNull()
  })
})
