import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { ChatMessage, RoomCode } from '#signalling/protocol.ts'
import { newPeerId } from '#signalling/domain/peers.ts'
import type { RoomRecord } from '#signalling/domain/room-record.ts'
import { Session } from '#signalling/domain/session.ts'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { createWorld, enter, openRoom, valueOf, type World } from '../../../helpers/signalling-domain.ts'

const KEY = randomBytes(32)
const OPEN = { hasPassword: false, knock: false, locked: false }
const REFUSED = { ok: false, code: 'resume-refused' }

const createHome = (changes: Parameters<typeof createWorld>[0] = {}): World => createWorld(changes, KEY)

/** Another process goes on with the room from its record, with nothing else in common than key and time. */
const takeOver = (former: World, code: RoomCode): World => {
  const { record, chat } = former.rooms.coded(code)!
  const text = JSON.stringify({ record, chat })
  former.rooms.close()
  const world = createWorld(former.limits, KEY, former.clock)
  const kept = JSON.parse(text) as { record: RoomRecord; chat: ChatMessage[] }
  world.rooms.restore(kept.record, kept.chat)
  expect(world.rooms.coded(code)?.record).toEqual(record)
  return world
}

test('a room goes on elsewhere with its kind, and all who were inside are away, in their order', () => {
  const former = createHome()
  const code = openRoom(former, { title: 'Plans', capacity: 4 })
  const people = ['Ann', 'Bob', 'Cy'].map((name) => enter(former, code, name))
  people[1]!.session.lost()
  const { view } = takeOver(former, code).rooms.coded(code)!
  const peers = people.map(({ joined }, at) => ({
    id: joined.peerId,
    name: ['Ann', 'Bob', 'Cy'][at],
    presence: 'away',
  }))
  expect(view).toEqual({ code, title: 'Plans', capacity: 4, peers, hosts: [], door: OPEN })
})

test('the right token brings back whoever was inside, and a used one does not', () => {
  const former = createHome()
  const code = openRoom(former)
  const ann = enter(former, code)
  const again = former.visit()
  const { token, peerId } = valueOf(again.session.resume(ann.joined.token))
  const world = takeOver(former, code)
  expect(world.visit().session.resume(ann.joined.token)).toMatchObject(REFUSED)
  const back = valueOf(world.visit().session.resume(token))
  expect([back.peerId, back.room.peers]).toEqual([peerId, [{ id: peerId, name: 'Ann', presence: 'present' }]])
  expect(world.visit().session.resume(token)).toMatchObject(REFUSED)
  valueOf(world.visit().session.resume(back.token))
})

test('whoever left can not come back elsewhere', () => {
  const former = createHome()
  const code = openRoom(former)
  enter(former, code, 'Bob')
  const ann = enter(former, code)
  ann.session.leave()
  const world = takeOver(former, code)
  expect(world.visit().session.resume(ann.joined.token)).toMatchObject(REFUSED)
})

test('whoever was given up comes back elsewhere with the latest token alone', () => {
  const former = createHome({ awayMs: 1000 })
  const code = openRoom(former)
  enter(former, code, 'Bob')
  const ann = enter(former, code)
  const again = former.visit()
  const { token } = valueOf(again.session.resume(ann.joined.token))
  again.session.lost()
  former.clock.advance(1000)
  const world = takeOver(former, code)
  expect(world.visit().session.resume(ann.joined.token)).toMatchObject(REFUSED)
  expect(valueOf(world.visit().session.resume(token)).peerId).toBe(ann.joined.peerId)
})

test('a token whose peer was forgotten for lack of space stays refused elsewhere', () => {
  const former = createHome({ formerPeers: 1 })
  const code = openRoom(former)
  enter(former, code, 'Bob')
  const left = [enter(former, code), enter(former, code)]
  for (const { session } of left) session.leave()
  const world = takeOver(former, code)
  for (const { joined } of left) expect(world.visit().session.resume(joined.token)).toMatchObject(REFUSED)
})

test('the restored hold their places until their time is over, and whoever is inside is told', () => {
  const former = createHome({ awayMs: 1000 })
  const code = openRoom(former, { capacity: 2 })
  const [ann, bob] = [enter(former, code), enter(former, code, 'Bob')]
  bob.session.lost()
  former.clock.advance(900)
  const world = takeOver(former, code)
  expect(world.visit().session.join(code, 'Cy')).toMatchObject({ ok: false, code: 'room-full' })
  const back = world.visit()
  valueOf(back.session.resume(ann.joined.token))
  world.clock.advance(999)
  expect(back.facts).toEqual([])
  world.clock.advance(1)
  expect(back.facts).toEqual([['peer:left', { id: bob.joined.peerId, reason: 'timed-out' }]])
  expect(world.visit().session.join(code, 'Cy').ok).toBe(true)
})

