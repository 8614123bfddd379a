import { expect, test } from 'vitest'
import { limits } from '#signalling/protocol.ts'
import {
  anOffer,
  codeOf,
  connect,
  createRoom,
  dropConnection,
  fillRoom,
  joinRoom,
  next,
  request,
  startTestServer,
  valueOf,
} from '../helpers/signalling-client.ts'

const OPEN = { hasPassword: false, knock: false, locked: false }

test('[J1] a new room is empty and has the title and capacity it was given', async () => {
  const { url } = await startTestServer()
  const { socket } = await connect(url)
  const code = await createRoom(socket, { title: '  Weekly \n plans ', capacity: 4 })
  expect(await request(socket, 'room:look', { code })).toEqual({
    ok: true,
    value: { code, title: 'Weekly plans', capacity: 4, peers: [], hosts: [], door: OPEN },
  })
})

test('[J2] an empty room is gone after its time, and those who look are told', async () => {
  const { url } = await startTestServer({ limits: { emptyRoomMs: 50 } })
  const { socket } = await connect(url)
  const expired = next(socket, 'room:closed')
  const code = await createRoom(socket)
  await request(socket, 'room:look', { code })
  expect(await expired).toEqual({ code, reason: 'expired' })
  expect(codeOf(await request(socket, 'room:look', { code }))).toBe('room-not-found')
})

test('[J3] whoever looks at a room is told who comes, is away, and goes', async () => {
  const { url } = await startTestServer({ limits: { awayMs: 50 } })
  const watcher = await connect(url)
  const code = await createRoom(watcher.socket)
  valueOf(await request(watcher.socket, 'room:look', { code }))
  const ann = await joinRoom(url, code, 'Ann')
  dropConnection(ann.socket)
  await expect
    .poll(() => watcher.facts.slice(1))
    .toMatchObject([
      ['room:changed', { peers: [{ id: ann.joined.peerId, name: 'Ann', presence: 'present' }] }],
      ['room:changed', { peers: [{ presence: 'away' }] }],
      ['room:changed', { peers: [] }],
    ])
})

test('[J3] a code is found however it is typed', async () => {
  const { url } = await startTestServer()
  const { socket } = await connect(url)
  const code = await createRoom(socket)
  const typed = ` ${code.slice(0, 4)}-${code.slice(4)} `.toUpperCase().replaceAll('0', 'O').replaceAll('1', 'L')
  expect(valueOf(await request(socket, 'room:look', { code: typed })).code).toBe(code)
})

test('[J4] whoever joins is told everything about the room, and the others are told who came', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillRoom(url, 'Ann')
  const came = next(ann.socket, 'peer:joined')
  const bob = await joinRoom(url, ann.joined.room.code, 'Bob')
  const everyone = [
    { id: ann.session.peerId, name: 'Ann', presence: 'present' },
    { id: bob.session.peerId, name: 'Bob', presence: 'present' },
  ]
  expect(await came).toEqual(everyone[1])
  expect(bob.joined).toEqual({
    peerId: bob.session.peerId,
    token: expect.stringMatching(/^[\w-]+\.[\w-]{43}$/),
    room: {
      code: ann.joined.room.code,
      title: '',
      capacity: limits.roomCapacity,
      peers: everyone,
      hosts: [],
      door: OPEN,
    },
    chat: [],
    documents: [],
    knocks: [],
  })
})

test('[J5] a full room lets nobody in, and the refused one can still look', async () => {
  const { url } = await startTestServer()
  const { socket } = await connect(url)
  const code = await createRoom(socket, { capacity: 2 })
  await joinRoom(url, code, 'Ann')
  await joinRoom(url, code, 'Bob')
  expect(codeOf(await request(socket, 'room:join', { code, name: 'Cy' }))).toBe('room-full')
  expect(valueOf(await request(socket, 'room:look', { code })).peers).toHaveLength(2)
})

test('[J6] a second join, or a look, from inside a room is refused and changes nothing', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const other = await createRoom(ann.socket)
  expect(codeOf(await request(ann.socket, 'room:join', { code: other, name: 'Ann' }))).toBe('already-in-room')
  expect(codeOf(await request(ann.socket, 'room:look', { code: other }))).toBe('already-in-room')
  valueOf(await request(bob.socket, 'signal:send', { to: ann.joined.peerId, signal: anOffer() }))
})

