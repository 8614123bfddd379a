import { expect, test } from 'vitest'
import { Session } from '#signalling/domain/session.ts'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { createWorld, enter, hostRoom, namesOf, valueOf, type World } from '../../../helpers/signalling-domain.ts'

const refused = (code: string) => ({ ok: false, code })
const hostsOf = (world: World, code: string) => world.rooms.find(code)!.view.hosts
const OTHER = '203.0.113.9'

/** Of another system, which has no words for hosts. */
const enterForeign = (world: World, code: string) => {
  const facts: string[] = []
  const speaker = { origin: OTHER, manner: 'insider-offers' } as const
  const session = new Session(world.rooms, ([name]) => facts.push(name), speaker)
  return { session, facts, joined: valueOf(session.join(code, 'Foreigner')) }
}

test('[O1] guests, those who look and those outside can do nothing that hosts do, and it changes nothing', () => {
  const world = createWorld()
  const { code, joined, facts } = hostRoom(world)
  const [guest, looking, outside] = [enter(world, code), world.visit(), world.visit()]
  valueOf(looking.session.look(code))
  const { record } = world.rooms.find(code)!
  facts.length = 0
  for (const { session } of [guest, looking, outside]) {
    const { peerId: id } = joined
    const asked = [session.changeRoom({ locked: true }), session.endRoom(), session.answerKnock(id, true)]
    const done = [session.mute(id), session.remove(id), session.promote(session.peerId)]
    for (const result of [...asked, ...done]) expect(result).toMatchObject(refused('not-host'))
  }
  expect([world.rooms.find(code)!.record, facts]).toEqual([record, []])
})

test('[O1] a host of one room is nobody in another', () => {
  const world = createWorld()
  const { session } = hostRoom(world)
  const { joined, code } = hostRoom(world)
  expect(session.remove(joined.peerId)).toMatchObject(refused('peer-not-found'))
  expect(session.promote(joined.peerId)).toMatchObject(refused('peer-not-found'))
  expect(hostsOf(world, code)).toEqual([joined.peerId])
})

test.each<[string, (host: ReturnType<typeof hostRoom>, world: World) => void]>([
  ['left', ({ session }) => void session.leave()],
  [
    'timed out',
    ({ session }, world) => {
      session.lost()
      world.clock.advance(world.limits.awayMs)
    },
  ],
])('[O2] when the last host has %s, the one of ours who has been inside longest becomes one', (_, go) => {
  const world = createWorld()
  const host = hostRoom(world)
  enterForeign(world, host.code)
  const [ann, ben] = [enter(world, host.code), enter(world, host.code, 'Ben')]
  for (const { facts } of [ann, ben]) facts.length = 0
  go(host, world)
  expect(hostsOf(world, host.code)).toEqual([ann.joined.peerId])
  const told = ['peer:left', 'room:updated']
  expect(namesOf(ben.facts).filter((name) => name !== 'peer:away')).toEqual(told)
  expect(namesOf(ann.facts).filter((name) => name !== 'peer:away')).toEqual([...told, 'knocks:changed'])
  valueOf(ann.session.changeRoom({ title: 'Plans' }))
})

test('[O2] as long as one host is inside nobody else becomes one', () => {
  const world = createWorld()
  const host = hostRoom(world)
  const [, ben] = [enter(world, host.code), enter(world, host.code, 'Ben')]
  valueOf(host.session.promote(ben.joined.peerId))
  host.session.leave()
  expect(hostsOf(world, host.code)).toEqual([ben.joined.peerId])
})

test('[O2] nobody becomes a host before one was inside', () => {
  const world = createWorld()
  const maker = world.visit()
  const { code, hostKey } = valueOf(maker.session.createRoom({}))
  const [ann] = [enter(world, code), enter(world, code, 'Ben')]
  ann.session.leave()
  expect(hostsOf(world, code)).toEqual([])
  const { peerId } = valueOf(maker.session.join(code, 'Hal', { hostKey }))
  expect(hostsOf(world, code)).toEqual([peerId])
})

test('[O2] those who are present come before those who are away, and the next one of ours who comes into an empty room', () => {
  const world = createWorld()
  const host = hostRoom(world)
  const [ann, ben] = [enter(world, host.code), enter(world, host.code, 'Ben')]
  ann.session.lost()
  host.session.leave()
  expect(hostsOf(world, host.code)).toEqual([ben.joined.peerId])
  ben.session.leave()
  expect(hostsOf(world, host.code)).toEqual([ann.joined.peerId])
  world.clock.advance(world.limits.awayMs)
  expect(hostsOf(world, host.code)).toEqual([])
  const foreign = enterForeign(world, host.code)
  expect(hostsOf(world, host.code)).toEqual([])
  const cy = enter(world, host.code, 'Cy')
  expect(cy.joined.room.hosts).toEqual([cy.joined.peerId])
  expect(foreign.facts).toContain('room:updated')
})

