import { expect, test } from 'vitest'
import { codeKey } from '#signalling/cluster/cluster.ts'
import { RemoteSession } from '#signalling/cluster/remote-session.ts'
import type { Acknowledge } from '#signalling/dialects/dialect.ts'
import type { TakeSeat } from '#signalling/domain/room-session.ts'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { Identity } from '../../../integration/dialects/calls-client.ts'
import { settle, startServers, type Client, type Server } from './forwarding-servers.ts'

const offer = { type: 'offer', sdp: 'v=0\r\n' }

const joinAs = async (server: Server, userId: string): Promise<Client> => {
  const client = server.connectTo('calls')
  expect(await client.ask('user:join', { userId })).toEqual({})
  return client
}

const callTo = (client: Client, to: string) => client.ask('call:initiate', { to, callType: 'video' })

const isInCall = async (client: Client, userId: string): Promise<unknown> => {
  await client.ask('user:status', { userId })
  await settle()
  return (client.of('user:status').at(-1) as Record<string, unknown>)['isInCall']
}

/** Users at home at a, of whom ben is connected at c; a room at home at b, in which Ann is. */
const start = async (changes: Parameters<typeof startServers>[0] = {}) => {
  const servers = startServers(changes)
  const { a, b, c } = servers
  await joinAs(a, 'zoe')
  const code = b.openRoom({ capacity: 3 })
  const ann = b.connect()
  const { peerId: annId } = await ann.join(code, 'Ann')
  const ben = await joinAs(c, 'ben')
  return { ...servers, code, ann, annId, ben, room: () => b.rooms.find(code)! }
}

type World = Awaited<ReturnType<typeof start>>

/** Makes a user call a room that is not found before `goOn`. */
const callSlowly = async ({ registry }: Pick<World, 'registry'>, client: Client, to: string) => {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  registry.away = promise
  const answer = callTo(client, to)
  await settle()
  registry.away = null
  const goOn = async () => {
    resolve(undefined)
    await settle()
  }
  return { answer, goOn }
}

test('while the room is looked for the user is in a call, of which nobody has been told', async () => {
  const world = await start()
  const { ben, room, code } = world
  const { answer, goOn } = await callSlowly(world, ben, code)
  expect(await isInCall(ben, 'ben')).toBe(true)
  expect(await callTo(ben, code)).toEqual({ error: 'Already in a call' })
  expect(await ben.ask('call:offer', { to: code, offer })).toEqual({})
  expect([ben.of('call:initiated'), room().size]).toEqual([[], 1])
  await goOn()
  expect(await answer).toEqual({})
  expect([ben.of('call:accepted').length, room().size]).toEqual([1, 2])
})

test('whoever becomes another user while the room is looked for comes in nowhere', async () => {
  const world = await start()
  const { ben, room, code } = world
  const { answer, goOn } = await callSlowly(world, ben, code)
  expect(await ben.ask('user:join', { userId: 'bernd' })).toEqual({})
  expect(await answer).toEqual({ error: 'User is not available' })
  await goOn()
  expect([room().size, await isInCall(ben, 'ben'), ben.of('call:initiated')]).toEqual([1, false, []])
})

test('whoever loses the connection meanwhile is told on the next one that the room lets them in', async () => {
  const world = await start()
  const { a, ann, ben, room, code } = world
  const { goOn } = await callSlowly(world, ben, code)
  ben.drop()
  await settle()
  const again = await joinAs(a, 'ben')
  expect(again.of('call:initiated')).toEqual([])
  await goOn()
  expect(again.names).toEqual(['user:joined', 'answer', 'call:initiated', 'call:accepted'])
  expect([room().size, ann.of('peer:away')]).toEqual([2, []])
})

test('whoever does not come back is let in, is away, and leaves when nobody waits any longer', async () => {
  const world = await start()
  const { a, ann, ben, room, code, limits } = world
  const { goOn } = await callSlowly(world, ben, code)
  ben.drop()
  await goOn()
  expect(ann.of('peer:away')).toHaveLength(1)
  a.clock.advance(limits.awayMs)
  await settle()
  expect(ann.of('peer:left')).toMatchObject([{ reason: 'left' }])
  expect(room().size).toBe(1)
})

const proveAs = async (server: Server, identity: Identity, userId: string): Promise<Client> => {
  const client = server.connectTo('calls')
  await client.ask('user:join', { userId, publicKey: identity.publicKey })
  await settle()
  const [{ nonce }] = client.of('user:challenge') as [{ nonce: string }]
  expect(await client.ask('user:prove', { signature: await identity.sign(nonce, userId) })).toEqual({})
  return client
}

