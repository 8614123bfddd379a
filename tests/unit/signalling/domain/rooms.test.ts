import { expect, test } from 'vitest'
import * as v from 'valibot'
import { limits, RoomCode } from '#signalling/protocol.ts'
import { createWorld, openRoom } from '../../../helpers/signalling-domain.ts'

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
