import { describe, expect, it, vi } from 'vitest'
import { eventually, expectFrames } from './await-media.ts'
import { ClientDouble } from './client-double.ts'
import { ServerDouble } from './server-double.ts'
import { enter, Somebody, URL } from './somebody.ts'

describe('joining', () => {
  it('leads through the green room into the meeting, with picture from those inside', async () => {
    const server = new ServerDouble()
    const [ann, ben] = [new Somebody(server, 'Ann'), new Somebody(server, 'Ben')]
    await ann.media.turnOn()
    await ann.call.host(URL, { title: 'Tea' })
    expect(ann.call.state).toMatchObject({ phase: 'green-room', problem: null, waiting: 'nothing' })
    await ann.call.join('Ann')
    await ben.enter()
    await ben.sees('Ann')
    await ann.sees('Ben')
    await expectFrames(() => ben.person('Ann').stream)
    expect(ann.phases.filter((phase, at) => phase !== ann.phases[at - 1])).toEqual(['opening', 'green-room', 'joined'])
    expect(ann.notices).toEqual([{ kind: 'joined', name: 'Ben' }])
  })

  it('shows in front of the room who is inside, live', async () => {
    const server = new ServerDouble()
    const ben = new Somebody(server, 'Ben')
    await ben.call.open(URL, server.code)
    await new Somebody(server, 'Ann').enter()
    await eventually(() => {
      expect(ben.call.state).toMatchObject({ room: { peers: [{ name: 'Ann' }] } })
    })
    await ben.call.join('Ben')
    await ben.sees('Ann')
  })

  it('connects everyone when two join at the same moment', async () => {
    const server = new ServerDouble()
    const [ann] = await enter(server, 'Ann')
    const [ben, cy] = [new Somebody(server, 'Ben'), new Somebody(server, 'Cy')]
    await Promise.all([ben.call.open(URL, server.code), cy.call.open(URL, server.code)])
    await Promise.all([ben.call.join('Ben'), cy.call.join('Cy')])
    await ann!.sees('Ben', 'Cy')
    await ben.sees('Ann', 'Cy')
    await cy.sees('Ann', 'Ben')
  })

  it('refused, stays in the green room with the problem, and works when tried again', async () => {
    const server = new ServerDouble()
    const [ann] = await enter(server, 'Ann')
    const ben = new Somebody(server, 'Ben')
    await ben.call.open(URL, server.code)
    for (const problem of ['room-full', 'timeout'] as const) {
      server.refusals.set('room:join', problem)
      await ben.call.join('Ben')
      expect(ben.call.state).toMatchObject({ phase: 'green-room', problem, waiting: 'nothing' })
    }
    server.refusals.clear()
    await ben.call.join('Ben')
    await ben.sees('Ann')
    await ann!.sees('Ben')
  })

  it('says why when the server or the room is not there', async () => {
    const server = new ServerDouble()
    const ann = new Somebody(server, 'Ann')
    server.hasRoom = false
    await ann.call.open(URL, server.code)
    expect(ann.call.state).toEqual({ phase: 'failed', problem: 'room-not-found', serverUrl: URL, asked: server.code })
    server.isUp = false
    await ann.call.open(URL, server.code)
    expect(ann.call.state).toEqual({ phase: 'failed', problem: 'server-unreachable', serverUrl: URL, asked: null })
    ann.call.dismiss()
    expect(ann.call.state).toEqual({ phase: 'idle' })
  })

  it('survives the server being gone in front of the room', async () => {
    const server = new ServerDouble()
    const [ann] = await enter(server, 'Ann')
    const ben = new Somebody(server, 'Ben')
    await ben.call.open(URL, server.code)
    server.crash()
    expect(ben.call.state).toMatchObject({ phase: 'green-room', server: 'reconnecting' })
    server.restart()
    await eventually(() => {
      expect(ben.call.state).toMatchObject({ phase: 'green-room', server: 'online' })
    })
    await ben.call.join('Ben')
    await ben.sees('Ann')
    await ann!.sees('Ben')
  })

  it('that was left meanwhile stays left', async () => {
    const server = new ServerDouble()
    const ann = new Somebody(server, 'Ann')
    const opening = ann.call.open(URL, server.code)
    await ann.call.leave()
    await opening
    expect(ann.call.state).toEqual({ phase: 'idle' })
  })
})

