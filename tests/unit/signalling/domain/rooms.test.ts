import { expect, test } from 'vitest'
import * as v from 'valibot'
import { formatRoomCode, limits, RoomCode } from '#signalling/protocol.ts'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { createWorld, enter, openRoom, valueOf } from '../../../helpers/signalling-domain.ts'

test('[J1] codes are well formed and never the same', () => {
  const world = createWorld()
  const codes = Array.from({ length: 500 }, () => openRoom(world))
  expect(new Set(codes).size).toBe(500)
  for (const code of codes) expect(v.parse(RoomCode, code)).toBe(code)
})

test('[J1] every letter of the alphabet comes up', () => {
  const world = createWorld()
  const letters = new Set(Array.from({ length: 300 }, () => openRoom(world)).join(''))
  expect(letters.size).toBe(32)
})

test('[J1] a room without a wish has no title and the largest capacity', () => {
  const { rooms } = createWorld()
  expect(rooms.create({})).toMatchObject({ ok: true, value: { title: '', capacity: limits.roomCapacity } })
})

test('[J11] a server with all its rooms makes no more', () => {
  const world = createWorld({ rooms: 2 })
  openRoom(world)
  openRoom(world)
  expect(world.visit().session.createRoom({})).toMatchObject({ ok: false, code: 'server-full' })
})

test('a room is found by exactly its name or exactly its code', () => {
  const { rooms } = createWorld()
  const room = valueOf(rooms.create({ name: 'visit' }))
  expect([rooms.named('visit'), rooms.coded(room.code)]).toEqual([room, room])
  expect([rooms.named(room.code), rooms.coded('visit')]).toEqual([undefined, undefined])
  expect(rooms.coded(formatRoomCode(room.code))).toBeUndefined()
})

test('a room that is given away is forgotten, nobody is told, and whoever was inside or looking is outside', () => {
  const world = createWorld()
  const { code } = valueOf(world.rooms.create({ name: 'visit' }))
  const [ann, looking, lost] = [enter(world, code), world.visit(), enter(world, code, 'Bob')]
  valueOf(looking.session.look(code))
  lost.session.lost()
  for (const { facts } of [ann, looking]) facts.length = 0
  world.rooms.evict(code)
  expect([world.rooms.size, world.rooms.find(code), world.rooms.named('visit')]).toEqual([0, undefined, undefined])
  expect(world.clock.pending).toBe(0)
  expect([ann.facts, looking.facts]).toEqual([[], []])
  const NOT_INSIDE = { ok: false, code: 'not-in-room' }
  expect(ann.session.room).toBeNull()
  expect(ann.session.sendSignal(lost.joined.peerId, anOffer())).toMatchObject(NOT_INSIDE)
  expect(ann.session.sendChat({ nonce: 'nonce-one', text: 'hi' })).toMatchObject(NOT_INSIDE)
  expect(looking.session.sendSignal(ann.joined.peerId, anOffer())).toMatchObject(NOT_INSIDE)
  expect(ann.session.leave().ok).toBe(true)
})

test('a room that was given away comes back here, by its record or by a token', () => {
  const world = createWorld()
  const { code } = valueOf(world.rooms.create({ name: 'visit' }))
  const [ann, bob] = [enter(world, code), enter(world, code, 'Bob')]
  const { record, chat } = world.rooms.coded(code)!
  world.rooms.evict(code)
  const restored = world.rooms.restore(record, chat)
  expect([world.rooms.named('visit'), world.rooms.coded(code)]).toEqual([restored, restored])
  expect(valueOf(ann.session.resume(ann.joined.token)).peerId).toBe(ann.joined.peerId)
  world.rooms.evict(code)
  expect(valueOf(bob.session.resume(bob.joined.token)).peerId).toBe(bob.joined.peerId)
  expect(world.rooms.named('visit')?.view.peers).toHaveLength(1)
})

test('a room that was given away while it was empty does not expire any more, nor does it take its successor along', () => {
  const world = createWorld({ emptyRoomMs: 1000 })
  const code = openRoom(world)
  const { record, chat } = world.rooms.coded(code)!
  world.clock.advance(900)
  world.rooms.evict(code)
  expect(world.clock.pending).toBe(0)
  world.rooms.restore(record, chat)
  world.clock.advance(999)
  expect(world.rooms.coded(code)).toBeDefined()
})

test('giving away what is not there changes nothing', () => {
  const world = createWorld()
  openRoom(world)
  world.rooms.evict('k7mq2xvd9thr')
  expect([world.rooms.size, world.clock.pending]).toEqual([1, 1])
})
