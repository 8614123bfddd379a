import { expect, test } from 'vitest'
import type { Signal } from '#signalling/protocol.ts'
import {
  anOffer,
  connect,
  joinRoom,
  next,
  request,
  startTestServer,
  valueOf,
  fillRoom,
} from '../../helpers/signalling-client.ts'
import { fillMinimalRoom, joinMinimalRoom, MinimalRoomsClient } from './minimal-rooms-client.ts'

const sdpOf = (id: number) => `v=0\r\no=- ${String(id)} 2 IN IP4 127.0.0.1\r\ns=-\r\n`
const offer = { type: 'offer', sdp: sdpOf(11) }
const answer = { type: 'answer', sdp: sdpOf(22) }
const candidate = { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 }

test('a room is created under the id that was asked for, and its address is told twice', async () => {
  const { url } = await startTestServer()
  const client = new MinimalRoomsClient(url)
  const created = { room_id: '4711', url: '/r/4711/' }
  expect(await client.ask('create-room', { room_id: '4711', max_users: 3 })).toEqual(created)
  expect(await client.next('room-created')).toEqual(created)
  expect(await client.ask('create-room', { room_id: 815 })).toEqual({ room_id: '815', url: '/r/815/' })
  expect(await client.ask('create-room', { room_id: 'Visit no. 7' })).toMatchObject({ url: '/r/Visit%20no.%207/' })
})

test('a room without an id gets a number that no other has', async () => {
  const { url } = await startTestServer()
  const client = new MinimalRoomsClient(url)
  const [first, second] = [await client.ask('create-room'), await client.ask('create-room', {})]
  expect(first.room_id).toMatch(/^\d+$/)
  expect(first.url).toBe(`/r/${String(first.room_id)}/`)
  expect(second.room_id).not.toBe(first.room_id)
})

test('an empty room of that id is answered as it is, an occupied one refused until it is empty again', async () => {
  const { url } = await startTestServer()
  const client = new MinimalRoomsClient(url)
  await client.ask('create-room', { room_id: '1', max_users: 2 })
  expect(await client.ask('create-room', { room_id: '1', max_users: 9 })).toEqual({ room_id: '1', url: '/r/1/' })
  const ann = await joinMinimalRoom(url, '1', 'Ann')
  const refused = { error: expect.stringContaining('Create another room') as string }
  expect(await client.ask('create-room', { room_id: '1' })).toEqual(refused)
  await expect.poll(() => client.inbox.names.length).toBe(3)
  await client.next('room-created')
  await client.next('room-created')
  expect(await client.next('room-created')).toEqual(refused)
  await ann.client.ask('cut-the-call')
  expect(await client.ask('create-room', { room_id: '1' })).toEqual({ room_id: '1', url: '/r/1/' })
})

test('two meet: those inside offer to whoever arrives, and descriptions and candidates go both ways', async () => {
  const { url } = await startTestServer()
  await new MinimalRoomsClient(url).ask('create-room', { room_id: '7' })
  const ann = await joinMinimalRoom(url, '7', 'Ann')
  expect(ann.joined).toEqual({ room_id: '7', peer_id: ann.id, peers: [] })
  const bob = new MinimalRoomsClient(url)
  const joined = await bob.ask('join', { room_id: '7', peer_name: 'Bob' })
  const bobId = String(joined.peer_id)
  expect(joined).toEqual({ room_id: '7', peer_id: bobId, peers: [{ peer_id: ann.id, peer_name: 'Ann' }] })
  expect(await bob.next('joined')).toEqual(joined)
  expect(await ann.client.next('user-arrived')).toEqual({ peer_id: bobId, peer_name: 'Bob' })

  ann.client.send('offer', { peer_id: bobId, sdp: offer })
  expect(await bob.next('offer')).toEqual({ peer_id: ann.id, sdp: offer })
  bob.send('answer', { peer_id: ann.id, sdp: answer })
  expect(await ann.client.next('answer')).toEqual({ peer_id: bobId, sdp: answer })
  ann.client.send('ice', { peer_id: bobId, candidate })
  expect(await bob.next('ice')).toEqual({ peer_id: ann.id, candidate: { ...candidate, usernameFragment: null } })
  bob.send('ice', { peer_id: ann.id, candidate })
  expect(await ann.client.next('ice')).toMatchObject({ peer_id: bobId, candidate })

  bob.send('cut-the-call')
  expect(await ann.client.next('cut-the-call')).toEqual({ peer_id: bobId })
  expect(bob.inbox.names).not.toContain('user-arrived')
  expect([...ann.client.inbox.names, ...bob.inbox.names]).not.toContain('error')
})