describe('leaving', () => {
  it('is known to the others at once, without the server', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await enter(server, 'Ann', 'Ben')
    server.crash()
    await ann!.call.leave()
    expect(ann!.call.state).toMatchObject({ phase: 'ended', reason: 'left', metNames: ['Ben'] })
    expect(ann!.memory.record).toBeNull()
    await ben!.sees()
    expect(ben!.notices).toContainEqual({ kind: 'left', name: 'Ann' })
  })

  it('by the word of the server ends the link, even when the goodbye is lost', async () => {
    const server = new ServerDouble()
    const [ann] = await enter(server, 'Ann', 'Ben')
    server.giveUp('Ben', 'left')
    await ann!.sees()
  })
})

describe('losing the server', () => {
  it('changes nothing about the people, and the seat is taken again', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await enter(server, 'Ann', 'Ben')
    const { stream } = ann!.person('Ben')
    const token = (ann!.memory.record as { token: string }).token
    server.crash()
    expect(ann!.state.server).toBe('reconnecting')
    expect(ann!.person('Ben')).toMatchObject({ link: 'connected', stream })
    server.restart()
    await eventually(() => {
      expect([ann!.state.server, ben!.state.server]).toEqual(['online', 'online'])
    })
    expect(ann!.person('Ben').stream).toBe(stream)
    expect((ann!.memory.record as { token: string }).token).not.toBe(token)
  })

  it('keeps people whom the server gave up while they are heard', async () => {
    const server = new ServerDouble()
    const [ann] = await enter(server, 'Ann', 'Ben')
    server.giveUp('Ben')
    await ann!.sees('Ben')
    const { stream } = ann!.person('Ben')
    await eventually(() => {
      expect(ann!.person('Ben').quality).not.toBe('unknown')
    })
    expect(ann!.person('Ben').stream).toBe(stream)
  })

  it('lets go of people whom nobody hears any more', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await enter(server, 'Ann', 'Ben')
    server.giveUp('Ben')
    ben!.call.close()
    await ann!.sees()
    expect(ann!.notices).toContainEqual({ kind: 'left', name: 'Ben' })
  })

  it('and coming back under a new id keeps one tile of each person', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await enter(server, 'Ann', 'Ben')
    const you = ann!.state.you
    const most = { people: 0 }
    ann!.call.on('changed', (state) => {
      if (state.phase === 'joined') most.people = Math.max(most.people, state.people.length)
    })
    server.crash({ forget: true })
    server.restart()
    await eventually(() => {
      expect(ann!.state.you).not.toBe(you)
      expect(ann!.state.people.map(({ id }) => id)).toEqual([ben!.state.you])
    })
    await ann!.sees('Ben')
    expect(most.people).toBe(1)
  })

  it('that let it in by an answer which came too late is asked again on another connection', async () => {
    const server = new ServerDouble()
    const [ann] = await enter(server, 'Ann')
    const renewed = vi.spyOn(ClientDouble.prototype, 'renew').mockImplementationOnce(function (this: ClientDouble) {
      server.refusals.clear()
      this.lose()
      this.reopen()
    })
    server.crash()
    server.refusals.set('peer:resume', 'already-in-room')
    server.restart()
    await eventually(() => {
      expect(renewed).toHaveBeenCalledOnce()
      expect(ann!.state.server).toBe('online')
    })
    renewed.mockRestore()
  })

  it('together with its room ends the meeting only when nobody is left', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await enter(server, 'Ann', 'Ben')
    server.crash({ forget: true })
    server.hasRoom = false
    server.restart()
    await eventually(() => {
      expect(server.requests.filter((name) => name === 'peer:resume').length).toBeGreaterThanOrEqual(2)
    })
    await ann!.sees('Ben')
    expect(ann!.state.server).toBe('reconnecting')
    await ben!.call.leave()
    await eventually(() => {
      expect(ann!.call.state).toMatchObject({ phase: 'ended', reason: 'room-lost' })
    })
  })

  it('to another window of the same person ends this one for good', async () => {
    const server = new ServerDouble()
    const [ann] = await enter(server, 'Ann')
    ann!.client!.tell('session:replaced', undefined)
    await eventually(() => {
      expect(ann!.call.state).toMatchObject({ phase: 'ended', reason: 'opened-elsewhere' })
    })
    expect(ann!.memory.record).toBeNull()
    expect(server.clients.every(({ isClosed }) => isClosed)).toBe(true)
  })

  it('because the room was closed ends the meeting', async () => {
    const server = new ServerDouble()
    const [ann] = await enter(server, 'Ann')
    server.tellAll('room:closed', { code: server.code, reason: 'expired' })
    await eventually(() => {
      expect(ann!.call.state).toMatchObject({ phase: 'ended', reason: 'room-expired', room: { title: 'Tea' } })
    })
  })
})

