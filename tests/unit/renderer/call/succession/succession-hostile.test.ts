import { describe, expect, it } from 'vitest'
import type { HostWord } from '#renderer/call/control-message.ts'
import { randomId } from '#renderer/call/random-id.ts'
import type { Attendee } from './lan-attendee.ts'
import { expectAt, expectHome, hostOf, meet, presentAt, running } from './lan-meeting.ts'

const tell = (from: Attendee, to: readonly Attendee[], word: HostWord) => {
  for (const each of to) from.roster.tell(each.id, word)
}

/** The one at this computer is no heir, but has a server of the room all the same. */
const pretend = async (impostor: Attendee): Promise<void> => {
  impostor.computer!.server.openRoom()
  impostor.computer!.isRunning = true
  await impostor.lan.pass(50)
}

describe('a claim to host', () => {
  it('of somebody whom nobody named is not believed, whether the server is there or not', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Eve'], unwilling: ['Eve'] })
    const eve = get('Eve')
    await pretend(eve)
    const claim: HostWord = { kind: 'taken-over', host: hostOf(eve), token: randomId() }
    tell(eve, [get('Ann'), get('Ben')], claim)
    await lan.pass(3000)
    expectHome(hedy, [hedy, ...guests])
    lan.kill(hedy)
    await lan.until(() => get('Ben').hosting.phase === 'lost', 3000)
    tell(eve, [get('Ann'), get('Ben')], claim)
    await lan.pass(5000)
    expect(presentAt(eve)).toEqual([])
    expectAt(get('Ann'), guests)
  })

  it('of an heir, but with another key, is not believed', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Eve', 'Dan'], unwilling: ['Dan'] })
    await pretend(get('Dan'))
    lan.kill(hedy)
    await lan.until(() => get('Ben').hosting.phase === 'lost', 3000)
    // Eve is an heir, and names the computer of somebody else.
    tell(get('Eve'), [get('Ann'), get('Ben')], { kind: 'taken-over', host: hostOf(get('Dan')), token: randomId() })
    await lan.pass(5000)
    expect(presentAt(get('Dan'))).toEqual([])
    expectAt(get('Ann'), guests)
  })

  it('of an heir is not followed while the server is there', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben'] })
    await pretend(get('Ann'))
    for (let count = 0; count < 10; count++) {
      tell(get('Ann'), [get('Ben')], { kind: 'taken-over', host: hostOf(get('Ann')), token: randomId() })
      await lan.pass(1000)
    }
    expectHome(hedy, [hedy, ...guests])
  })

  it('with addresses where nobody is, or another computer, costs some time only', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    const [ann, ben, cem] = [get('Ann'), get('Ben'), get('Cem')]
    // Ann claims it, and has no server; says so as often as she can.
    ann.computer!.starting = 'hangs'
    lan.kill(hedy)
    await lan.until(() => ben.hosting.phase === 'lost', 3000)
    for (let count = 0; count < 60; count++) {
      tell(ann, [ben, cem], { kind: 'taken-over', host: { ...hostOf(ann), addresses: ['x'] }, token: randomId() })
      await lan.pass(500)
    }
    expect([...presentAt(ben)].toSorted().slice(-2)).toEqual(['Ben', 'Cem'])
  })
})

describe('a word that everybody is to go back', () => {
  it('of somebody who does not host is not followed', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem'] })
    lan.split([hedy], guests)
    await lan.pass(8000)
    // Cem alone reaches the first computer again, and would find it. Ben does not host.
    lan.heal()
    for (const name of ['Ann', 'Ben']) lan.block(hedy, get(name))
    await lan.pass(1000)
    tell(get('Ben'), [get('Cem')], { kind: 'gone-back', host: hostOf(hedy) })
    await lan.pass(5000)
    expectAt(get('Ann'), guests)
    // Ann does.
    tell(get('Ann'), [get('Cem')], { kind: 'gone-back', host: hostOf(hedy) })
    await lan.pass(3000)
    expect(presentAt(hedy)).toContain('Cem')
  })

  it('to a computer that does not come before the present one is not followed', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben', 'Cem', 'Eve'], unwilling: ['Eve'] })
    await pretend(get('Ben'))
    await pretend(get('Eve'))
    // Whoever hosts first has nobody before, and nobody is to be sent to an heir by them.
    for (const to of ['Ben', 'Eve']) {
      tell(hedy, [get('Ann'), get('Cem')], { kind: 'gone-back', host: hostOf(get(to)) })
      await lan.pass(3000)
      expect(presentAt(get(to))).toEqual([])
    }
    expectHome(hedy, [hedy, ...guests])
    lan.kill(hedy)
    await lan.until(() => presentAt(get('Ann')).length === 4, 6000)
    await lan.pass(1000)
    for (const to of ['Ben', 'Eve']) {
      tell(get('Ann'), [get('Cem')], { kind: 'gone-back', host: hostOf(get(to)) })
      await lan.pass(3000)
      expect(presentAt(get(to))).toEqual([])
    }
    expectAt(get('Ann'), guests)
  })
})

describe('doubts', () => {
  it('as many as somebody likes do not flood the server with questions, nor take it from anybody', async () => {
    const { lan, hedy, guests, get } = await meet({ desktops: ['Ann', 'Ben'] })
    const { requests } = hedy.computer!.server
    const before = requests.length
    for (let count = 0; count < 100; count++) {
      for (let burst = 0; burst < 5; burst++) tell(get('Ben'), [get('Ann')], { kind: 'host-reached', isReached: false })
      await lan.pass(100)
    }
    // In ten seconds.
    expect(requests.length - before).toBeLessThanOrEqual(22)
    expectHome(hedy, [hedy, ...guests])
    for (const { computer } of guests) expect(computer!.starts).toBe(0)
  })

  it('of somebody who claims that they reach the server keep others from taking over only while they are there', async () => {
    const { lan, hedy, get } = await meet({ desktops: ['Ann', 'Ben', 'Eve'] })
    const eve = get('Eve')
    // Eve's page says nothing of its own any more, but lies.
    eve.page.succession.close()
    lan.kill(hedy)
    for (let count = 0; count < 20; count++) {
      tell(eve, [get('Ann'), get('Ben')], { kind: 'host-reached', isReached: true })
      await lan.pass(500)
    }
    expect(running([get('Ann'), get('Ben')])).toEqual(['Ann'])
    expect(get('Ann').computer!.server.hasRoom).toBe(false)
    lan.kill(eve)
    await lan.pass(6000)
    expectAt(get('Ann'), [get('Ann'), get('Ben')])
  })

  it('an answer to each comes once', async () => {
    const { lan, get } = await meet({ desktops: ['Ann', 'Ben'] })
    get('Ben').roster.words.length = 0
    tell(get('Ben'), [get('Ann')], { kind: 'host-reached', isReached: false })
    await lan.pass(3000)
    const heard = get('Ben').roster.words.filter(({ from }) => from === 'Ann')
    expect(heard.map(({ word }) => word)).toEqual([{ kind: 'host-reached', isReached: true }])
  })
})
