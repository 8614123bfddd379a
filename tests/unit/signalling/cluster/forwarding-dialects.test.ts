import { expect, test } from 'vitest'
import { USERS_KEY, liveKey, nameKey } from '#signalling/cluster/cluster.ts'
import { ForeignGate } from '#signalling/transports/foreign-gate.ts'
import type { SocketDialect } from '#signalling/dialects/dialect.ts'
import { Identity } from '../../../integration/dialects/calls-client.ts'
import { settle, startServers, type Client, type Server } from './forwarding-servers.ts'

const offer = { type: 'offer', sdp: 'v=0\r\n' }

test('two of an appointment meet at different processes, and each hears of the other', async () => {
  const { a, b } = startServers()
  const [ann, ben] = [a.connectTo('appointments'), b.connectTo('appointments')]
  const first = (await ann.ask('join_room', { appointment_id: 'x', name: 'Ann' })) as Record<string, unknown>
  const second = (await ben.ask('join_room', { appointment_id: 'x', name: 'Ben' })) as Record<string, unknown>
  expect([first['opponent_name'], second['opponent_name']]).toEqual([null, 'Ann'])
  ben.say('send_offer', { appointment_id: 'x', remoteSocketId: second['remoteSocket'], offer })
  await settle()
  expect(ann.of('receive_offer')).toMatchObject([{ name: 'Ben', offer }])
  expect(await ben.ask('join_room', { appointment_id: 'y', name: 'Ben' })).toHaveProperty('error')
  ben.drop()
  await settle()
  expect(ann.of('user_left')).toHaveLength(1)
})

test('an appointment that names nothing is made where its client is', async () => {
  const { a, registry } = startServers()
  const answer = await a.connectTo('appointments').ask('join_room', { name: 'Ann' })
  expect(answer).toMatchObject({ appointment_id: expect.any(String) })
  expect([a.rooms.size, registry.asked]).toEqual([1, []])
})

test('what a client may not make is not made, and its place can be given away', async () => {
  const { a } = startServers()
  const ann = a.connectTo('appointments', false)
  expect(await ann.ask('join_room', { appointment_id: 'x', name: 'Ann' })).toHaveProperty('error')
  await settle()
  expect([a.rooms.size, a.settled, a.hosting.hosts(nameKey('x'))]).toEqual([0, [nameKey('x')], false])
})

test('a numbered room that was made at one process is joined from another', async () => {
  const { a, b } = startServers()
  expect(await a.connectTo('minimal-rooms').ask('create-room', { room_id: 7, max_users: '2' })).toMatchObject({
    room_id: '7',
  })
  const [ann, ben, cy] = [a, b, b].map((server) => server.connectTo('minimal-rooms'))
  expect(await ann!.ask('join', { room_id: 7, peer_name: 'Ann' })).toMatchObject({ room_id: '7', peers: [] })
  expect(await ben!.ask('join', { room_id: '7', peer_name: 'Ben' })).toMatchObject({ peers: [{ peer_name: 'Ann' }] })
  await settle()
  expect(ann!.of('user-arrived')).toMatchObject([{ peer_name: 'Ben' }])
  expect(await cy!.ask('join', { room_id: 7, peer_name: 'Cy' })).toMatchObject({ max_users: 2 })
  await settle()
  expect(cy!.of('full-room')).toHaveLength(1)
  expect(await cy!.ask('join', { room_id: 8, peer_name: 'Cy' })).toHaveProperty('error')
})

test('from inside a room another can be made as long as its home is no other process', async () => {
  const { a, b } = startServers()
  const ann = a.connectTo('minimal-rooms')
  await ann.ask('create-room', { room_id: 'here' })
  await ann.ask('join', { room_id: 'here', peer_name: 'Ann' })
  await b.connectTo('minimal-rooms').ask('create-room', { room_id: 'there' })
  expect(await ann.ask('create-room', { room_id: 'there' })).toHaveProperty('error')
  expect(await ann.ask('create-room', { room_id: 'new' })).toMatchObject({ room_id: 'new' })
  expect([a.rooms.find('there'), a.rooms.find('new')?.size, b.rooms.find('there')?.size]).toEqual([undefined, 0, 0])
})

const joinAs = async (server: Server, userId: string): Promise<Client> => {
  const client = server.connectTo('calls')
  await client.ask('user:join', { userId })
  return client
}

test('users at different processes call each other, and nothing is looked for once they have joined', async () => {
  const { a, b, c, registry } = startServers()
  const [ann, ben, cy] = [await joinAs(a, 'ann'), await joinAs(b, 'ben'), await joinAs(c, 'cy')]
  const asked = registry.asked.length
  expect(await cy.ask('call:initiate', { to: 'ben', callType: 'video' })).toEqual({})
  await settle()
  const [{ callId }] = ben.of('call:incoming') as [{ callId: string }]
  expect(await ben.ask('call:accept', { callId })).toEqual({})
  cy.say('call:offer', { to: 'ben', offer })
  await settle()
  expect(ben.of('call:offer')).toMatchObject([{ from: 'cy', offer }])
  expect(await ann.ask('call:initiate', { to: 'cy', callType: 'audio' })).toEqual({ error: 'User is not available' })
  expect(registry.asked).toHaveLength(asked)
  expect([a.rooms.size, b.rooms.size, c.rooms.size]).toEqual([1, 0, 0])
})

test('at home a user who has joined is answered at once, without a promise', async () => {
  const { a } = startServers()
  const ann = await joinAs(a, 'ann')
  ann.say('user:status', { userId: 'ann' })
  expect(ann.of('user:status')).toMatchObject([{ isOnline: true }])
})