describe('a page that is loaded anew', () => {
  it('comes back as the same person in the same tile', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await enter(server, 'Ann', 'Ben')
    const { you, since } = ben!.state
    const { id, stream } = ann!.person('Ben')
    ben!.reload()
    expect(await ben!.call.resume()).toBe(true)
    expect(ben!.state).toMatchObject({ you, since, name: 'Ben' })
    await ben!.sees('Ann')
    await eventually(() => {
      expect(ann!.person('Ben').stream).not.toBe(stream)
    })
    await ann!.sees('Ben')
    expect(ann!.person('Ben').id).toBe(id)
    expect(ann!.notices).toEqual([{ kind: 'joined', name: 'Ben' }])
  })

  it('does not come back when there is nothing to come back to', async () => {
    const server = new ServerDouble()
    const ann = new Somebody(server, 'Ann')
    expect(await ann.call.resume()).toBe(false)
    ann.memory.record = { serverUrl: 'javascript:alert(1)', token: 1 }
    expect(await ann.call.resume()).toBe(false)
    expect(ann.call.state).toEqual({ phase: 'idle' })
    await ann.enter()
    server.crash({ forget: true })
    ann.reload()
    server.restart()
    expect(await ann.call.resume()).toBe(false)
    expect(ann.call.state).toEqual({ phase: 'idle' })
    expect(ann.memory.record).toBeNull()
  })
})

describe('chat', () => {
  it('shows an own message at once, and each message once to everyone', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await enter(server, 'Ann', 'Ben')
    ann!.call.sendChat('  hello\u202e ')
    expect(ann!.state.chat).toMatchObject([{ text: 'hello', delivery: 'sending', name: 'Ann' }])
    for (const person of [ann!, ben!])
      await eventually(() => {
        expect(person.state.chat).toMatchObject([{ id: 1, text: 'hello', delivery: 'sent' }])
      })
    expect(ben!.notices).toContainEqual({ kind: 'chat', name: 'Ann' })
    ann!.call.sendChat(' \n ')
    expect(ann!.state.chat).toHaveLength(1)
  })

  it('written without the server goes out when it is back', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await enter(server, 'Ann', 'Ben')
    server.crash()
    ann!.call.sendChat('are you there?')
    server.restart()
    for (const person of [ann!, ben!])
      await eventually(() => {
        expect(person.state.chat).toMatchObject([{ text: 'are you there?', delivery: 'sent' }])
      })
  })

  it('that is refused is marked as failed', async () => {
    const server = new ServerDouble()
    const [ann] = await enter(server, 'Ann')
    server.refusals.set('chat:send', 'too-many-requests')
    ann!.call.sendChat('again')
    await eventually(() => {
      expect(ann!.state.chat).toMatchObject([{ delivery: 'failed' }])
    })
  })
})
