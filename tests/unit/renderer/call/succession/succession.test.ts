import { describe, expect, it, vi } from 'vitest'
import { expectAt, meet, pinOf, presentAt, running } from './lan-meeting.ts'

/** Within this, another computer is to have taken over, and everybody to be there. */
const IN_TIME_MS = 5000
/** As heir-rule.ts gives to each. */
const TURN_MS = 4000

describe('when the computer that hosts dies', () => {
  it('the first heir takes over, and the others follow, each to their own place', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    const ann = get('Ann')
    const ids = guests.map(({ id }) => id)
    get('Ben').say('before')
    hedy.computer!.server.retitle('More tea')
    await lan.pass(1000)
    lan.kill(hedy)
    await lan.until(() => presentAt(ann).length === 3, IN_TIME_MS)
    await lan.pass(1000)
    expectAt(ann, guests)
    expect(ann.hosting).toEqual({ phase: 'own', former: [pinOf(hedy)] })
    expect(guests.map(({ id }) => id)).toEqual(ids)
    expect(ann.computer!.server.estate).toBe(JSON.stringify({ title: 'More tea' }))
    expect(running(guests)).toEqual(['Ann'])
    get('Cem').say('after')
    await lan.pass(500)
    for (const { chat } of guests) expect(chat).toEqual(['before', 'after'])
    expect(ann.computer!.server.chat).toEqual(['before', 'after'])
  })

  it('what was said by whoever went with it is kept, for those who come later, too', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann'], browsers: ['Bea'] })
    const texts = Array.from({ length: 20 }, (_, index) => `from Hedy ${String(index)}`)
    for (const text of texts) hedy.say(text)
    await lan.pass(1000)
    lan.kill(hedy)
    await lan.until(() => presentAt(get('Ann')).length === 2, IN_TIME_MS)
    expect(get('Ann').computer!.server.chat).toEqual(texts)
    for (const name of ['Ann', 'Bea']) expect(get(name).chat).toEqual(texts)
  })

  it('it is said who is about to go on', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann', 'Ben'] })
    get('Ann').computer!.starting = 'hangs'
    lan.kill(hedy)
    await lan.until(() => get('Ben').hosting.phase === 'lost', 3000)
    await lan.pass(500)
    expect(get('Ben').hosting).toEqual({ phase: 'lost', heir: 'Ann' })
    expect(get('Ann').hosting).toEqual({ phase: 'taking-over' })
  })

  it('and the first heir with it, the second takes over', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    lan.kill(hedy)
    lan.kill(get('Ann'))
    await lan.until(() => presentAt(get('Ben')).length === 2, IN_TIME_MS)
    await lan.pass(1000)
    expectAt(get('Ben'), [get('Ben'), get('Cem')])
  })

  it('and the first heir while it takes over, the second takes over', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    lan.kill(hedy)
    await lan.until(() => get('Ann').hosting.phase === 'taking-over', 3000)
    lan.kill(get('Ann'))
    await lan.until(() => presentAt(get('Ben')).length === 2, 2 * IN_TIME_MS)
    await lan.pass(1000)
    expectAt(get('Ben'), [get('Ben'), get('Cem')])
  })

  it('and later that of the heir, the next one goes on by the will of both', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    get('Cem').say('one')
    await lan.pass(500)
    lan.kill(hedy)
    await lan.until(() => presentAt(get('Ann')).length === 3, IN_TIME_MS)
    get('Ben').say('two')
    await lan.pass(3000)
    lan.kill(get('Ann'))
    await lan.until(() => presentAt(get('Ben')).length === 2, IN_TIME_MS)
    await lan.pass(1000)
    expectAt(get('Ben'), [get('Ben'), get('Cem')])
    expect(get('Ben').hosting).toEqual({ phase: 'own', former: [pinOf(hedy), pinOf(get('Ann'))] })
    for (const name of ['Ben', 'Cem']) expect(get(name).chat).toEqual(['one', 'two'])
  })

  it.each(['fails', 'throws', 'hangs'] as const)(
    'and the server of the first heir %s, the second takes over in its turn',
    async (what) => {
      const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
      get('Ann').computer!.starting = what === 'hangs' ? 'hangs' : what
      lan.kill(hedy)
      await lan.until(() => presentAt(get('Ben')).length === 3, IN_TIME_MS + TURN_MS)
      await lan.pass(2000)
      expectAt(get('Ben'), guests)
      expect(get('Ann').computer!.starts).toBeLessThanOrEqual(3)
      await lan.pass(70_000)
      expectAt(get('Ben'), guests)
      expect(running(guests)).toEqual(['Ben'])
    },
  )

  it('and no server starts, each tries once in a while', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben'] })
    for (const { computer } of guests) computer!.starting = 'fails'
    lan.kill(hedy)
    await lan.pass(60_000)
    for (const { computer } of guests) {
      expect(computer!.starts).toBeGreaterThan(2)
      expect(computer!.starts).toBeLessThan(20)
    }
    get('Ben').computer!.starting = 'starts'
    await lan.until(() => presentAt(get('Ben')).length === 2, 20_000)
  })

  it('and nobody reaches the server of the first heir, everybody is at the second in the end', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem', 'Dan'] })
    get('Ann').computer!.isFirewalled = true
    lan.kill(hedy)
    await lan.until(() => presentAt(get('Ben')).length === 3, 2 * IN_TIME_MS + TURN_MS)
    await lan.pass(20_000)
    // The first heir as well: nobody came to her.
    expectAt(get('Ben'), guests)
    expect(running(guests)).toEqual(['Ben'])
  })

  it('and the app of the first heir does nothing any more, the second takes over', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    get('Ann').computer!.isBroken = true
    lan.kill(hedy)
    await lan.until(() => presentAt(get('Ben')).length === 2, IN_TIME_MS + TURN_MS)
    await lan.pass(10_000)
    get('Ann').computer!.isBroken = false
    await lan.pass(20_000)
    expectAt(get('Ben'), guests)
  })

  it('whoever hears nobody takes over as well, but not at once', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann'] })
    lan.kill(hedy)
    await lan.pass(12_000)
    expect(get('Ann').computer!.server.hasRoom).toBe(false)
    await lan.until(() => presentAt(get('Ann')).length === 1, 6000)
    await lan.pass(500)
    expectAt(get('Ann'), [get('Ann')])
  })

  it('whoever has no link to the heir finds the computer by the will, and comes in anew', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    const cem = get('Cem')
    cem.say('before')
    await lan.pass(500)
    lan.cutLink(cem, get('Ann'))
    lan.cutLink(cem, get('Ben'))
    lan.kill(hedy)
    await lan.until(() => presentAt(get('Ann')).length === 3, 12_000)
    await lan.pass(2000)
    expect(cem.hosting).toMatchObject({ phase: 'other', host: { pin: pinOf(get('Ann')) } })
    expect(running([cem])).toEqual([])
    expect(cem.chat).toEqual(['before'])
  })
})