test('[O3] a host that is away stays one, and is one again when its place had run out', () => {
  const world = createWorld()
  const host = hostRoom(world)
  const ann = enter(world, host.code)
  host.session.lost()
  expect(hostsOf(world, host.code)).toEqual([host.joined.peerId])
  const again = world.visit()
  const { token } = valueOf(again.session.resume(host.joined.token))
  expect(hostsOf(world, host.code)).toEqual([host.joined.peerId])
  again.session.lost()
  world.clock.advance(world.limits.awayMs)
  expect(hostsOf(world, host.code)).toEqual([ann.joined.peerId])
  ann.facts.length = 0
  const back = valueOf(world.visit().session.resume(token))
  expect(back.room.hosts).toEqual([ann.joined.peerId, host.joined.peerId])
  expect(namesOf(ann.facts)).toEqual(['peer:joined', 'room:updated'])
})

test('[O3] whoever became a host after the token was sealed is one again as well', () => {
  const world = createWorld()
  const host = hostRoom(world)
  const ann = enter(world, host.code)
  valueOf(host.session.promote(ann.joined.peerId))
  ann.session.lost()
  world.clock.advance(world.limits.awayMs)
  expect(valueOf(world.visit().session.resume(ann.joined.token)).room.hosts).toContain(ann.joined.peerId)
})

test('[O4] a change is told to everybody inside and to those who look, and what was not named stays', () => {
  const world = createWorld()
  const { session, code, joined, facts } = hostRoom(world, { title: 'Plans', capacity: 4 })
  const [ann, looking] = [enter(world, code), world.visit()]
  valueOf(looking.session.look(code))
  for (const each of [ann.facts, facts]) each.length = 0
  const details = valueOf(session.changeRoom({ title: 'Budget', capacity: 8 }))
  const door = { hasPassword: false, knock: false, locked: false }
  expect(details).toEqual({ title: 'Budget', capacity: 8, door, hosts: [joined.peerId] })
  expect([ann.facts, facts]).toEqual([[['room:updated', details]], [['room:updated', details]]])
  expect(looking.facts).toMatchObject([['room:changed', { title: 'Budget', capacity: 8, peers: [{}, {}] }]])
  expect(valueOf(session.changeRoom({ locked: true }))).toEqual({ ...details, door: { ...door, locked: true } })
  expect(valueOf(session.changeRoom({}))).toMatchObject({ title: 'Budget', door: { locked: true } })
})

test('[O5] whoever is removed is told, is outside, and no token brings them back', () => {
  const world = createWorld()
  const { session, code, facts } = hostRoom(world)
  const ann = enter(world, code)
  facts.length = 0
  valueOf(session.remove(ann.joined.peerId))
  expect(ann.facts).toEqual([['session:removed']])
  expect(facts).toEqual([['peer:left', { id: ann.joined.peerId, reason: 'removed' }]])
  expect(ann.session.room).toBeNull()
  expect(ann.session.sendChat({ nonce: 'nonce-01', text: 'hi' })).toMatchObject(refused('not-in-room'))
  for (const visitor of [ann, world.visit(OTHER)])
    expect(visitor.session.resume(ann.joined.token)).toMatchObject(refused('resume-refused'))
})

test('[O5] whoever comes from there again has to knock, under any name and on any socket, and sees nobody', () => {
  const world = createWorld()
  const { session, code, joined, facts } = hostRoom(world)
  const eve = enter(world, code, 'Eve', '2001:db8:0:1::/64')
  const looking = world.visit('2001:db8:0:1::/64')
  valueOf(looking.session.look(code))
  valueOf(session.remove(eve.joined.peerId))
  expect(looking.facts.at(-1)).toMatchObject(['room:changed', { peers: [], hosts: [] }])
  for (const visitor of [eve, looking, world.visit('2001:db8:0:1::/64')]) {
    expect(visitor.session.join(code, 'Mallory')).toMatchObject(refused('knock-needed'))
    expect(valueOf(visitor.session.look(code)).peers).toEqual([])
    expect(visitor.session.sendSignal(joined.peerId, anOffer())).toMatchObject(refused('peer-not-found'))
  }
  valueOf(looking.session.knock(code, 'Mallory'))
  expect(facts.at(-1)).toMatchObject(['knocks:changed', { knocks: [{ name: 'Mallory', wasRemoved: true }] }])
  expect(valueOf(world.visit(OTHER).session.look(code)).peers).toHaveLength(1)
  enter(world, code, 'Ann', OTHER)
})

