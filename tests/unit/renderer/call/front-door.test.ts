import { describe, expect, it, vi } from 'vitest'
import { Roster } from '#renderer/call/roster.ts'
import { eventually } from './await-media.ts'
import { collectConnections } from './link-pair.ts'
import { ServerDouble } from './server-double.ts'
import { enter, Somebody, URL } from './somebody.ts'

/** A room with its host, Ann, in it. */
const hosted = async (server: ServerDouble): Promise<Somebody> => {
  const ann = new Somebody(server, 'Ann')
  await ann.call.host(URL, { title: 'Tea' })
  await ann.call.join('Ann')
  expect(ann.state.hosts).toEqual([ann.state.you])
  return ann
}
const comesBy = async (server: ServerDouble, name: string): Promise<Somebody> => {
  const somebody = new Somebody(server, name)
  await somebody.call.open(URL, server.code)
  return somebody
}
const count = (server: ServerDouble, name: string) => server.requests.filter((each) => each === name).length

describe('in front of a guarded room', () => {
  it('nobody is shown, and nobody is connected to before the server has let one in', async () => {
    const server = new ServerDouble()
    const ann = await hosted(server)
    server.guard({ password: 'tea time' })
    const connections = collectConnections()
    const entered = vi.spyOn(Roster.prototype, 'enter')
    const ben = await comesBy(server, 'Ben')
    expect(ben.call.state).toMatchObject({ room: { peers: [], door: { hasPassword: true } } })
    await ben.call.join('Ben', 'tea time')
    expect(entered).not.toHaveBeenCalled()
    entered.mockRestore()
    await ben.sees('Ann')
    await ann.sees('Ben')
    expect(connections).toHaveLength(2)
  })

  it('a missing or wrong password keeps one outside, with the reason, and the right one lets in', async () => {
    const server = new ServerDouble()
    await hosted(server)
    server.guard({ password: 'tea time' })
    const ben = await comesBy(server, 'Ben')
    await ben.call.join('Ben')
    expect(ben.call.state).toMatchObject({ phase: 'green-room', problem: 'password-needed', waiting: 'nothing' })
    await ben.call.join('Ben', 'coffee')
    expect(ben.call.state).toMatchObject({ phase: 'green-room', problem: 'wrong-password', waiting: 'nothing' })
    await ben.call.join('Ben', 'tea time')
    await ben.sees('Ann')
  })

  it('a locked one stays shut', async () => {
    const server = new ServerDouble()
    await hosted(server)
    server.guard({ locked: true })
    const ben = await comesBy(server, 'Ben')
    await ben.call.join('Ben')
    expect(ben.call.state).toMatchObject({ problem: 'room-locked', waiting: 'nothing' })
  })

  it('that is shut while one stands there, the links that were prepared are closed', async () => {
    const server = new ServerDouble()
    await hosted(server)
    const connections = collectConnections()
    await comesBy(server, 'Ben')
    await eventually(() => {
      expect(connections.filter(({ connectionState }) => connectionState === 'connected')).toHaveLength(2)
    })
    server.guard({ knock: true })
    await eventually(() => {
      expect(connections[0]!.connectionState).toBe('closed')
    })
  })
})

