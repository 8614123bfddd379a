import { describe, expect, it } from 'vitest'
import type { PeerId, Signal } from '#signalling/protocol.ts'
import type { TrustWord } from '#renderer/call/control-message.ts'
import { makeCertificate } from '#renderer/call/link-configuration.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { makeNonce } from '#renderer/call/trust/phrase-words.ts'
import { eventually, expectFrames } from '../await-media.ts'
import { channels, collectConnections, openMedia } from '../link-pair.ts'
import { FakeRoom, Page, agree, newInstallation } from './fake-room.ts'
import { dropping, ManInTheMiddle, reflecting, relaying } from './man-in-the-middle.ts'

const secret = randomId()

/** What is sent over these connections now. */
const sending = (connections: readonly RTCPeerConnection[]): RTCRtpSender[] =>
  connections
    .filter(({ connectionState }) => connectionState !== 'closed')
    .flatMap((each) => each.getSenders())
    .filter(({ track }) => track !== null)

/** Two people with the secret, and somebody between them. */
const meetThroughSomebody = async (tampering: Parameters<typeof ManInTheMiddle.between>[3]) => {
  const room = new FakeRoom()
  const ids: PeerId[] = []
  const middle = await ManInTheMiddle.between(
    room,
    () => ids[0]!,
    () => ids[1]!,
    tampering,
  )
  const pages: Page[] = []
  const trusts: string[] = []
  for (const name of ['Ann', 'Ben']) {
    const page = new Page(name, await makeCertificate(), { secret, own: await openMedia() }, room)
    page.roster.on('changed', () => {
      trusts.push(...page.roster.people.map(({ trust }) => trust))
    })
    ids.push(page.id)
    pages.push(page)
  }
  for (const page of pages) room.admit(page)
  const [ann, ben] = pages
  return { room, middle, ann: ann!, ben: ben!, trusts }
}

describe('with the secret of the invitation', () => {
  it('two people trust each other without doing anything', async () => {
    const room = new FakeRoom()
    const [ann, ben] = [await room.join('Ann', { secret }), await room.join('Ben', { secret })]
    await ann.trusts('Ben', 'invited')
    await ben.trusts('Ann', 'invited')
    expect(ann.person('Ben').hasNewKey).toBe(false)
  })

  it('a server that swaps the fingerprints is caught by both, and gets no more of their sound and picture', async () => {
    const connections = collectConnections()
    const { middle, ann, ben, trusts } = await meetThroughSomebody(relaying)
    await ann.trusts('Ben', 'intercepted')
    await ben.trusts('Ann', 'intercepted')
    await eventually(() => {
      expect(middle.viewOf(ann)).toMatchObject({ phase: 'connected', microphoneOn: false, cameraOn: false })
      expect(sending(connections)).toEqual([])
    })
    ann.roster.setMedia(await openMedia())
    expect(sending(connections)).toEqual([])
    expect(trusts).not.toContain('invited')
    expect(trusts).not.toContain('verified')
  })

  it('a server that says to each what they said is caught', async () => {
    const { ann, ben, trusts } = await meetThroughSomebody(reflecting)
    await ann.trusts('Ben', 'intercepted')
    await ben.trusts('Ann', 'intercepted')
    expect(trusts).not.toContain('invited')
  })

  it('a server that keeps everything back is not trusted', async () => {
    const { ann, ben, trusts } = await meetThroughSomebody(dropping)
    await ann.trusts('Ben', 'unverified')
    await ben.trusts('Ann', 'unverified')
    expect(trusts).not.toContain('invited')
    expect(trusts).not.toContain('verified')
  })

  it('a server that says again what it heard in another call is caught', async () => {
    const former = await meetThroughSomebody(dropping)
    await eventually(() => {
      expect(former.middle.heard.filter(({ kind }) => kind === 'proof')).toHaveLength(2)
    })
    const proofs: readonly TrustWord[] = former.middle.heard.filter(({ kind }) => kind === 'proof')
    const { ann, ben, trusts } = await meetThroughSomebody((word) => (word.kind === 'proof' ? { on: proofs } : {}))
    await ann.trusts('Ben', 'intercepted')
    await ben.trusts('Ann', 'intercepted')
    expect(trusts).not.toContain('invited')
  })

  it('a server that brings one their own signals, as if somebody else had sent them, is caught', async () => {
    const room = new FakeRoom()
    // One of the two links is polite, the other is not.
    const [one, other] = [`-${randomId().slice(1)}`, `z${randomId().slice(1)}`]
    room.intercept = (_from, to, signal: Signal) => {
      const posed = to === one ? other : one
      setTimeout(() => room.pages[0]?.roster.handleSignal(posed, signal))
      return true
    }
    const ann = await room.join('Ann', { secret })
    for (const [id, name] of [
      [one, 'Ben'],
      [other, 'Cem'],
    ] as const)
      ann.roster.admit({ id, name, presence: 'present' })
    await ann.trusts('Ben', 'intercepted')
    await ann.trusts('Cem', 'intercepted')
    expect(ann.roster.phrase).toEqual({ phase: 'different' })
  })

  it('a wrong proof after a right one counts', async () => {
    const connections = collectConnections()
    const room = new FakeRoom()
    const [ann, ben] = [await room.join('Ann', { secret }), await room.join('Ben', { secret })]
    await ann.trusts('Ben', 'invited')
    await ben.trusts('Ann', 'invited')
    for (const connection of connections) {
      const channel = channels.get(connection)
      if (channel?.readyState === 'open') channel.send(JSON.stringify({ kind: 'proof', mac: makeNonce() }))
    }
    await ann.trusts('Ben', 'intercepted')
    await ben.trusts('Ann', 'intercepted')
  })

  it('somebody with another secret counts as somebody in between', async () => {
    const room = new FakeRoom()
    const [ann, ben] = [await room.join('Ann', { secret }), await room.join('Ben', { secret: randomId() })]
    await ann.trusts('Ben', 'intercepted')
    await ben.trusts('Ann', 'intercepted')
  })

  it('an introduction that somebody else signed counts as somebody in between', async () => {
    const { ann, ben } = await meetThroughSomebody((word) => (word.kind === 'identity' ? { on: [word] } : {}))
    await ann.trusts('Ben', 'intercepted')
    await ben.trusts('Ann', 'intercepted')
  })

  it('whoever was caught gets nothing until a connection without them is there', async () => {
    const { room, middle, ann, ben } = await meetThroughSomebody(relaying)
    await ann.trusts('Ben', 'intercepted')
    await ben.trusts('Ann', 'intercepted')
    middle.tamper(dropping)
    room.intercept = null
    room.leave(ben)
    const back = await room.join('Ben', { secret, own: await openMedia() })
    await ann.trusts('Ben', 'invited')
    await back.trusts('Ann', 'invited')
    await expectFrames(() => back.person('Ann').stream)
  })
})