test('[O5] on the wire of another system the removed do not come in at all', () => {
  const world = createWorld()
  const { session, code } = hostRoom(world)
  const foreign = enterForeign(world, code)
  valueOf(session.remove(foreign.joined.peerId))
  expect(foreign.facts.at(-1)).toBe('session:removed')
  expect(foreign.session.join(code, 'Again')).toMatchObject(refused('room-full'))
})

test('[O5] somebody who is away can be removed, another host as well, oneself not', () => {
  const world = createWorld()
  const { session, code, joined, hostKey } = hostRoom(world)
  const ann = enter(world, code)
  ann.session.lost()
  valueOf(session.remove(ann.joined.peerId))
  expect(world.visit().session.resume(ann.joined.token)).toMatchObject(refused('resume-refused'))
  const other = world.visit(OTHER)
  const { peerId } = valueOf(other.session.join(code, 'Hal', { hostKey }))
  valueOf(session.remove(peerId))
  expect(session.remove(joined.peerId)).toMatchObject(refused('bad-request'))
  expect(hostsOf(world, code)).toEqual([joined.peerId])
  world.clock.advance(world.limits.awayMs)
  expect(session.room?.size).toBe(1)
})

test('[O6] everybody hears who is to be silent, and whoever is away when they are back', () => {
  const world = createWorld()
  const { session, code, joined, facts } = hostRoom(world)
  const [ann, ben] = [enter(world, code), enter(world, code, 'Ben')]
  const muted = ['peer:muted', { id: ann.joined.peerId, by: joined.peerId }]
  valueOf(session.mute(ann.joined.peerId))
  for (const each of [facts, ann.facts, ben.facts]) expect(each.at(-1)).toEqual(muted)
  ann.session.lost()
  valueOf(session.mute(ann.joined.peerId))
  const back = world.visit()
  valueOf(back.session.resume(ann.joined.token))
  expect(back.facts).toEqual([muted])
  expect(session.mute('x'.repeat(22))).toMatchObject(refused('peer-not-found'))
  expect(session.mute(enterForeign(world, code).joined.peerId)).toMatchObject(refused('bad-request'))
})

test('[O7] a host makes another one of ours a host, once', () => {
  const world = createWorld()
  const { session, code, joined } = hostRoom(world, {})
  const ann = enter(world, code)
  valueOf(session.promote(ann.joined.peerId))
  expect(ann.facts).toMatchObject([
    ['room:updated', { hosts: [joined.peerId, ann.joined.peerId] }],
    ['knocks:changed', { knocks: [] }],
  ])
  ann.facts.length = 0
  valueOf(session.promote(ann.joined.peerId))
  valueOf(ann.session.promote(joined.peerId))
  expect(ann.facts).toEqual([])
  expect(session.promote(enterForeign(world, code).joined.peerId)).toMatchObject(refused('bad-request'))
})

test('[O8] when a room is ended everybody inside or looking is told and outside, and nothing leads back', () => {
  const world = createWorld()
  const { session, code, hostKey, joined, facts } = hostRoom(world, { knock: true })
  const [looking, knocking, away] = [world.visit(), world.visit(), world.visit(OTHER)]
  valueOf(looking.session.look(code))
  valueOf(knocking.session.knock(code, 'Ann'))
  valueOf(away.session.join(code, 'Hal', { hostKey }))
  away.session.lost()
  for (const each of [facts, knocking.facts]) each.length = 0
  valueOf(session.endRoom())
  for (const each of [facts, looking.facts, knocking.facts])
    expect(each).toEqual([['room:closed', { code, reason: 'ended' }]])
  expect([world.rooms.size, world.clock.pending, session.room]).toEqual([0, 0, null])
  for (const visitor of [session, looking.session, world.visit(OTHER).session]) {
    expect(visitor.resume(joined.token)).toMatchObject(refused('resume-refused'))
    expect(visitor.join(code, 'Hal', { hostKey })).toMatchObject(refused('room-not-found'))
    expect(visitor.look(code)).toMatchObject(refused('room-not-found'))
  }
})