test('a call whose device lost its connection is left at once when another device of the user ends it', async () => {
  const { a, b, ann, code } = await start()
  const identity = await Identity.make()
  const [phone, desk] = [await proveAs(a, identity, 'cy'), await proveAs(b, identity, 'cy')]
  expect(await callTo(phone, code)).toEqual({})
  const [{ callId }] = phone.of('call:initiated') as [{ callId: string }]
  phone.drop()
  await settle()
  expect([ann.of('peer:away').length, ann.of('peer:left').length]).toEqual([1, 0])
  expect(await desk.ask('call:end', { callId })).toEqual({})
  await settle()
  expect(ann.of('peer:left')).toMatchObject([{ reason: 'left' }])
})

test('a lost connection that comes back hears what was sent meanwhile, and signals go on both ways', async () => {
  const { c, ann, annId, ben, code } = await start()
  await callTo(ben, code)
  await settle()
  const [{ id }] = ann.of('peer:joined') as [{ id: string }]
  ben.drop()
  await settle()
  ann.say('signal:send', { to: id, signal: anOffer() })
  const again = await joinAs(c, 'ben')
  await settle()
  expect(again.of('call:offer')).toMatchObject([{ from: annId }])
  expect(await again.ask('call:answer', { to: annId, answer: { type: 'answer', sdp: 'v=0\r\n' } })).toEqual({})
  await settle()
  expect(ann.of('signal:received')).toMatchObject([{ from: id, signal: { type: 'answer' } }])
})

test('a connection that is lost again, and comes again, before the room has answered finds the same place', async () => {
  const { a, b, ann, annId, ben, code } = await start()
  await callTo(ben, code)
  ben.drop()
  await settle()
  b.journal.hold()
  const second = await joinAs(a, 'ben')
  await settle()
  second.drop()
  const third = await joinAs(a, 'ben')
  await settle()
  b.journal.release()
  await settle()
  expect([ann.of('peer:away').length, ann.of('peer:back').length, third.of('call:ended')]).toEqual([1, 1, []])
  const [{ id }] = ann.of('peer:joined') as [{ id: string }]
  ann.say('signal:send', { to: id, signal: anOffer() })
  await settle()
  expect(third.of('call:offer')).toMatchObject([{ from: annId }])
})

test('an offer that nobody was there for reaches whoever came while its sender was away', async () => {
  const { a, b, c, ben } = await start()
  const code = b.openRoom()
  await callTo(ben, code)
  await ben.ask('call:offer', { to: code, offer })
  ben.drop()
  await settle()
  const cy = await joinAs(c, 'cy')
  await callTo(cy, code)
  await settle()
  expect(cy.of('call:offer')).toEqual([])
  await joinAs(a, 'ben')
  await settle()
  expect(cy.of('call:offer')).toMatchObject([{ from: 'ben', offer }])
})

test('a room that is here by the time it is found is entered here', async () => {
  const world = await start()
  const { a, ben } = world
  const { answer, goOn } = await callSlowly(world, ben, 'visit')
  const made = a.rooms.create({ name: 'visit' })
  await goOn()
  expect(await answer).toEqual({})
  expect(made.ok && made.value.size).toBe(1)
})

test('a process that dies before it answers has not let anybody in, and the room is looked for again', async () => {
  const world = await start()
  const { ben, network, registry, code } = world
  const { answer, goOn } = await callSlowly(world, ben, code)
  registry.stale.push({ where: 'there', key: codeKey(code), process: 'b' })
  const post = world.a.desk.post.bind(world.a.desk)
  world.a.desk.post = (to, subject, body) => {
    post(to, subject, body)
    if (to !== 'b' || !JSON.stringify(body).includes('"enter"')) return
    registry.servers.splice(1, 1)
    setImmediate(() => network.kill('b'))
  }
  world.b.journal.hold()
  await goOn()
  expect(await answer).toEqual({ error: 'User not found' })
  expect(await isInCall(ben, 'ben')).toBe(false)
})

test('a call ends when its room is no longer at home there, and the user is free', async () => {
  const { b, ben, code } = await start()
  await callTo(ben, code)
  await settle()
  b.hosting.evict(codeKey(code), () => b.rooms.evict(code))
  await settle()
  expect(ben.of('call:ended')).toMatchObject([{ by: code, reason: 'lost' }])
  expect(await isInCall(ben, 'ben')).toBe(false)
  expect(await callTo(ben, b.openRoom())).toEqual({})
})

