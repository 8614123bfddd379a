import { expect, test } from 'vitest'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { createWorld, enter, hostRoom, namesOf, valueOf } from '../../../helpers/signalling-domain.ts'

const refused = (code: string) => ({ ok: false, code })
const OTHER = '203.0.113.9'

test('[G1] whoever joins with the key is a host, past lock, password and knock, but not into a full room', () => {
  const world = createWorld()
  const { session, code, hostKey, joined } = hostRoom(world, { password: 'sesame', knock: true, capacity: 2 })
  expect(joined.room.hosts).toEqual([joined.peerId])
  valueOf(session.changeRoom({ locked: true }))
  const again = world.visit()
  const second = valueOf(again.session.join(code, 'Hal', { hostKey }))
  expect(second.room.hosts).toEqual([joined.peerId, second.peerId])
  expect(world.visit().session.join(code, 'Hal', { hostKey })).toMatchObject(refused('room-full'))
})

test('[G1] the key of another room counts as none', () => {
  const world = createWorld()
  const other = hostRoom(world)
  const { code } = hostRoom(world)
  const guest = valueOf(world.visit().session.join(code, 'Eve', { hostKey: other.hostKey }))
  expect(guest.room.hosts).not.toContain(guest.peerId)
  const { code: locked, session } = hostRoom(world)
  valueOf(session.changeRoom({ locked: true }))
  const pass = { hostKey: other.hostKey }
  expect(world.visit().session.join(locked, 'Eve', pass)).toMatchObject(refused('room-locked'))
})

test('[G2] one is told first that it is locked, then of the password, then of knocking, and last that it is full', () => {
  const world = createWorld()
  const { code, session } = hostRoom(world, { password: 'sesame', knock: true, capacity: 2 })
  const ann = world.visit()
  const join = (password?: string) => ann.session.join(code, 'Ann', { password })
  valueOf(session.changeRoom({ locked: true }))
  expect([join(), join('sesame')]).toMatchObject([refused('room-locked'), refused('room-locked')])
  valueOf(session.changeRoom({ locked: false }))
  expect([join(), join('wrong'), join('sesame')]).toMatchObject(
    ['password-needed', 'wrong-password', 'knock-needed'].map(refused),
  )
  valueOf(session.changeRoom({ knock: false }))
  valueOf(world.visit().session.join(code, 'Bob', { password: 'sesame' }))
  expect([join('wrong'), join('sesame')]).toMatchObject(['wrong-password', 'room-full'].map(refused))
})

test('[G4] after five wrong passwords the right one is refused as well, and five seconds later it opens', () => {
  const world = createWorld()
  const { code } = hostRoom(world, { password: 'sesame' })
  const eve = world.visit()
  const join = (password: string) => eve.session.join(code, 'Eve', { password })
  for (let times = 0; times < 5; times += 1) expect(join(`try ${times}`)).toMatchObject(refused('wrong-password'))
  expect(join('sesame')).toMatchObject(refused('too-many-requests'))
  // Knocking is no way around it, nor is another socket.
  expect(eve.session.knock(code, 'Eve', 'sesame')).toMatchObject(refused('too-many-requests'))
  expect(world.visit().session.join(code, 'Eve', { password: 'sesame' })).toMatchObject(refused('too-many-requests'))
  world.clock.advance(5000)
  valueOf(join('sesame'))
})

test('[G4] many addresses together have twenty tries at a room, and one a second', () => {
  const world = createWorld()
  const { code } = hostRoom(world, { password: 'sesame' })
  const tryFrom = (at: number) => world.visit(`203.0.113.${at}`).session.join(code, 'Eve', { password: 'wrong' })
  const codes = Array.from({ length: 25 }, (_, at) => tryFrom(at)).map((result) => !result.ok && result.code)
  expect(codes.filter((each) => each === 'wrong-password')).toHaveLength(20)
  expect(codes.at(-1)).toBe('too-many-requests')
  world.clock.advance(1000)
  expect([tryFrom(100), tryFrom(101)]).toMatchObject([refused('wrong-password'), refused('too-many-requests')])
})

test('[G5] setting passwords is bounded, too, and a refused change has changed nothing', () => {
  const world = createWorld({ hashRate: { burst: 1, perSecond: 0.001 } })
  const { session, facts } = hostRoom(world, { password: 'first' })
  facts.length = 0
  const change = session.changeRoom({ password: 'second', title: 'Other', locked: true })
  expect(change).toMatchObject(refused('too-many-requests'))
  expect([facts, session.room?.title, session.room?.view.door.locked]).toEqual([[], '', false])
  expect(session.createRoom({ password: 'third' })).toMatchObject(refused('too-many-requests'))
  expect(world.rooms.size).toBe(1)
  valueOf(session.changeRoom({ password: null }))
})