test('an id is proved through another process, and is then nobody else’s anywhere', async () => {
  const { a, b, c } = startServers()
  await joinAs(a, 'ann')
  const [ben, cy] = [b.connectTo('calls'), c.connectTo('calls')]
  const identity = await Identity.make()
  expect(await ben.ask('user:join', { userId: 'ben', publicKey: identity.publicKey })).toEqual({})
  const [{ nonce }] = ben.of('user:challenge') as [{ nonce: string }]
  expect(await ben.ask('user:prove', { signature: await identity.sign(nonce, 'ben') })).toEqual({})
  expect(ben.of('user:joined')).toMatchObject([{ userId: 'ben' }])
  expect(await cy.ask('user:join', { userId: 'ben' })).toEqual({ error: 'User ID is taken' })
})

test('users of a home that was lost have to come again', async () => {
  const { a, b } = startServers()
  const [ann, ben] = [await joinAs(a, 'ann'), await joinAs(b, 'ben')]
  const cy = b.connectTo('calls')
  await cy.ask('user:status', { userId: 'ann' })
  a.hosting.evict(USERS_KEY, () => undefined)
  await settle()
  expect([ann, ben, cy].map(({ isClosed }) => isClosed)).toEqual([true, true, false])
})

test('a live stream is where it was made, also for those who come to another process', async () => {
  const { a, b, c } = startServers()
  const maker = a.connectTo('live-streams')
  const { sessionId } = (await maker.ask('create-stream', { deviceId: 'd' })) as { sessionId: string }
  const viewer = b.connectTo('live-streams')
  expect(await viewer.ask('join-stream', { role: 'viewer', sessionId })).toMatchObject({ role: 'viewer', sessionId })
  expect(viewer.of('stream-state')).toHaveLength(1)
  expect(a.hosting.hosts(liveKey(sessionId))).toBe(true)
  const other = c.connectTo('live-streams')
  expect(await other.ask('create-stream', { deviceId: 'e', sessionId })).toMatchObject({ status: 409 })
  expect(await other.ask('join-stream', { role: 'viewer', sessionId: 'none' })).toMatchObject({ status: 404 })
  await settle()
  expect(c.settled).toEqual([liveKey('none')])
  expect(c.hosting.hosts(liveKey('none'))).toBe(false)
})

test('whoever watches a stream makes no other one that is at home elsewhere', async () => {
  const { a, b } = startServers()
  for (const [server, sessionId] of [
    [a, 's'],
    [b, 't'],
  ] as const)
    await server.connectTo('live-streams').ask('create-stream', { deviceId: 'd', sessionId })
  const viewer = a.connectTo('live-streams')
  await viewer.ask('join-stream', { role: 'viewer', sessionId: 's' })
  expect(await viewer.ask('create-stream', { deviceId: 'd', sessionId: 't' })).toMatchObject({ status: 409 })
  expect(await viewer.ask('create-stream', { deviceId: 'd', sessionId: 'u' })).toEqual({ sessionId: 'u' })
})

test('what a client says in its handshake comes to the home of the stream, without its token', async () => {
  const { a, b } = startServers()
  await a.connectTo('live-streams').ask('create-stream', { deviceId: 'd', sessionId: 's' })
  const posted: string[] = []
  const post = b.desk.post.bind(b.desk)
  b.desk.post = (to, subject, body) => {
    posted.push(JSON.stringify(body))
    post(to, subject, body)
  }
  const sent: [string, unknown][] = []
  const { clock, limits } = { clock: b.clock, limits: startServers().limits }
  const socket = { id: 's', address: '192.0.2.1', mayCreate: false, close: () => undefined }
  const gate = new ForeignGate(
    { ...socket, send: (event, payload) => void sent.push([event, payload]) },
    {
      dialects: b.dialects.map((dialect) => b.forwarding.wrap(dialect)),
      ...{ clock, limits, log: () => undefined, isStopping: () => false, tally: null },
    },
  )
  gate.greet({ role: 'viewer', sessionId: 's', token: 'secret', EIO: '4' })
  await settle()
  expect(sent).toMatchObject([['stream-state', { sessionId: 's' }]])
  expect(posted.join()).toContain('join-stream')
  expect(posted.join()).not.toContain('secret')
})

test('a device waits to be asked where it is connected', async () => {
  const { a, registry } = startServers()
  expect(await a.connectTo('live-requests').ask('wait-for-stream', { deviceId: 'd' })).toEqual({})
  expect(registry.asked).toEqual([])
})

test('a fault of a dialect is answered, and said, through the process that has the socket', async () => {
  const broken: SocketDialect = {
    system: 'broken',
    events: new Map([['now', 'room']]),
    wishOf: () => ({ kind: 'place', key: 'place' }),
    open: () => ({
      handle: (event) => {
        if (event === 'later') return Promise.reject(new Error('later'))
        throw new Error('now')
      },
      lost: () => undefined,
    }),
  }
  const { a, b, registry } = startServers({ more: [broken] })
  await registry.for(a.id).find({ kind: 'place', key: 'place' })
  for (const server of [a, b])
    for (const event of ['now', 'later']) {
      const client = server.connectTo('broken')
      expect(await client.ask(event, {})).toEqual({ error: 'The server made a mistake.' })
      await settle()
      expect(client.of('error')).toEqual([{ message: 'The server made a mistake.' }])
    }
  expect(a.logged.filter((event) => event === 'dialect-fault')).toHaveLength(4)
})
