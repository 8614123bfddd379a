import { describe, expect, it } from 'vitest'
import type { Attendee } from './lan-attendee.ts'
import { expectAt, expectHome, hostOf, meet, pinOf, presentAt, running } from './lan-meeting.ts'

/** Everybody has each of these messages once, as the server has. */
const expectChat = (host: Attendee, everybody: readonly Attendee[], ...texts: readonly string[]) => {
  for (const { chat } of [host.computer!.server, ...everybody]) expect([...chat].toSorted()).toEqual(texts.toSorted())
}

describe('when the network is cut in two and heals', () => {
  // Places are kept for half a minute.
  it.each([6000, 20_000, 45_000])(
    'everybody is at the first computer again after %i ms, with what both halves said',
    async (ms) => {
      const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
      const [ann, ben, cem] = [get('Ann'), get('Ben'), get('Cem')]
      ann.say('before')
      await lan.pass(500)
      lan.split([hedy, ann], [ben, cem])
      await lan.until(() => presentAt(ben).length === 2, 6000)
      await lan.pass(ms - 5000)
      expect(ben.hosting).toMatchObject({ phase: 'own' })
      expect(ann.hosting).toEqual({ phase: 'invited' })
      for (let count = 1; count <= 7; count++) {
        ann.say(`ann ${String(count)}`)
        ben.say(`ben ${String(count)}`)
        cem.say(`cem ${String(count)}`)
        await lan.pass(200)
      }
      lan.heal()
      await lan.pass(15_000)
      expectHome(hedy, [hedy, ...guests])
      expect(running(guests)).toEqual([])
      const each = (name: string) => [1, 2, 3, 4, 5, 6, 7].map((count) => `${name} ${String(count)}`)
      expectChat(hedy, [hedy, ...guests], 'before', ...each('ann'), ...each('ben'), ...each('cem'))
    },
  )

  it('whoever was alone is back as well', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben'] })
    lan.split([hedy, get('Ann')], [get('Ben')])
    await lan.pass(20_000)
    expect(get('Ben').hosting).toMatchObject({ phase: 'own' })
    get('Ben').say('to nobody')
    lan.heal()
    await lan.pass(15_000)
    expectHome(hedy, [hedy, ...guests])
    expect(running(guests)).toEqual([])
    expectChat(hedy, [hedy, ...guests], 'to nobody')
  })

  it('with the first computer gone, the half of the junior heir goes to the senior one', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem', 'Dan'] })
    const [ann, ben, cem, dan] = [get('Ann'), get('Ben'), get('Cem'), get('Dan')]
    dan.say('before')
    await lan.pass(500)
    lan.split([ann, dan], [ben, cem])
    lan.kill(hedy)
    await lan.pass(8000)
    expectAt(ann, [ann, dan])
    expectAt(ben, [ben, cem])
    dan.say('dan')
    cem.say('cem')
    ben.say('ben')
    await lan.pass(500)
    lan.heal()
    await lan.pass(15_000)
    expectAt(ann, guests)
    expect(running(guests)).toEqual(['Ann'])
    expectChat(ann, guests, 'before', 'dan', 'cem', 'ben')
  })

  it('with the first computer gone, whoever was alone brings along all they said', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    const [ann, ben, cem] = [get('Ann'), get('Ben'), get('Cem')]
    lan.split([ann, cem], [ben])
    lan.kill(hedy)
    await lan.pass(20_000)
    expectAt(ben, [ben])
    const texts = Array.from({ length: 12 }, (_, index) => `to nobody ${String(index)}`)
    for (const text of texts) {
      ben.say(text)
      await lan.pass(100)
    }
    lan.heal()
    await lan.pass(15_000)
    expectAt(ann, guests)
    expectChat(ann, guests, ...texts)
  })

  it('three parts of it are one in the end, whatever the order in which they meet', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem', 'Dan', 'Eve', 'Fay'] })
    const parts = [
      [hedy, get('Ann'), get('Dan')],
      [get('Ben'), get('Eve')],
      [get('Cem'), get('Fay')],
    ] as const
    lan.split(...parts)
    await lan.pass(10_000)
    for (const name of ['Dan', 'Eve', 'Fay']) get(name).say(name)
    await lan.pass(500)
    lan.split(parts[0], [...parts[1], ...parts[2]])
    await lan.pass(15_000)
    expectAt(get('Ben'), [...parts[1], ...parts[2]])
    lan.heal()
    await lan.pass(20_000)
    expectHome(hedy, [hedy, ...guests])
    expect(running(guests)).toEqual([])
    expectChat(hedy, [hedy, ...guests], 'Dan', 'Eve', 'Fay')
  })

  it('again and again, there is always one room in the end', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    const [ann, ben, cem] = [get('Ann'), get('Ben'), get('Cem')]
    for (const [round, parts] of [
      [
        [hedy, ann],
        [ben, cem],
      ],
      [[hedy], [ann, ben, cem]],
      [[hedy, ben, cem], [ann]],
      [
        [hedy, cem],
        [ann, ben],
      ],
    ].entries()) {
      lan.split(...parts)
      await lan.pass(8000 + 2700 * round)
      for (const each of guests) each.say(`${each.name} ${String(round)}`)
      await lan.pass(500)
      lan.heal()
      await lan.pass(20_000)
      expectHome(hedy, [hedy, ...guests])
      expect(running(guests)).toEqual([])
    }
    const said = guests.flatMap(({ name }) => [0, 1, 2, 3].map((round) => `${name} ${String(round)}`))
    expectChat(hedy, [hedy, ...guests], ...said)
  })

  it('for a moment only, nobody notices, and the server that the first heir had begun to start is ended', async () => {
    const { lan, hedy, guests } = await meet({ desktops: ['Ann', 'Ben'] })
    lan.split([hedy], guests)
    await lan.pass(1000)
    lan.heal()
    await lan.pass(10_000)
    expectHome(hedy, [hedy, ...guests])
    expect(guests.map(({ computer }) => computer!.starts)).toEqual([1, 0])
    expect(running(guests)).toEqual([])
  })

  it('and the first computer dies as soon as everybody is back, the heir goes on once more', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben'] })
    lan.split([hedy], guests)
    await lan.pass(8000)
    expectAt(get('Ann'), guests)
    lan.heal()
    await lan.until(() => presentAt(hedy).length === 3, 15_000)
    await lan.pass(500)
    lan.kill(hedy)
    await lan.pass(30_000)
    expectAt(get('Ann'), guests)
    expect(running(guests)).toEqual(['Ann'])
  })

  it('and the junior heir dies before its half is told, those who were there go to the senior one', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem', 'Dan'] })
    const [ann, ben, cem, dan] = [get('Ann'), get('Ben'), get('Cem'), get('Dan')]
    lan.split([ann, dan], [ben, cem])
    lan.kill(hedy)
    await lan.pass(8000)
    lan.kill(ben)
    lan.heal()
    await lan.pass(15_000)
    expectAt(ann, [ann, cem, dan])
    expect(running([cem, dan])).toEqual([])
  })

  it('whoever came in at the heir meanwhile goes along to the first computer', async () => {
    const { lan, hedy, guests, get, comeWithComputer } = await meet({ desktops: ['Ann', 'Ben'] })
    lan.split([hedy], guests)
    await lan.pass(8000)
    const dan = await comeWithComputer('Dan', get('Ann').computer!)
    await lan.pass(3000)
    dan.say('late')
    await lan.pass(500)
    lan.heal()
    await lan.pass(20_000)
    expect([...presentAt(hedy)].toSorted()).toEqual(['Ann', 'Ben', 'Dan', 'Hedy'])
    expect(running([...guests, dan])).toEqual([])
    expectChat(hedy, [hedy, ...guests, dan], 'late')
  })

  it('heirs agree on who comes first after one of them left and came back', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem', 'Dan'] })
    const [ann, ben, cem, dan] = [get('Ann'), get('Ben'), get('Cem'), get('Dan')]
    await ann.leave()
    await lan.pass(1000)
    await ann.enter()
    await lan.pass(3000)
    lan.split([ann, dan], [ben, cem])
    lan.kill(hedy)
    await lan.pass(10_000)
    lan.heal()
    await lan.pass(20_000)
    expectAt(ben, [ann, ben, cem, dan])
    expect(running([ann, ben, cem, dan])).toEqual(['Ben'])
  })
})