test('[G6] whoever looks at a guarded room is not told who is inside, when they come or when they go', () => {
  const world = createWorld()
  const { code, session } = hostRoom(world, { title: 'Plans', password: 'sesame' })
  const eve = world.visit()
  const view = valueOf(eve.session.look(code))
  const door = { hasPassword: true, knock: false, locked: false }
  expect(view).toEqual({ code, title: 'Plans', capacity: 16, peers: [], hosts: [], door })
  const ann = world.visit()
  valueOf(ann.session.join(code, 'Ann', { password: 'sesame' }))
  ann.session.lost()
  expect(eve.facts).toEqual([])
  valueOf(session.changeRoom({ title: 'Other' }))
  expect(eve.facts).toEqual([['room:changed', { ...view, title: 'Other' }]])
  valueOf(session.changeRoom({ password: null }))
  expect(eve.facts.at(-1)).toMatchObject(['room:changed', { peers: [{ name: 'Hal' }, { name: 'Ann' }] }])
})

test.each([{ locked: true }, { knock: true }, { password: 'sesame' }])(
  '[G6] when a room becomes guarded (%j) whoever looks sees nobody any more, and reaches nobody',
  (change) => {
    const world = createWorld()
    const { code, session, joined } = hostRoom(world)
    const eve = world.visit()
    const { peerId } = eve.session
    valueOf(eve.session.look(code))
    valueOf(eve.session.sendSignal(joined.peerId, anOffer()))
    valueOf(session.sendSignal(peerId, anOffer()))
    eve.facts.length = 0
    valueOf(session.changeRoom(change))
    expect(eve.facts).toMatchObject([['room:changed', { peers: [], hosts: [] }]])
    expect(eve.session.sendSignal(joined.peerId, anOffer())).toMatchObject(refused('peer-not-found'))
    expect(session.sendSignal(peerId, anOffer())).toMatchObject(refused('peer-not-found'))
  },
)

test('[G7] no change of the door sends anybody out, and whoever was inside comes back past all of it', () => {
  const world = createWorld()
  const { code, session } = hostRoom(world)
  const ann = enter(world, code)
  valueOf(session.changeRoom({ locked: true, knock: true, password: 'sesame', capacity: 2 }))
  expect(namesOf(ann.facts)).toEqual(['room:updated'])
  ann.session.lost()
  const again = world.visit(OTHER)
  const back = valueOf(again.session.resume(ann.joined.token))
  again.session.lost()
  world.clock.advance(world.limits.awayMs)
  valueOf(world.visit(OTHER).session.resume(back.token))
})

test('[G7] a room that is made smaller than it is full keeps everybody', () => {
  const world = createWorld()
  const { code, session } = hostRoom(world)
  for (const name of ['Ann', 'Bob']) enter(world, code, name)
  valueOf(session.changeRoom({ capacity: 2 }))
  expect(session.room?.size).toBe(3)
  expect(world.visit().session.join(code, 'Cy')).toMatchObject(refused('room-full'))
})

test('[G8] whoever asks for too many rooms that there are not is refused those that there are', () => {
  const world = createWorld({ missRate: { burst: 3, perSecond: 1 } })
  const { code } = hostRoom(world)
  const guess = (at: number) => world.visit().session.look(`00000000000${at}`)
  expect([0, 1, 2, 3].map(guess)).toMatchObject([
    ...[0, 1, 2].map(() => refused('room-not-found')),
    refused('too-many-requests'),
  ])
  const { session } = world.visit()
  for (const ask of [() => session.look(code), () => session.join(code, 'Eve'), () => session.knock(code, 'Eve')])
    expect(ask()).toMatchObject(refused('too-many-requests'))
  expect(world.visit(OTHER).session.look(code).ok).toBe(true)
  world.clock.advance(1000)
  expect(session.look(code).ok).toBe(true)
})

test('[G10] in a room that another system made nobody is a host, and whoever knocks may come in', () => {
  const world = createWorld()
  valueOf(world.rooms.create({ name: 'visit' }))
  const ann = world.visit()
  valueOf(ann.session.knock('visit', 'Ann'))
  expect(ann.facts).toEqual([['knock:answered', { admitted: true }]])
  const { room, knocks, peerId } = valueOf(ann.session.join('visit', 'Ann', { hostKey: 'k'.repeat(22) }))
  expect([room.hosts, knocks, room.door]).toEqual([[], [], { hasPassword: false, knock: false, locked: false }])
  const { session } = ann
  const asked = [session.changeRoom({ locked: true }), session.endRoom(), session.answerKnock(peerId, true)]
  const done = [session.mute(peerId), session.remove(peerId), session.promote(peerId)]
  for (const result of [...asked, ...done]) expect(result).toMatchObject(refused('not-host'))
})