describe('knocking', () => {
  const atTheDoor = async () => {
    const server = new ServerDouble()
    const ann = await hosted(server)
    server.guard({ knock: true })
    const ben = await comesBy(server, 'Ben')
    await ben.call.join('Ben')
    expect(ben.call.state).toMatchObject({ phase: 'green-room', waiting: 'admission', problem: null })
    await eventually(() => {
      expect(ann.state.knocks).toMatchObject([{ name: 'Ben' }])
    })
    return { server, ann, ben, knock: ann.state.knocks[0]! }
  }

  it('leads inside by itself when a host opens', async () => {
    const { ann, ben, knock } = await atTheDoor()
    expect(ann.notices).toContainEqual({ kind: 'knock', name: 'Ben' })
    expect(await ann.call.answerKnock(knock.id, true)).toEqual({ ok: true, value: {} })
    await eventually(() => {
      expect(ben.call.state.phase).toBe('joined')
    })
    await ben.sees('Ann')
    await ann.sees('Ben')
    expect(ann.state.knocks).toEqual([])
  })

  it('that is declined says so, and may be tried again', async () => {
    const { ann, ben, knock } = await atTheDoor()
    await ann.call.answerKnock(knock.id, false)
    await eventually(() => {
      expect(ben.call.state).toMatchObject({ phase: 'green-room', waiting: 'nothing', problem: 'knock-declined' })
    })
    await ben.call.join('Ben')
    expect(ben.call.state).toMatchObject({ waiting: 'admission', problem: null })
  })

  it('goes on by itself when the server was gone meanwhile', async () => {
    const { server, ann, ben } = await atTheDoor()
    server.crash()
    expect(ben.call.state).toMatchObject({ waiting: 'admission', server: 'reconnecting' })
    server.restart()
    await eventually(() => {
      expect(ben.call.state).toMatchObject({ waiting: 'admission', server: 'online' })
      expect(ann.state.knocks).toMatchObject([{ name: 'Ben', id: ben.client!.peerId }])
    })
    await ann.call.answerKnock(ann.state.knocks[0]!.id, true)
    await ben.sees('Ann')
  })

  it('goes on by itself when the server goes just as it is about to let in', async () => {
    const { server, ann, ben, knock } = await atTheDoor()
    const stop = ben.call.on('changed', (state) => {
      if (state.phase !== 'green-room' || state.waiting !== 'answer') return
      stop()
      server.crash()
    })
    void ann.call.answerKnock(knock.id, true)
    await eventually(() => {
      expect(ben.call.state).toMatchObject({ phase: 'green-room', waiting: 'admission', server: 'reconnecting' })
    })
    server.restart()
    await eventually(() => {
      expect(ann.state.knocks).toMatchObject([{ name: 'Ben', id: ben.client!.peerId }])
    })
    await ann.call.answerKnock(ann.state.knocks[0]!.id, true)
    await ben.sees('Ann')
  })

  it('that is cancelled is forgotten, and an answer that comes later opens nothing', async () => {
    const { ann, ben } = await atTheDoor()
    ben.call.cancelKnock()
    expect(ben.call.state).toMatchObject({ waiting: 'nothing', problem: null })
    await eventually(() => {
      expect(ann.state.knocks).toEqual([])
    })
    ben.client!.tell('knock:answered', { admitted: true })
    ann.client!.tell('documents:changed', { documents: [] })
    await eventually(() => {
      expect(ann.state.documents).toEqual([])
    })
    expect(ben.call.state).toMatchObject({ phase: 'green-room', waiting: 'nothing' })
  })

  it('that the server refuses says why', async () => {
    const server = new ServerDouble()
    await hosted(server)
    server.guard({ knock: true })
    const ben = await comesBy(server, 'Ben')
    for (const problem of ['too-many-requests', 'timeout'] as const) {
      server.refusals.set('room:knock', problem)
      await ben.call.join('Ben')
      expect(ben.call.state).toMatchObject({ phase: 'green-room', waiting: 'nothing', problem })
    }
  })

  it('at a room that is closed meanwhile comes to an end', async () => {
    const { server, ben } = await atTheDoor()
    server.tellAll('room:closed', { code: server.code, reason: 'ended' })
    await eventually(() => {
      expect(ben.call.state).toMatchObject({ phase: 'green-room', waiting: 'nothing', problem: 'room-not-found' })
    })
  })

  it('is asked for once, however often Join is pressed', async () => {
    const { server, ben } = await atTheDoor()
    await ben.call.join('Ben')
    expect(count(server, 'room:knock')).toBe(1)
  })

  it('is needed in front of an open room, too, for whoever was removed: links are taken back first', async () => {
    const server = new ServerDouble()
    const [ann] = await enter(server, 'Ann')
    const connections = collectConnections()
    const ben = await comesBy(server, 'Ben')
    await eventually(() => {
      expect(connections.filter(({ connectionState }) => connectionState === 'connected')).toHaveLength(2)
    })
    server.refusals.set('room:join', 'knock-needed')
    await ben.call.join('Ben')
    expect(ben.call.state).toMatchObject({ waiting: 'admission' })
    expect(connections[0]!.connectionState).toBe('closed')
    expect(ann!.state.people).toEqual([])
  })
})

describe('coming back after too long an absence', () => {
  /** Ben, whom the server has forgotten, in a room that changed meanwhile. */
  const away = async (door: Parameters<ServerDouble['guard']>[0]) => {
    const server = new ServerDouble()
    const ann = await hosted(server)
    const ben = await new Somebody(server, 'Ben').enter()
    await ben.sees('Ann')
    await ann.sees('Ben')
    server.guard(door)
    server.giveUp('Ben')
    server.cut(ben.client!)
    ben.client!.reopen()
    return { server, ann, ben }
  }

  it('to a room where one has to knock, one knocks, and the links stay', async () => {
    const { ann, ben } = await away({ knock: true })
    await eventually(() => {
      expect(ann.state.knocks).toMatchObject([{ name: 'Ben' }])
    })
    expect(ben.state.server).toBe('reconnecting')
    await ben.sees('Ann')
    await ann.call.answerKnock(ann.state.knocks[0]!.id, true)
    await eventually(() => {
      expect(ben.state.server).toBe('online')
    })
    await ann.sees('Ben')
  })

  it('and not being let in again ends the meeting', async () => {
    const { ann, ben } = await away({ knock: true })
    await eventually(() => {
      expect(ann.state.knocks).toMatchObject([{ name: 'Ben' }])
    })
    await ann.call.answerKnock(ann.state.knocks[0]!.id, false)
    await eventually(() => {
      expect(ben.call.state).toMatchObject({ phase: 'ended', reason: 'shut-out' })
    })
    expect(ben.memory.record).toBeNull()
  })

  it('to a room that is locked ends the meeting when nobody is left in it', async () => {
    const { ann, ben } = await away({ locked: true })
    await ben.sees('Ann')
    await ann.call.leave()
    await eventually(() => {
      expect(ben.call.state).toMatchObject({ phase: 'ended', reason: 'shut-out' })
    })
  })

  it('with the password that let one in', async () => {
    const server = new ServerDouble()
    await hosted(server)
    server.guard({ password: 'tea time' })
    const ben = await comesBy(server, 'Ben')
    await ben.call.join('Ben', 'tea time')
    server.giveUp('Ben')
    server.cut(ben.client!)
    ben.client!.reopen()
    await eventually(() => {
      expect(ben.state.server).toBe('online')
    })
    await ben.sees('Ann')
  })
})
