import { describe, expect, it } from 'vitest'
import { parseRemembered } from '#renderer/call/call-memory.ts'
import { eventually } from './await-media.ts'
import { ServerDouble } from './server-double.ts'
import { enter, Somebody, URL } from './somebody.ts'

const hosted = async (server: ServerDouble, ...others: string[]): Promise<Somebody[]> => {
  const ann = new Somebody(server, 'Ann')
  await ann.call.host(URL, { title: 'Tea' })
  await ann.call.join('Ann')
  const people = [ann]
  for (const name of others) people.push(await new Somebody(server, name).enter())
  for (const person of people) await person.sees(...people.filter((each) => each !== person).map(({ name }) => name))
  return people
}

describe('a host', () => {
  it('comes in as one, with an invitation whose secret the server never sees', async () => {
    const server = new ServerDouble()
    const ann = new Somebody(server, 'Ann')
    await ann.call.host(URL, {})
    expect(ann.call.state).toMatchObject({ secret: expect.stringMatching(/^[\w-]{22}$/) as string })
    await ann.call.join('Ann')
    expect(ann.state.hosts).toEqual([ann.state.you])
    expect(ann.state.secret).toMatch(/^[\w-]{22}$/)
    expect(ann.notices).toEqual([])
    const other = new Somebody(new ServerDouble(), 'Ann')
    await other.call.host(URL, {})
    expect(other.call.state).not.toMatchObject({ secret: ann.state.secret })
  })

  it('is one again after the place was given up, and the secret is the same', async () => {
    const server = new ServerDouble()
    const [ann] = await hosted(server)
    const { you, secret } = ann!.state
    server.crash({ forget: true })
    server.restart()
    await eventually(() => {
      expect(ann!.state.server).toBe('online')
    })
    expect(ann!.state.you).not.toBe(you)
    expect(ann!.state).toMatchObject({ hosts: [ann!.state.you], secret })
  })

  it('is one again after a reload, in the meeting and in front of it', async () => {
    const server = new ServerDouble()
    const ann = new Somebody(server, 'Ann')
    await ann.call.host(URL, {})
    const { secret } = ann.call.state as { secret: string }
    server.guard({ locked: true })
    ann.reload()
    expect(await ann.call.resume()).toBe(false)
    await ann.call.open(URL, server.code)
    await ann.call.join('Ann')
    expect(ann.state).toMatchObject({ hosts: [ann.state.you], secret })
    ann.reload()
    expect(await ann.call.resume()).toBe(true)
    expect(ann.state).toMatchObject({ hosts: [ann.state.you], secret })
    expect(parseRemembered(ann.memory.record)).toMatchObject({ secret })
  })

  it('who left may come back as one', async () => {
    const server = new ServerDouble()
    const [ann] = await hosted(server, 'Ben')
    const { secret } = ann!.state
    await ann!.call.leave()
    expect(parseRemembered(ann!.memory.record)).toBeNull()
    await ann!.enter()
    expect(ann!.state).toMatchObject({ hosts: [ann!.state.you], secret })
  })

  it('has nothing to say in another room', async () => {
    const server = new ServerDouble()
    const [ann] = await hosted(server, 'Ben')
    ann!.memory.record = { ...(ann!.memory.record as object), code: '3h9xkd71qmtv', token: undefined }
    await ann!.call.leave()
    ann!.memory.record = { serverUrl: URL, code: '3h9xkd71qmtv', secret: 'A'.repeat(22), hostKey: 'A'.repeat(22) }
    await ann!.enter()
    expect(ann!.state).toMatchObject({ hosts: [], secret: null })
  })

  it('changes the door, and everyone sees it', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await hosted(server, 'Ben')
    expect(await ann!.call.changeRoom({ knock: true, password: 'tea time' })).toMatchObject({ ok: true })
    await eventually(() => {
      for (const person of [ann!, ben!])
        expect(person.state.door).toEqual({ hasPassword: true, knock: true, locked: false })
    })
  })

  it('asks somebody to be silent: only they are told', async () => {
    const server = new ServerDouble()
    const [ann, ben, cy] = await hosted(server, 'Ben', 'Cy')
    await ben!.media.turnOn()
    const before = ben!.media.state
    expect(await ann!.call.mutePerson(ben!.state.you)).toMatchObject({ ok: true })
    await eventually(() => {
      expect(ben!.notices).toContainEqual({ kind: 'muted', name: 'Ann' })
    })
    for (const { notices } of [ann!, cy!]) expect(notices.map(({ kind }) => kind)).not.toContain('muted')
    // The call uses devices, and neither opens nor closes them.
    expect(ben!.media.state).toBe(before)
  })

  it('sends somebody out, for whom it is over', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await hosted(server, 'Ben')
    expect(await ann!.call.removePerson(ben!.state.you)).toMatchObject({ ok: true })
    await eventually(() => {
      expect(ben!.call.state).toMatchObject({ phase: 'ended', reason: 'removed', metNames: ['Ann'] })
    })
    expect(ben!.memory.record).toBeNull()
    await ann!.sees()
  })

  it('makes another one a host, who is told once', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await hosted(server, 'Ben')
    expect(await ben!.call.mutePerson(ann!.state.you)).toMatchObject({ ok: false, code: 'not-host' })
    expect(await ann!.call.promotePerson(ben!.state.you)).toMatchObject({ ok: true })
    await eventually(() => {
      expect(ben!.state.hosts).toEqual([ann!.state.you, ben!.state.you])
    })
    await ann!.call.changeRoom({ locked: true })
    await eventually(() => {
      expect(ben!.state.door.locked).toBe(true)
    })
    expect(ben!.notices.filter(({ kind }) => kind === 'host')).toEqual([{ kind: 'host', name: 'Ben' }])
    expect(ann!.notices.map(({ kind }) => kind)).not.toContain('host')
  })

  it('ends the meeting for everyone', async () => {
    const server = new ServerDouble()
    const [ann, ben] = await hosted(server, 'Ben')
    expect(await ann!.call.endRoom()).toEqual({ ok: true, value: {} })
    for (const person of [ann!, ben!]) {
      await eventually(() => {
        expect(person.call.state).toMatchObject({ phase: 'ended', reason: 'room-ended' })
      })
      expect(person.memory.record).toBeNull()
    }
  })

  it('decides nothing outside of a meeting, or without the server', async () => {
    const server = new ServerDouble()
    const ann = new Somebody(server, 'Ann')
    expect(await ann.call.endRoom()).toMatchObject({ ok: false, code: 'not-in-room' })
    await ann.call.host(URL, {})
    expect(await ann.call.changeRoom({ knock: true })).toMatchObject({ ok: false, code: 'not-in-room' })
    await ann.call.join('Ann')
    server.crash()
    expect(await ann.call.changeRoom({ knock: true })).toMatchObject({ ok: false, code: 'server-unreachable' })
    expect(ann.state.door.knock).toBe(false)
  })
})

describe('an invitation', () => {
  it('brings its secret into the meeting, and keeps it over a reload', async () => {
    const server = new ServerDouble()
    const ben = new Somebody(server, 'Ben')
    const secret = 'benbenbenbenbenbenbenQ'
    await ben.call.open(URL, server.code, secret)
    expect(ben.call.state).toMatchObject({ phase: 'green-room', secret })
    await ben.call.join('Ben')
    ben.reload()
    await ben.call.resume()
    expect(ben.state.secret).toBe(secret)
  })

  it('without a secret brings none', async () => {
    const [ben] = await enter(new ServerDouble(), 'Ben')
    expect(ben!.state.secret).toBeNull()
  })
})