test('a call ends also when its room was at home here, or was made for it', async () => {
  const { a, ben } = await start()
  const code = a.openRoom()
  await callTo(ben, code)
  a.rooms.evict(code)
  await settle()
  expect(ben.of('call:ended')).toMatchObject([{ by: code, reason: 'lost' }])
  const cy = await joinAs(a, 'cy')
  await callTo(ben, 'cy')
  const [{ callId }] = cy.of('call:incoming') as [{ callId: string }]
  await cy.ask('call:accept', { callId })
  const room = a.rooms.find(callId)!
  a.rooms.evict(room.code)
  const pending = a.clock.pending
  await settle()
  for (const client of [ben, cy]) expect(client.of('call:ended').at(-1)).toMatchObject({ callId, reason: 'lost' })
  expect([room.size, a.clock.pending]).toEqual([2, pending])
})

test('a call ends when its place in the room can not be taken up again', async () => {
  const { a, ben, code, registry } = await start()
  await callTo(ben, code)
  ben.drop()
  await settle()
  registry.expired.add(code)
  const again = await joinAs(a, 'ben')
  await settle()
  expect(again.of('call:ended')).toMatchObject([{ by: code, reason: 'lost' }])
  expect(await isInCall(again, 'ben')).toBe(false)
})

test('a process that takes no more connections of others refuses the call', async () => {
  const { a, code } = await start({ limits: { clusterConnections: 1 } })
  const zac = await joinAs(a, 'zac')
  expect(await callTo(zac, code)).toEqual({})
  const zed = await joinAs(a, 'zed')
  expect(await callTo(zed, code)).toEqual({ error: 'User is not available' })
})

test('a call uses what is there and makes nothing', async () => {
  const { a, ben, registry } = await start()
  registry.stale.push({ where: 'here', key: 'name:kept' })
  expect(await callTo(ben, 'kept')).toEqual({ error: 'User not found' })
  expect(a.rooms.size).toBe(0)
})

/** A session whose other end the test plays. */
const openSession = () => {
  const told: unknown[] = []
  const asked: { readonly event: string; readonly acknowledge: Acknowledge }[] = []
  let exit: { send: (event: string, payload?: unknown) => void; close: () => void } | null = null
  let losses = 0
  const note =
    (name: string) =>
    (...what: unknown[]) =>
      void told.push([name, ...what])
  const session = new RemoteSession({
    address: 'visit',
    open: (socket) => {
      exit = socket
      return { handle: (event, _, acknowledge) => void asked.push({ event, acknowledge }), lost: () => (losses += 1) }
    },
    listener: {
      arrived: note('arrived'),
      gone: note('gone'),
      signalled: note('signalled'),
      over: note('over'),
    },
  })
  const then: TakeSeat = (seated) => void told.push(seated.ok ? 'inside' : seated.code)
  return { session, told, asked, then, exit: () => exit!, losses: () => losses }
}

const ben = { user: 'ben', origin: '192.0.2.1' }
const seated = { ok: true, value: { peerId: 'p'.repeat(22), token: 't', peers: [] } }

test('an answer that is not well formed lets nobody in, and facts that are not are no facts', () => {
  const { session, told, asked, then, exit } = openSession()
  session.enter(ben, then)
  asked[0]!.acknowledge!({ ok: true, value: { peerId: 'p', token: 't', peers: [] } })
  expect(told.splice(0)).toEqual(['internal'])
  session.enter(ben, then)
  asked[1]!.acknowledge!(seated)
  expect(told.splice(0)).toEqual(['inside'])
  for (const event of ['peer:joined', 'peer:left', 'signal:received', 'error'])
    for (const payload of [undefined, null, [], {}, { id: 7, from: 7 }, { from: seated.value.peerId, signal: {} }])
      exit().send(event, payload)
  expect(told).toEqual([])
  exit().send('peer:left', { id: seated.value.peerId })
  expect(told).toEqual([['gone', seated.value.peerId]])
})

test('whoever has left, or lost the connection, hears nothing more of it', () => {
  for (const end of ['leave', 'lose'] as const) {
    const { session, told, asked, then, exit, losses } = openSession()
    session.enter(ben, then)
    session[end]()
    asked[0]!.acknowledge!(seated)
    exit().send('peer:left', { id: seated.value.peerId })
    expect(session.sendSignal(seated.value.peerId, anOffer())).toBe(false)
    if (end === 'leave') asked[1]!.acknowledge!({ ok: true, value: {} })
    expect([told, losses()]).toEqual([[], 1])
  }
})

test('a connection that is closed is over once, and one that was left without a word', () => {
  const { session, told, then, exit, losses } = openSession()
  session.enter(ben, then)
  exit().close()
  session.leave()
  expect([told.splice(0), losses()]).toEqual([[['over', 'lost']], 1])
  session.enter(ben, then)
  session.leave()
  exit().close()
  expect([told, losses()]).toEqual([[], 2])
})
