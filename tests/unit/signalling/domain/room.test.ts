import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { createWorld, enter, namesOf, openRoom, valueOf } from '../../../helpers/signalling-domain.ts'

test('[J2] a room that nobody entered expires, and those who look are told', () => {
  const world = createWorld({ emptyRoomMs: 1000 })
  const code = openRoom(world)
  const watcher = world.visit()
  valueOf(watcher.session.look(code))
  world.clock.advance(999)
  expect(world.rooms.size).toBe(1)
  world.clock.advance(1)
  expect(world.rooms.size).toBe(0)
  expect(watcher.facts).toEqual([['room:closed', { code, reason: 'expired' }]])
  expect(world.clock.pending).toBe(0)
})

test('[J2] the wait of an empty room starts anew when the last one leaves, and ends when somebody comes', () => {
  const world = createWorld({ emptyRoomMs: 1000 })
  const code = openRoom(world)
  world.clock.advance(900)
  const ann = enter(world, code)
  world.clock.advance(5000)
  ann.session.leave()
  world.clock.advance(900)
  enter(world, code)
  world.clock.advance(5000)
  expect(world.rooms.find(code)).toBeDefined()
})

test('[L5] a peer that is away holds its place', () => {
  const world = createWorld()
  const code = openRoom(world, { capacity: 2 })
  const ann = enter(world, code)
  enter(world, code, 'Bob')
  ann.session.lost()
  expect(world.visit().session.join(code, 'Cy')).toMatchObject({ ok: false, code: 'room-full' })
})

test('[L6] a peer that stays away is given up, and the others are told why', () => {
  const world = createWorld({ awayMs: 1000 })
  const code = openRoom(world)
  const ann = enter(world, code)
  const bob = enter(world, code, 'Bob')
  ann.session.lost()
  world.clock.advance(1000)
  const { peerId } = ann.joined
  expect(bob.facts).toEqual([
    ['peer:away', { id: peerId }],
    ['peer:left', { id: peerId, reason: 'timed-out' }],
  ])
})

test('[R3] one signal too many for a peer that is away drops all of them', () => {
  const world = createWorld({ outboxSignals: 2 })
  const code = openRoom(world)
  const ann = enter(world, code)
  const bob = enter(world, code, 'Bob')
  ann.session.lost()
  for (const epoch of ['a', 'b', 'c', 'd']) valueOf(bob.session.sendSignal(ann.joined.peerId, anOffer(epoch)))
  const back = world.visit()
  valueOf(back.session.resume(ann.joined.token))
  expect(back.facts).toEqual([])
})

test('[R7] a peer that was given up comes back under its old id when there is space', () => {
  const world = createWorld({ awayMs: 1000 })
  const code = openRoom(world, { capacity: 2 })
  const ann = enter(world, code)
  const bob = enter(world, code, 'Bob')
  ann.session.lost()
  world.clock.advance(1000)
  bob.facts.length = 0
  expect(valueOf(world.visit().session.resume(ann.joined.token)).peerId).toBe(ann.joined.peerId)
  expect(namesOf(bob.facts)).toEqual(['peer:joined'])
})

test('[R7] a peer that was given up is refused while the room is full, and its token stays good', () => {
  const world = createWorld({ awayMs: 1000 })
  const code = openRoom(world, { capacity: 2 })
  const ann = enter(world, code)
  enter(world, code, 'Bob')
  ann.session.lost()
  world.clock.advance(1000)
  const cy = enter(world, code, 'Cy')
  const back = world.visit()
  expect(back.session.resume(ann.joined.token)).toMatchObject({ ok: false, code: 'room-full' })
  cy.session.leave()
  expect(back.session.resume(ann.joined.token).ok).toBe(true)
})

test('[R4] a used token stays refused after its peer was given up', () => {
  const world = createWorld({ awayMs: 1000 })
  const code = openRoom(world)
  enter(world, code, 'Bob')
  const ann = enter(world, code)
  ann.session.lost()
  const second = world.visit()
  valueOf(second.session.resume(ann.joined.token))
  second.session.lost()
  world.clock.advance(1000)
  expect(world.visit().session.resume(ann.joined.token)).toMatchObject({ ok: false, code: 'resume-refused' })
})

test('[R10] a token of a room that has expired is refused', () => {
  const world = createWorld({ awayMs: 1000, emptyRoomMs: 1000 })
  const ann = enter(world, openRoom(world))
  ann.session.lost()
  world.clock.advance(2000)
  expect(world.rooms.size).toBe(0)
  expect(world.visit().session.resume(ann.joined.token)).toMatchObject({ ok: false, code: 'resume-refused' })
})

test('[R9] a token that has run out is refused', () => {
  const world = createWorld({ tokenLifetimeMs: 1000 })
  const code = openRoom(world)
  const ann = enter(world, code)
  enter(world, code, 'Bob')
  world.clock.advance(1000)
  expect(world.visit().session.resume(ann.joined.token)).toMatchObject({ ok: false, code: 'resume-refused' })
})

test('[R8] after a restart a token brings back the room and the peer, once', () => {
  const key = randomBytes(32)
  const former = createWorld({}, key)
  const code = openRoom(former, { title: 'Plans', capacity: 3 })
  const ann = enter(former, code)
  const world = createWorld({}, key, former.clock)
  const back = valueOf(world.visit().session.resume(ann.joined.token))
  expect(back.peerId).toBe(ann.joined.peerId)
  expect(back.room).toMatchObject({ code, title: 'Plans', capacity: 3, peers: [{ name: 'Ann', presence: 'present' }] })
  expect(world.visit().session.resume(ann.joined.token)).toMatchObject({ ok: false, code: 'resume-refused' })
})

test('[R8] a full server revives no room', () => {
  const key = randomBytes(32)
  const former = createWorld({}, key)
  const ann = enter(former, openRoom(former))
  const world = createWorld({ rooms: 1 }, key, former.clock)
  openRoom(world)
  expect(world.visit().session.resume(ann.joined.token)).toMatchObject({ ok: false, code: 'server-full' })
})

test('closing the rooms leaves nothing to wait for', () => {
  const world = createWorld()
  const code = openRoom(world)
  openRoom(world)
  const ann = enter(world, code)
  enter(world, code, 'Bob')
  ann.session.lost()
  expect(world.clock.pending).toBeGreaterThan(0)
  world.rooms.close()
  expect(world.clock.pending).toBe(0)
})