describe('when the computer that hosts has another address', () => {
  it('it is found there without a takeover', async () => {
    const { lan, hedy, guests } = await meet({ desktops: ['Ann', 'Ben'] })
    hedy.computer!.address = '10.0.0.99:8001'
    const isThere = ({ page }: Attendee) => page.seat.isTaken && page.succession.serverUrl.includes('10.0.0.99')
    await lan.until(() => guests.every(isThere), 25_000)
    await lan.pass(8000)
    expectHome(hedy, [hedy, ...guests])
    for (const guest of guests) {
      expect(guest.computer!.server.hasRoom).toBe(false)
      expect(guest.page.succession.serverUrl).toBe('https://10.0.0.99:8001')
    }
    expect(running(guests)).toEqual([])
  })
})

describe('a page that was loaded anew while its computer goes on with the room', () => {
  it('does so further, and goes back when the first computer is there again', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben'] })
    const ann = get('Ann')
    lan.split([hedy], guests)
    await lan.pass(8000)
    const { reign, serverUrl: url } = ann.page.succession
    const { token } = ann.page.seat
    expect(reign?.former).toEqual([pinOf(hedy)])
    const { signalling } = ann.page
    ann.closePage()
    signalling.close()
    await ann.enter({ reign, url, token })
    await lan.pass(1000)
    expect(ann.hosting).toEqual({ phase: 'own', former: [pinOf(hedy)] })
    expect(get('Ben').hosting).toEqual({ phase: 'other', host: hostOf(ann), name: 'Ann' })
    lan.heal()
    await lan.pass(15_000)
    expectHome(hedy, [hedy, ...guests])
  })
})