test('signals that waited are told to whoever comes back elsewhere, oldest first, and those that came there after them', () => {
  const former = createHome()
  const code = openRoom(former)
  const [ann, bob] = [enter(former, code), enter(former, code, 'Bob')]
  const { peerId: id } = ann.joined
  ann.session.lost()
  valueOf(bob.session.sendSignal(id, anOffer('a')))
  valueOf(bob.session.sendSignal(id, anOffer('b')))
  const world = takeOver(former, code)
  const bobAgain = world.visit()
  const { peerId: from } = valueOf(bobAgain.session.resume(bob.joined.token))
  valueOf(bobAgain.session.sendSignal(id, anOffer('c')))
  const back = world.visit()
  valueOf(back.session.resume(ann.joined.token))
  expect(back.facts).toEqual(['a', 'b', 'c'].map((epoch) => ['signal:received', { from, signal: anOffer(epoch) }]))
})

test('after too many signals none is told elsewhere either, not even those that came there', () => {
  const former = createHome({ outboxSignals: 1 })
  const code = openRoom(former)
  const [ann, bob] = [enter(former, code), enter(former, code, 'Bob')]
  ann.session.lost()
  for (const epoch of ['a', 'b']) valueOf(bob.session.sendSignal(ann.joined.peerId, anOffer(epoch)))
  const world = takeOver(former, code)
  const bobAgain = world.visit()
  valueOf(bobAgain.session.resume(bob.joined.token))
  valueOf(bobAgain.session.sendSignal(ann.joined.peerId, anOffer('c')))
  const back = world.visit()
  valueOf(back.session.resume(ann.joined.token))
  expect(back.facts).toEqual([])
})

test('the chat goes on elsewhere with higher ids, and a message that is sent again is stored once', () => {
  const former = createHome()
  const code = openRoom(former)
  const ann = enter(former, code)
  const sent = ['one', 'two'].map((text) => valueOf(ann.session.sendChat({ nonce: `nonce-${text}`, text })))
  const world = takeOver(former, code)
  const bob = enter(world, code, 'Bob')
  const back = world.visit()
  expect(valueOf(back.session.resume(ann.joined.token)).chat).toEqual(sent)
  bob.facts.length = 0
  expect(valueOf(back.session.sendChat({ nonce: 'nonce-two', text: 'two' }))).toEqual(sent[1])
  expect(bob.facts).toEqual([])
  const third = valueOf(back.session.sendChat({ nonce: 'nonce-three', text: 'three' }))
  expect(third.id).toBeGreaterThan(sent[1]!.id)
  expect(bob.facts).toEqual([['chat:posted', third]])
})

test('peers of other systems are not restored', () => {
  const former = createHome()
  const code = openRoom(former)
  enter(former, code)
  valueOf(new Session(former.rooms, () => undefined, { origin: '', manner: 'insider-offers' }).join(code, 'Bob'))
  valueOf(new Session(former.rooms, () => undefined, { origin: '', manner: 'answers' }).join(code, 'Cy'))
  const { view } = takeOver(former, code).rooms.coded(code)!
  expect(view.peers.map(({ name }) => name)).toEqual(['Ann'])
})

test.each([
  ['the usual time', undefined, 60_000],
  ['a time of its own', 5000, 5000],
])('a restored room without people expires after %s', (_, emptyMs, expected) => {
  const former = createHome({ emptyRoomMs: 60_000 })
  const { code } = valueOf(former.rooms.create({ name: 'visit', emptyMs }))
  const { rooms, clock } = takeOver(former, code)
  clock.advance(expected - 1)
  expect(rooms.size).toBe(1)
  clock.advance(1)
  expect([rooms.size, rooms.named('visit'), clock.pending]).toEqual([0, undefined, 0])
})

test('a restored room does not expire while somebody is waited for, but after that', () => {
  const former = createHome({ awayMs: 5000, emptyRoomMs: 1000 })
  const code = openRoom(former)
  enter(former, code)
  const { rooms, clock } = takeOver(former, code)
  clock.advance(5999)
  expect(rooms.size).toBe(1)
  clock.advance(1)
  expect(rooms.size).toBe(0)
})

test('a room is restored over one of its code or name by answering that one as it is', () => {
  const { rooms } = createHome()
  const room = valueOf(rooms.create({ name: 'visit' }))
  const peers = [{ id: newPeerId(), name: 'Ann', generation: 1, origin: '', outbox: [] }]
  expect(rooms.restore({ ...room.record, name: 'other', peers }, [])).toBe(room)
  expect(rooms.restore({ ...room.record, code: 'k7mq2xvd9thr', peers }, [])).toBe(room)
  expect([room.size, rooms.size, rooms.named('other'), rooms.coded('k7mq2xvd9thr')]).toEqual([
    0,
    1,
    undefined,
    undefined,
  ])
})

test('a full server restores a room all the same', () => {
  const former = createHome()
  const { record, chat } = valueOf(former.rooms.create({}))
  const world = createHome({ rooms: 1 })
  openRoom(world)
  expect(world.rooms.restore(record, chat).code).toBe(record.code)
  expect(world.rooms.size).toBe(2)
})