describe('when the computer that hosts says that it stops', () => {
  it('the first heir takes over without waiting', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann', 'Ben'] })
    void hedy.computer!.quit()
    await lan.until(() => presentAt(get('Ann')).includes('Ben'), 2500)
    await lan.pass(3000)
    expect(presentAt(get('Ann'))).toContain('Ben')
    // Whose server it was is at their own place, too.
    expectAt(get('Ann'), [hedy, get('Ann'), get('Ben')])
  })
})

describe('when only some lose the computer that hosts', () => {
  it('nobody takes over, and all is as before when they have it back', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    lan.block(hedy, get('Ann'))
    lan.block(hedy, get('Cem'))
    await lan.pass(60_000)
    expect(get('Ann').hosting.phase).not.toBe('invited')
    expect(get('Ben').hosting).toEqual({ phase: 'invited' })
    for (const guest of guests) expect(presentAt(guest)).toEqual([])
    expect([...presentAt(hedy)].toSorted()).toEqual(['Ben', 'Hedy'])
    lan.heal()
    await lan.pass(10_000)
    for (const { hosting } of guests) expect(hosting).toEqual({ phase: 'invited' })
    expect([...presentAt(hedy)].toSorted()).toEqual(['Ann', 'Ben', 'Cem', 'Hedy'])
    expect(running(guests)).toEqual([])
  })

  it('and later all, those who lost it long ago do not overtake the first heir', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    lan.block(hedy, get('Ben'))
    lan.block(hedy, get('Cem'))
    await lan.pass(20_000)
    lan.kill(hedy)
    const everRan = new Set<string>()
    for (let ms = 0; ms < 10_000; ms += 100) {
      await lan.pass(100)
      for (const guest of guests) if (guest.computer!.server.hasRoom) everRan.add(guest.name)
    }
    expect([...everRan]).toEqual(['Ann'])
    expectAt(get('Ann'), guests)
  })

  it('for a short time, what was started for the case is ended', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    for (let round = 0; round < 3; round++) {
      for (const name of ['Ann', 'Ben', 'Cem']) lan.block(hedy, get(name))
      await lan.until(() => get('Ann').hosting.phase === 'taking-over', 4000)
      lan.heal()
      await lan.pass(20_000)
      for (const { hosting } of guests) expect(hosting).toEqual({ phase: 'invited' })
      expect(running(guests)).toEqual([])
    }
  })
})

describe('somebody who does not let their computer go on with meetings', () => {
  it('neither stands nor takes over, and follows', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'], unwilling: ['Ann'] })
    expect(hedy.computer!.server.requests.filter(({ name }) => name === 'heir:stand')).toHaveLength(3)
    lan.kill(hedy)
    await lan.until(() => presentAt(get('Ben')).length === 3, IN_TIME_MS)
    await lan.pass(1000)
    expectAt(get('Ben'), guests)
    expect(get('Ann').computer!.starts).toBe(0)
  })

  it('and said so too late, is passed over', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    get('Ann').computer!.isWilling = false
    lan.kill(hedy)
    await lan.until(() => presentAt(get('Ben')).length === 3, IN_TIME_MS + TURN_MS)
    await lan.pass(1000)
    expectAt(get('Ben'), guests)
    expect(get('Ann').computer!.starts).toBe(0)
  })

  it('does not go on even when there is nobody else', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann'], unwilling: ['Ann'] })
    lan.kill(hedy)
    await lan.pass(30_000)
    expect(get('Ann').computer!.starts).toBe(0)
    expect(get('Ann').hosting).toEqual({ phase: 'lost', heir: null })
  })
})

describe('leaving', () => {
  // From before the loss is noticed until long after the room goes on.
  it.each([500, 1800, 2100, 2300, 2500, 2800, 3100, 3400, 3700])(
    'during a takeover, %i ms after the loss, leaves nothing behind',
    async (ms) => {
      const { lan, hedy, get } = await meet({ desktops: ['Ann', 'Ben'] })
      lan.kill(hedy)
      await lan.pass(ms)
      const hadTakenOver = get('Ann').hosting.phase === 'own'
      await Promise.all([get('Ann').leave(), get('Ben').leave()])
      await lan.pass(10_000)
      expect(vi.getTimerCount()).toBe(0)
      // A room that was taken over stays where it is, as with any host who leaves.
      expect(running([get('Ann'), get('Ben')])).toEqual(hadTakenOver ? ['Ann'] : [])
    },
  )
})