test('[J7] a room that does not exist is neither joined nor looked at', async () => {
  const { url } = await startTestServer()
  const { socket } = await connect(url)
  expect(codeOf(await request(socket, 'room:join', { code: '000000000000', name: 'Ann' }))).toBe('room-not-found')
  expect(codeOf(await request(socket, 'room:look', { code: '000000000000' }))).toBe('room-not-found')
})

test('[J8] signals sent right behind a join, without waiting for its answer, arrive after the newcomer is announced', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillRoom(url, 'Ann')
  const { code } = ann.joined.room
  const bob = await connect(url)
  const { peers } = valueOf(await request(bob.socket, 'room:look', { code }))
  const answered = request(bob.socket, 'room:join', { code, name: 'Bob' })
  for (const { id } of peers) bob.socket.emit('signal:send', { to: id, signal: anOffer('early') })
  expect(valueOf(await answered).peerId).toBe(bob.session.peerId)
  await expect
    .poll(() => ann.facts.slice(1))
    .toEqual([
      ['peer:joined', { id: bob.session.peerId, name: 'Bob', presence: 'present' }],
      ['signal:received', { from: bob.session.peerId, signal: anOffer('early') }],
    ])
})

test('[J9] names are one printable line, and two people may have the same one', async () => {
  const { url } = await startTestServer()
  const [first] = await fillRoom(url, ' Ann\u202e\u200b\n Lee ')
  const second = await joinRoom(url, first.joined.room.code, 'Ann Lee')
  const [one, two] = second.joined.room.peers
  expect([one?.name, two?.name]).toEqual(['Ann Lee', 'Ann Lee'])
  expect(one?.id).not.toBe(two?.id)
})

test('[L1] whoever leaves is gone at once, and the others are told', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const left = next(ann.socket, 'peer:left')
  expect(await request(bob.socket, 'room:leave', {})).toEqual({ ok: true, value: {} })
  expect(await left).toEqual({ id: bob.joined.peerId, reason: 'left' })
})

test('[L2] leaving twice is no error, and leaving ends a look', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillRoom(url, 'Ann')
  const watcher = await connect(url)
  valueOf(await request(watcher.socket, 'room:look', { code: ann.joined.room.code }))
  valueOf(await request(watcher.socket, 'room:leave', {}))
  valueOf(await request(watcher.socket, 'room:leave', {}))
  await joinRoom(url, ann.joined.room.code, 'Bob')
  valueOf(await request(watcher.socket, 'room:leave', {}))
  expect(watcher.facts.map(([name]) => name)).toEqual(['session:opened'])
})

test('[L3] after leaving nothing more is received from the room or sent to it', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  valueOf(await request(bob.socket, 'room:leave', {}))
  const toBob = { to: bob.joined.peerId, signal: anOffer() }
  expect(codeOf(await request(ann.socket, 'signal:send', toBob))).toBe('peer-not-found')
  const toAnn = { to: ann.joined.peerId, signal: anOffer() }
  expect(codeOf(await request(bob.socket, 'signal:send', toAnn))).toBe('not-in-room')
})

test('[L4] a join after leaving answers a new id', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillRoom(url, 'Ann')
  valueOf(await request(ann.socket, 'room:leave', {}))
  const again = valueOf(await request(ann.socket, 'room:join', { code: ann.joined.room.code, name: 'Ann' }))
  expect(again.peerId).not.toBe(ann.joined.peerId)
})

test('[L5] a lost connection makes its peer away for the others, and it keeps its place', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const away = next(ann.socket, 'peer:away')
  dropConnection(bob.socket)
  expect(await away).toEqual({ id: bob.joined.peerId })
  const cy = await joinRoom(url, ann.joined.room.code, 'Cy')
  expect(cy.joined.room.peers.map(({ presence }) => presence)).toEqual(['present', 'away', 'present'])
})

test('[L6] a peer that stays away is given up', async () => {
  const { url } = await startTestServer({ limits: { awayMs: 50 } })
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const left = next(ann.socket, 'peer:left')
  dropConnection(bob.socket)
  expect(await left).toEqual({ id: bob.joined.peerId, reason: 'timed-out' })
})