test('whoever writes descriptions and candidates as text is sent them as text', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillMinimalRoom(url, '7', 'Ann', 'Bob')
  ann!.client.send('offer', { peer_id: bob!.id, sdp: offer.sdp })
  ann!.client.send('ice', { peer_id: bob!.id, candidate: candidate.candidate })
  expect(await bob!.client.next('offer')).toEqual({ peer_id: ann!.id, sdp: offer.sdp })
  expect(await bob!.client.next('ice')).toEqual({ peer_id: ann!.id, candidate: candidate.candidate })
  bob!.client.send('answer', { peer_id: ann!.id, sdp: answer })
  bob!.client.send('ice', { peer_id: ann!.id, candidate })
  expect(await ann!.client.next('answer')).toEqual({ peer_id: bob!.id, sdp: answer.sdp })
  expect(await ann!.client.next('ice')).toEqual({ peer_id: bob!.id, candidate: candidate.candidate })
})

test('a full room refuses with its capacity, and lets in the next one when somebody has left', async () => {
  const { url } = await startTestServer()
  await new MinimalRoomsClient(url).ask('create-room', { room_id: '2', max_users: '2' })
  const ann = await joinMinimalRoom(url, '2', 'Ann')
  await joinMinimalRoom(url, '2', 'Bob')
  const late = new MinimalRoomsClient(url)
  expect(await late.ask('join', { room_id: '2', peer_name: 'Cid' })).toMatchObject({ error: expect.any(String) })
  expect(await late.next('full-room')).toEqual({ room_id: '2', max_users: 2 })
  ann.client.socket.close()
  await expect
    .poll(() => late.ask('join', { room_id: '2', peer_name: 'Cid' }))
    .toMatchObject({ peer_id: expect.any(String) })
})

test('whoever drops the connection has left, and the others are told', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillMinimalRoom(url, '7', 'Ann', 'Bob')
  bob!.client.socket.io.engine.close()
  expect(await ann!.client.next('cut-the-call')).toEqual({ peer_id: bob!.id })
})

test('a peer can leave and join again, under another id', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillMinimalRoom(url, '7', 'Ann', 'Bob')
  expect(await bob!.client.ask('cut-the-call')).toEqual({})
  expect(await bob!.client.ask('cut-the-call')).toEqual({})
  const again = await bob!.client.ask('join', { room_id: '7', peer_name: 'Bob' })
  expect(again.peer_id).not.toBe(bob!.id)
  await ann!.client.next('user-arrived')
  expect(await ann!.client.next('user-arrived')).toEqual({ peer_id: again.peer_id, peer_name: 'Bob' })
})

const wrong: [event: string, payload: unknown][] = [
  ['join', undefined],
  ['join', []],
  ['join', { room_id: '7' }],
  ['join', { room_id: 'none', peer_name: 'Zoe' }],
  ['join', { room_id: ['7'], peer_name: 'Zoe' }],
  ['join', { room_id: '7', peer_name: '' }],
  ['join', { room_id: '7', peer_name: 'x'.repeat(65) }],
  ['offer', { peer_id: 'ANN', sdp: offer }],
  ['answer', { peer_id: 'ANN', sdp: answer }],
  ['ice', { peer_id: 'ANN', candidate }],
]

test.each(wrong)('outside a room, %s with %j is refused and changes nothing', async (event, payload) => {
  const { url } = await startTestServer()
  const [ann] = await fillMinimalRoom(url, '7', 'Ann')
  const zoe = new MinimalRoomsClient(url)
  const sent = JSON.parse(JSON.stringify(payload ?? null).replace('ANN', ann!.id)) as unknown
  const refusal = await zoe.ask(event, sent ?? undefined)
  expect(refusal).toEqual({ error: expect.any(String) })
  expect(await zoe.next('error')).toEqual({ message: refusal.error })
  const bob = await joinMinimalRoom(url, '7', 'Bob')
  expect(bob.joined.peers).toEqual([{ peer_id: ann!.id, peer_name: 'Ann' }])
  await ann!.client.next('user-arrived')
  expect(ann!.client.inbox.names).toEqual(['joined', 'user-arrived'])
})

test.each([
  { room_id: '' },
  { room_id: 'x'.repeat(65) },
  { room_id: 'a/b' },
  { room_id: '..' },
  { room_id: '\u202e' },
  { room_id: -1 },
  { room_id: { $ne: null } },
  { room_id: '9', max_users: 1 },
  { room_id: '9', max_users: 17 },
  { room_id: '9', max_users: 2.5 },
  { room_id: '9', max_users: 'many' },
  [],
  '9',
])('create-room with %j is refused and makes no room', async (wish) => {
  const { url } = await startTestServer()
  const client = new MinimalRoomsClient(url)
  expect(await client.ask('create-room', wish)).toEqual({ error: expect.stringContaining('Create another room') })
  expect(await client.next('room-created')).toEqual({ error: expect.any(String) })
  expect(await client.ask('join', { room_id: '9', peer_name: 'Ann' })).toEqual({ error: 'There is no such room.' })
})

