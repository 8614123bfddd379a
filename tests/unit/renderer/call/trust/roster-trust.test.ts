import { describe, expect, it, vi, onTestFinished } from 'vitest'
import { randomId } from '#renderer/call/random-id.ts'
import { makeCertificate } from '#renderer/call/link-configuration.ts'
import { Installation } from '#renderer/call/trust/installation.ts'
import { KnownPeople, MAX_KNOWN_PEOPLE } from '#renderer/call/trust/known-people.ts'
import { BrowserTrustStorage } from '#renderer/call/trust/trust-storage.ts'
import { eventually } from '../await-media.ts'
import { agree, FakeRoom, newInstallation } from './fake-room.ts'

describe('the phrase of a room', () => {
  it('is nothing for whoever is alone', async () => {
    const ann = await new FakeRoom().join('Ann')
    expect(ann.roster.phrase).toEqual({ phase: 'none' })
  })

  it('is the same on three screens, and another one when a fourth comes or somebody goes', async () => {
    const room = new FakeRoom()
    const [ann, ben, cem] = await room.joinTogether('Ann', 'Ben', 'Cem')
    const ofThree = await agree(ann!, ben!, cem!)
    const dan = await room.join('Dan')
    const ofFour = await agree(ann!, ben!, cem!, dan)
    expect(ofFour).not.toBe(ofThree)
    room.leave(dan)
    expect(await agree(ann!, ben!, cem!)).toBe(ofThree)
    // Changes show as waiting, and never as a difference.
    for (const page of [ann!, ben!, cem!]) expect(page.phases).not.toContain('different')
  })

  it('comes once for people who come together', async () => {
    const room = new FakeRoom()
    const pages = await room.joinTogether('Ann', 'Ben', 'Cem', 'Dan')
    await agree(...pages)
    for (const { phases } of pages) expect(phases.filter((phase) => phase === 'ready').length).toBeLessThanOrEqual(2)
  })

  it('is another one when somebody comes back with another certificate', async () => {
    const room = new FakeRoom()
    const [ann, ben] = await room.joinTogether('Ann', 'Ben')
    const before = await agree(ann!, ben!)
    room.leave(ben!)
    expect(ann!.roster.phrase).toEqual({ phase: 'none' })
    const back = await room.join('Ben')
    expect(await agree(ann!, back)).not.toBe(before)
  })
})

describe('people who compared the words', () => {
  it('are known from then on, in the next call without doing anything', async () => {
    const [mine, theirs] = [newInstallation(), newInstallation()]
    const room = new FakeRoom()
    const ann = await room.join('Ann', { installation: mine })
    const ben = await room.join('Ben', { installation: theirs })
    await agree(ann, ben)
    await ann.trusts('Ben', 'unverified')
    ann.roster.confirmPhrase()
    await ann.trusts('Ben', 'verified')
    // Each for themselves.
    expect(ben.person('Ann').trust).toBe('unverified')
    const next = new FakeRoom()
    const again = await next.join('Ann', { installation: mine, secret: randomId() })
    const benAgain = await next.join('Benjamin', { installation: theirs })
    await again.trusts('Benjamin', 'verified')
    expect(again.person('Benjamin').hasNewKey).toBe(false)
    await benAgain.trusts('Ann', 'unverified')
  })

  it('are said to have a new key when somebody comes under their name without the one that was verified', async () => {
    const mine = newInstallation()
    const room = new FakeRoom()
    const [ann, ben] = [await room.join('Ann', { installation: mine }), await room.join('Ben')]
    await agree(ann, ben)
    await ann.trusts('Ben', 'unverified')
    expect(ann.person('Ben').hasNewKey).toBe(false)
    ann.roster.confirmPhrase()
    await ann.trusts('Ben', 'verified')
    const next = new FakeRoom()
    const [again] = [await next.join('Ann', { installation: mine }), await next.join(' ben ')]
    await eventually(() => {
      expect(again.person(' ben ').hasNewKey).toBe(true)
    })
    expect(again.person(' ben ').trust).toBe('unverified')
  })

  it('are not verified before there are words', async () => {
    const room = new FakeRoom()
    const [ann] = await room.joinTogether('Ann', 'Ben')
    ann!.roster.confirmPhrase()
    await ann!.trusts('Ben', 'unverified')
  })

  it('are known until the page goes where the browser keeps nothing', async () => {
    vi.stubGlobal('indexedDB', undefined)
    onTestFinished(() => {
      vi.unstubAllGlobals()
    })
    const installation = new Installation(new BrowserTrustStorage(`none-${randomId()}`))
    const room = new FakeRoom()
    const ann = await room.join('Ann', { installation })
    const ben = await room.join('Ben', { installation: new Installation(new BrowserTrustStorage('none')) })
    await agree(ann, ben)
    await ann.trusts('Ben', 'unverified')
    ann.roster.confirmPhrase()
    await ann.trusts('Ben', 'verified')
    expect(installation.known.isVerified('')).toBe(false)
  })

  it('are forgotten, the oldest first, when there are too many, and rubbish that is stored is left out', async () => {
    const database = `test-trust-${randomId()}`
    onTestFinished(() => {
      indexedDB.deleteDatabase(database)
    })
    const storage = new BrowserTrustStorage(database)
    const long = Array.from({ length: MAX_KNOWN_PEOPLE }, (_, index) => ({
      key: `key-${String(index)}`,
      name: `Person ${String(index)}`,
      verifiedAt: index,
    }))
    await storage.change('known-people', () => [...long, { key: 7 }, null, 'x'])
    const known = new KnownPeople(storage)
    await known.load()
    expect(known.isVerified('key-0')).toBe(true)
    await known.remember([{ key: 'newest', name: 'Ann' }])
    expect(known.isVerified('key-0')).toBe(false)
    expect(known.isVerified('key-1')).toBe(true)
    const later = new KnownPeople(new BrowserTrustStorage(database))
    await later.load()
    expect(later.isVerified('newest')).toBe(true)
    expect(later.isAnother('ANN ', 'other')).toBe(true)
    expect(later.isAnother('ANN ', 'newest')).toBe(false)
  })
})

describe('somebody who comes back to the same room', () => {
  it('with the same certificate and key is the same person', async () => {
    const [installation, certificate, secret] = [newInstallation(), await makeCertificate(), randomId()]
    const room = new FakeRoom()
    const ann = await room.join('Ann', { secret })
    const ben = await room.join('Ben', { secret, installation, certificate })
    const words = await agree(ann, ben)
    ann.roster.confirmPhrase()
    await ann.trusts('Ben', 'verified')
    room.leave(ben)
    const back = await room.join('Ben', { secret, installation, certificate: await makeCertificate() })
    await ann.trusts('Ben', 'verified')
    expect(await agree(ann, back)).not.toBe(words)
  })
})