describe('without the secret', () => {
  it('nothing says that nobody is in between', async () => {
    const room = new FakeRoom()
    const [ann, ben] = [await room.join('Ann', { secret }), await room.join('Ben')]
    await ben.trusts('Ann', 'unverified')
    await ann.trusts('Ben', 'unverified')
  })

  it('the words differ when somebody runs a round with each', async () => {
    const room = new FakeRoom()
    const [ann, ben] = await room.joinTogether('Ann', 'Ben')
    const words = await agree(ann!, ben!)
    expect(words).toMatch(/^[a-z]+( [a-z]+){3}$/)
    // Somebody in the middle is one more pair of certificates: two rooms of two, each with a phrase of its own.
    const [first, second] = [new FakeRoom(), new FakeRoom()]
    const [middle, certificate] = [await makeCertificate(), await makeCertificate()]
    const [cem] = [await first.join('Cem', { certificate }), await first.join('Dan', { certificate: middle })]
    const [eve] = [await second.join('Eve'), await second.join('Cem', { certificate: middle })]
    const phraseOf = ({ roster }: Page) => (roster.phrase.phase === 'ready' ? roster.phrase.words : null)
    await eventually(() => {
      expect(phraseOf(cem)).not.toBeNull()
      expect(phraseOf(eve)).not.toBeNull()
    })
    expect(phraseOf(cem)).not.toEqual(phraseOf(eve))
  })

  it('there are no words when somebody in between passes on what each says', async () => {
    const room = new FakeRoom()
    const ids: PeerId[] = []
    await ManInTheMiddle.between(
      room,
      () => ids[0]!,
      () => ids[1]!,
      (word) => (word.kind === 'identity' ? {} : { on: [word] }),
    )
    const installation = newInstallation()
    const ann = new Page('Ann', await makeCertificate(), { installation }, room)
    const ben = new Page('Ben', await makeCertificate(), {}, room)
    ids.push(ann.id, ben.id)
    for (const page of [ann, ben]) room.admit(page)
    await eventually(() => {
      expect(ann.roster.phrase.phase).toBe('different')
      expect(ben.roster.phrase.phase).toBe('different')
    })
    expect([...ann.phases, ...ben.phases]).not.toContain('ready')
    ann.roster.confirmPhrase()
    expect(ann.person('Ben').trust).toBe('unverified')
  })
})