test('inside a room, what is malformed or for somebody outside is refused and reaches nobody', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillMinimalRoom(url, '7', 'Ann', 'Bob')
  const [cid] = await fillMinimalRoom(url, '8', 'Cid')
  const bad: [string, unknown][] = [
    ['offer', { peer_id: cid!.id, sdp: offer }],
    ['offer', { peer_id: ann!.id, sdp: offer }],
    ['offer', { peer_id: bob!.id }],
    ['offer', { peer_id: bob!.id, sdp: answer }],
    ['offer', { peer_id: bob!.id, sdp: 'x'.repeat(33_000) }],
    ['answer', { peer_id: bob!.id, sdp: 5 }],
    ['offer', { peer_id: 7, sdp: offer }],
    ['ice', { peer_id: bob!.id }],
    ['ice', { peer_id: bob!.id, candidate: { candidate: 5 } }],
    ['ice', { peer_id: bob!.id, candidate: 'x'.repeat(1025) }],
    ['join', { room_id: '8', peer_name: 'Ann' }],
  ]
  for (const [event, payload] of bad)
    expect(await ann!.client.ask(event, payload), event).toEqual({ error: expect.any(String) })
  ann!.client.send('ice', { peer_id: bob!.id, candidate })
  await bob!.client.next('ice')
  expect(bob!.client.inbox.names).toEqual(['joined', 'ice'])
  expect(cid!.client.inbox.names).toEqual(['joined'])
})

test('somebody of Earshot arrives: the one inside is told, offers, and learns when they leave', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillMinimalRoom(url, 'Team 7', 'Ann')
  const eve = await joinRoom(url, 'Team 7', 'Eve')
  expect(eve.joined.room.peers[0]).toMatchObject({ id: ann!.id, name: 'Ann', offer: 'they' })
  expect(await ann!.client.next('user-arrived')).toEqual({ peer_id: eve.joined.peerId, peer_name: 'Eve' })

  const received = next(eve.socket, 'signal:received')
  ann!.client.send('offer', { peer_id: eve.joined.peerId, sdp: offer })
  const { from, signal } = await received
  expect([from, signal]).toEqual([ann!.id, { kind: 'description', epoch: expect.any(String), toEpoch: null, ...offer }])
  const reply: Signal = { kind: 'description', epoch: 'e9', toEpoch: signal.epoch, type: 'answer', sdp: answer.sdp }
  valueOf(await request(eve.socket, 'signal:send', { to: ann!.id, signal: reply }))
  expect(await ann!.client.next('answer')).toEqual({ peer_id: eve.joined.peerId, sdp: answer })
  const full = { ...candidate, usernameFragment: 'u1' }
  const two: Signal = { kind: 'candidates', epoch: 'e9', toEpoch: signal.epoch, candidates: [full, full] }
  valueOf(await request(eve.socket, 'signal:send', { to: ann!.id, signal: two }))
  expect([await ann!.client.next('ice'), await ann!.client.next('ice')]).toEqual([
    { peer_id: eve.joined.peerId, candidate: full },
    { peer_id: eve.joined.peerId, candidate: full },
  ])
  const candidates = next(eve.socket, 'signal:received')
  ann!.client.send('ice', { peer_id: eve.joined.peerId, candidate })
  expect((await candidates).signal).toMatchObject({ kind: 'candidates', epoch: signal.epoch })

  valueOf(await request(eve.socket, 'room:leave', {}))
  expect(await ann!.client.next('cut-the-call')).toEqual({ peer_id: eve.joined.peerId })
})

test('somebody of Earshot is inside: whoever arrives is told of them, and waits for their offer', async () => {
  const { url } = await startTestServer()
  const [eve] = await fillRoom(url, 'Eve')
  const told = next(eve.socket, 'peer:joined')
  const ann = await joinMinimalRoom(url, eve.joined.room.code, 'Ann')
  expect(ann.joined.peers).toEqual([{ peer_id: eve.joined.peerId, peer_name: 'Eve' }])
  expect(await told).toEqual({ id: ann.id, name: 'Ann', presence: 'present', offer: 'you' })
  valueOf(await request(eve.socket, 'signal:send', { to: ann.id, signal: anOffer() }))
  expect(await ann.client.next('offer')).toMatchObject({ peer_id: eve.joined.peerId, sdp: { type: 'offer' } })
  const left = next(eve.socket, 'peer:left')
  ann.client.socket.close()
  expect(await left).toEqual({ id: ann.id, reason: 'left' })
  expect(ann.client.inbox.names).toEqual(['joined', 'offer'])
})

test('those who only look at a room see who is inside it', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillMinimalRoom(url, '7', 'Ann')
  const { socket } = await connect(url)
  const view = valueOf(await request(socket, 'room:look', { code: '7' }))
  expect(view).toMatchObject({ title: '7', peers: [{ id: ann!.id, name: 'Ann' }] })
})
