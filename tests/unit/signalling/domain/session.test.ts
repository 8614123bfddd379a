import { expect, test } from 'vitest'
import { newPeerId } from '#signalling/domain/peers.ts'
import { Session } from '#signalling/domain/session.ts'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { createWorld, enter, namesOf, openRoom, valueOf } from '../../../helpers/signalling-domain.ts'

test('[J4] the first join has the id the session was opened with', () => {
  const world = createWorld()
  const visitor = world.visit()
  const { peerId } = visitor.session
  expect(valueOf(visitor.session.join(openRoom(world), 'Ann')).peerId).toBe(peerId)
})

test('[L4] whoever joins again after leaving is somebody new', () => {
  const world = createWorld()
  const code = openRoom(world)
  const ann = enter(world, code)
  ann.session.leave()
  const announced = ann.session.peerId
  const again = valueOf(ann.session.join(code, 'Ann'))
  expect(again.peerId).toBe(announced)
  expect(again.peerId).not.toBe(ann.joined.peerId)
})

test('[J3] whoever looks is told each change, and stops being told by coming in', () => {
  const world = createWorld()
  const code = openRoom(world)
  const watcher = world.visit()
  expect(valueOf(watcher.session.look(code)).peers).toEqual([])
  const ann = enter(world, code)
  ann.session.lost()
  expect(watcher.facts).toMatchObject([
    ['room:changed', { peers: [{ name: 'Ann', presence: 'present' }] }],
    ['room:changed', { peers: [{ name: 'Ann', presence: 'away' }] }],
  ])
  watcher.facts.length = 0
  valueOf(watcher.session.join(code, 'Bob'))
  expect(watcher.facts).toEqual([])
})

test('[J3] looking elsewhere ends the first look, and looking twice tells each change once', () => {
  const world = createWorld()
  const [first, second] = [openRoom(world), openRoom(world)]
  const watcher = world.visit()
  watcher.session.look(first)
  watcher.session.look(second)
  watcher.session.look(second)
  enter(world, first)
  expect(watcher.facts).toEqual([])
  enter(world, second)
  expect(namesOf(watcher.facts)).toEqual(['room:changed'])
})

test('[J10] a refused look or join keeps the former look', () => {
  const world = createWorld()
  const code = openRoom(world, { capacity: 2 })
  const watcher = world.visit()
  watcher.session.look(code)
  expect(watcher.session.look('000000000000').ok).toBe(false)
  enter(world, code)
  enter(world, code, 'Bob')
  expect(watcher.session.join(code, 'Cy')).toMatchObject({ ok: false, code: 'room-full' })
  expect(namesOf(watcher.facts)).toEqual(['room:changed', 'room:changed'])
})

test('[B8] all who look at one room share one rate of signals, and those inside do not pay for it', () => {
  const world = createWorld({ watcherSignalRate: { burst: 2, perSecond: 1 } })
  const code = openRoom(world)
  const [ann, ben] = [enter(world, code), enter(world, code, 'Ben')]
  const lookers = [world.visit(), world.visit(), world.visit()]
  for (const { session } of lookers) valueOf(session.look(code))
  const send = ({ session }: { session: (typeof ann)['session'] }) => session.sendSignal(ann.joined.peerId, anOffer())
  const flood = Array.from({ length: 30 }, (_, at) => send(lookers[at % 3]!))
  expect(flood.slice(0, 3)).toMatchObject([{ ok: true }, { ok: true }, { ok: false, code: 'too-many-requests' }])
  expect(send(ben).ok).toBe(true)
  // However long the flood was, its end is forgotten after three bursts.
  world.clock.advance(6000)
  expect(send(lookers[0]!).ok).toBe(true)
})

test('[J11] too many who look at one room are refused', () => {
  const world = createWorld({ watchersPerRoom: 1 })
  const code = openRoom(world)
  const watcher = world.visit()
  expect(watcher.session.look(code).ok).toBe(true)
  expect(world.visit().session.look(code)).toMatchObject({ ok: false, code: 'server-full' })
  watcher.session.lost()
  expect(world.visit().session.look(code).ok).toBe(true)
})

test('[R5] the connection that lost its peer is outside and can join as somebody new', () => {
  const world = createWorld()
  const code = openRoom(world)
  const ann = enter(world, code)
  const bob = enter(world, code, 'Bob')
  valueOf(world.visit().session.resume(ann.joined.token))
  expect(ann.facts.at(-1)).toEqual(['session:replaced'])
  expect(ann.session.sendSignal(bob.joined.peerId, anOffer())).toMatchObject({ ok: false, code: 'not-in-room' })
  ann.session.lost()
  expect(bob.facts).toEqual([])
  expect(valueOf(ann.session.join(code, 'Ann')).peerId).not.toBe(ann.joined.peerId)
})

test('[R6] whoever left on purpose can not be resumed', () => {
  const world = createWorld()
  const code = openRoom(world)
  enter(world, code, 'Bob')
  const ann = enter(world, code)
  ann.session.leave()
  expect(world.visit().session.resume(ann.joined.token)).toMatchObject({ ok: false, code: 'resume-refused' })
})

test('[R11] a session that is in a room resumes nobody, not even itself', () => {
  const world = createWorld()
  const ann = enter(world, openRoom(world))
  expect(ann.session.resume(ann.joined.token)).toMatchObject({ ok: false, code: 'already-in-room' })
})

test('[J4] a session that another process announced keeps that id until it has been inside once', () => {
  const world = createWorld()
  const code = openRoom(world)
  const announced = newPeerId()
  const session = new Session(world.rooms, () => undefined, { origin: '192.0.2.1', peerId: announced })
  expect(session.peerId).toBe(announced)
  valueOf(session.look(code))
  expect(valueOf(session.join(code, 'Ann')).peerId).toBe(announced)
  session.leave()
  expect(session.peerId).not.toBe(announced)
})
