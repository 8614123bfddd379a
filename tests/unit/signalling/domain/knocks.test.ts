import { expect, test } from 'vitest'
import { limits as wire } from '#signalling/protocol.ts'
import {
  createWorld,
  hostRoom,
  namesOf,
  valueOf,
  type Visitor,
  type World,
} from '../../../helpers/signalling-domain.ts'

const refused = (code: string) => ({ ok: false, code })
const ADMITTED = ['knock:answered', { admitted: true }]
const DECLINED = ['knock:answered', { admitted: false }]

const open = (world: World = createWorld()) => ({ world, ...hostRoom(world, { knock: true }) })
const knockAt = (world: World, code: string, name = 'Ann', origin?: string): Visitor => {
  const visitor = world.visit(origin)
  valueOf(visitor.session.knock(code, name))
  return visitor
}

test('[K1] hosts are told who waits, each time that changes, and the one who knocked looks from then on', () => {
  const { world, code, facts, session } = open()
  const ann = knockAt(world, code)
  const id = ann.session.peerId
  const knock = { id, name: 'Ann', wasRemoved: false }
  expect(facts).toEqual([['knocks:changed', { knocks: [knock] }]])
  const ben = knockAt(world, code, 'Ben')
  ann.session.lost()
  expect(facts.slice(1)).toMatchObject([
    ['knocks:changed', { knocks: [{ name: 'Ann' }, { name: 'Ben' }] }],
    ['knocks:changed', { knocks: [{ name: 'Ben' }] }],
  ])
  valueOf(session.changeRoom({ title: 'Plans' }))
  expect(namesOf(ben.facts)).toEqual(['room:changed'])
})

test('[K1] nobody but hosts hears of it', () => {
  const { world, code, session } = open()
  const ann = knockAt(world, code)
  valueOf(session.answerKnock(ann.session.peerId, true))
  const { token } = valueOf(ann.session.join(code, 'Ann'))
  ann.facts.length = 0
  knockAt(world, code, 'Ben')
  expect(ann.facts).toEqual([])
  expect(valueOf(world.visit().session.resume(token)).knocks).toEqual([])
})

test('[K2] whoever was admitted comes in once, under the id and name that the hosts were shown', () => {
  const { world, code, session } = open()
  const ann = knockAt(world, code)
  const id = ann.session.peerId
  expect(ann.session.join(code, 'Ann')).toMatchObject(refused('knock-needed'))
  valueOf(session.answerKnock(id, true))
  expect(ann.facts).toEqual([ADMITTED])
  expect(ann.session.join(code, 'Mallory')).toMatchObject(refused('knock-needed'))
  expect(world.visit().session.join(code, 'Ann')).toMatchObject(refused('knock-needed'))
  expect(valueOf(ann.session.join(code, 'Ann')).peerId).toBe(id)
  ann.session.leave()
  expect(ann.session.join(code, 'Ann')).toMatchObject(refused('knock-needed'))
})

test('[K2] after two minutes the leave is over', () => {
  const { world, code, session } = open()
  const ann = knockAt(world, code)
  valueOf(session.answerKnock(ann.session.peerId, true))
  world.clock.advance(world.limits.admittedMs - 1)
  const late = knockAt(world, code, 'Ben')
  valueOf(session.answerKnock(late.session.peerId, true))
  world.clock.advance(1)
  expect(ann.session.join(code, 'Ann')).toMatchObject(refused('knock-needed'))
  valueOf(late.session.join(code, 'Ben'))
})

test('[K2] a full room refuses the admitted, who may come as soon as there is space', () => {
  const world = createWorld()
  const { code, session } = hostRoom(world, { knock: true, capacity: 2 })
  const visitors = ['Ann', 'Ben'].map((name) => knockAt(world, code, name))
  for (const visitor of visitors) valueOf(session.answerKnock(visitor.session.peerId, true))
  const [ann, ben] = visitors
  valueOf(ann!.session.join(code, 'Ann'))
  expect(ben!.session.join(code, 'Ben')).toMatchObject(refused('room-full'))
  ann!.session.leave()
  valueOf(ben!.session.join(code, 'Ben'))
})

test('[K3] an address that was declined waits for 30 s, and when it happens again for five minutes', () => {
  const { world, code, session, facts } = open()
  const knock = (origin?: string) => {
    const visitor = world.visit(origin)
    const knocked = visitor.session.knock(code, 'Eve')
    visitor.session.lost()
    return knocked
  }
  for (const pause of [world.limits.declinedMs, world.limits.declinedAgainMs]) {
    const eve = knockAt(world, code, 'Eve')
    valueOf(session.answerKnock(eve.session.peerId, false))
    expect(eve.facts).toEqual([DECLINED])
    expect(facts.at(-1)).toEqual(['knocks:changed', { knocks: [] }])
    expect(eve.session.join(code, 'Eve')).toMatchObject(refused('knock-needed'))
    world.clock.advance(pause - 1)
    expect(knock()).toMatchObject(refused('knock-declined'))
    expect(knock('203.0.113.9').ok).toBe(true)
    world.clock.advance(1)
  }
  expect(knock().ok).toBe(true)
})

test.each<[string, (visitor: Visitor, code: string, other: string) => unknown]>([
  ['the connection is gone', ({ session }) => session.lost()],
  ['it leaves', ({ session }) => session.leave()],
  ['it looks again', ({ session }, code) => session.look(code)],
  ['it looks elsewhere', ({ session }, _, other) => session.look(other)],
  ['it knocks elsewhere', ({ session }, _, other) => session.knock(other, 'Ann')],
  ['it comes in elsewhere', ({ session }, _, other) => session.join(other, 'Ann')],
])('[K4] the wait ends when %s, and so does a leave to come in', (_, act) => {
  const { world, code, session, facts } = open()
  const { code: other } = hostRoom(world)
  const [waiting, admitted] = [knockAt(world, code), knockAt(world, code, 'Ben')]
  valueOf(session.answerKnock(admitted.session.peerId, true))
  const id = waiting.session.peerId
  facts.length = 0
  act(waiting, code, other)
  act(admitted, code, other)
  expect(facts).toEqual([['knocks:changed', { knocks: [] }]])
  expect(session.answerKnock(id, true)).toMatchObject(refused('peer-not-found'))
  admitted.session.leave()
  expect(admitted.session.join(code, 'Ben')).toMatchObject(refused('knock-needed'))
})

test('[K5] three of one address wait, and whoever knocks twice is there once, under the latest name', () => {
  const { world, code, facts } = open()
  const [first] = ['Ann', 'Ben', 'Cy'].map((name) => knockAt(world, code, name))
  expect(world.visit().session.knock(code, 'Dee')).toMatchObject(refused('too-many-requests'))
  valueOf(first!.session.knock(code, 'Anna'))
  expect(facts.at(-1)).toMatchObject([
    'knocks:changed',
    { knocks: [{ name: 'Anna' }, { name: 'Ben' }, { name: 'Cy' }] },
  ])
})

test('[K5] twenty wait in front of one room', () => {
  const { world, code } = open()
  const knock = (at: number) => world.visit(`203.0.113.${at}`).session.knock(code, 'Ann')
  const all = Array.from({ length: wire.knocks + 1 }, (_, at) => knock(at))
  expect(all.filter(({ ok }) => ok)).toHaveLength(wire.knocks)
  expect(all.at(-1)).toMatchObject(refused('too-many-requests'))
})

test('[K5] a refused knock leaves a look as it was, and does not begin one', () => {
  const { world, code, session } = open()
  valueOf(session.changeRoom({ locked: true }))
  const { code: other, session: otherHost } = hostRoom(world)
  const eve = world.visit()
  valueOf(eve.session.look(other))
  expect(eve.session.knock(code, 'Eve')).toMatchObject(refused('room-locked'))
  valueOf(otherHost.changeRoom({ title: 'Plans' }))
  valueOf(session.changeRoom({ title: 'Secret' }))
  expect(eve.facts).toMatchObject([['room:changed', { title: 'Plans' }]])
})

test('[K6] where nobody has to knock it is answered at once', () => {
  const world = createWorld()
  const { code, facts } = hostRoom(world)
  const ann = knockAt(world, code)
  expect([ann.facts, facts]).toEqual([[ADMITTED], []])
  valueOf(ann.session.join(code, 'Ann'))
})

test('[K6] when nobody has to knock any more all who wait may come, but those whose address was removed', () => {
  const { world, code, session, facts } = open()
  const eve = knockAt(world, code, 'Eve', '203.0.113.6')
  valueOf(session.answerKnock(eve.session.peerId, true))
  valueOf(session.remove(valueOf(eve.session.join(code, 'Eve')).peerId))
  const again = knockAt(world, code, 'Another name', '203.0.113.6')
  const ann = knockAt(world, code)
  valueOf(session.changeRoom({ knock: false }))
  expect(ann.facts.at(-1)).toEqual(ADMITTED)
  expect(namesOf(again.facts)).toEqual(['room:changed'])
  expect(facts.at(-1)).toMatchObject(['knocks:changed', { knocks: [{ name: 'Another name', wasRemoved: true }] }])
  valueOf(ann.session.join(code, 'Ann'))
  expect(again.session.join(code, 'Another name')).toMatchObject(refused('knock-needed'))
})

test('[K6] when a room is locked all who wait are sent away, without having to pause, and the admitted stay outside', () => {
  const { world, code, session } = open()
  const [ann, ben] = [knockAt(world, code), knockAt(world, code, 'Ben')]
  valueOf(session.answerKnock(ben.session.peerId, true))
  valueOf(session.changeRoom({ locked: true }))
  expect(ann.facts.at(-1)).toEqual(DECLINED)
  expect(ann.session.knock(code, 'Ann')).toMatchObject(refused('room-locked'))
  expect(ben.session.join(code, 'Ben')).toMatchObject(refused('room-locked'))
  valueOf(session.changeRoom({ locked: false }))
  valueOf(ann.session.knock(code, 'Ann'))
  valueOf(ben.session.join(code, 'Ben'))
})

test('[K7] with no host inside the knock waits, and whoever becomes a host is told', () => {
  const world = createWorld()
  const maker = world.visit()
  const { code, hostKey } = valueOf(maker.session.createRoom({ knock: true }))
  const ann = knockAt(world, code)
  const { knocks } = valueOf(maker.session.join(code, 'Hal', { hostKey }))
  expect(knocks).toEqual([{ id: ann.session.peerId, name: 'Ann', wasRemoved: false }])
  valueOf(maker.session.answerKnock(ann.session.peerId, true))
  valueOf(ann.session.join(code, 'Ann'))
  knockAt(world, code, 'Ben')
  ann.facts.length = 0
  maker.session.leave()
  expect(ann.facts).toMatchObject([
    ['peer:left', { reason: 'left' }],
    ['room:updated', { hosts: [ann.session.peerId] }],
    ['knocks:changed', { knocks: [{ name: 'Ben' }] }],
  ])
})

test('[K7] a host that was away is told when it is back', () => {
  const { world, code, session, joined } = open()
  session.lost()
  knockAt(world, code)
  expect(valueOf(world.visit().session.resume(joined.token)).knocks).toMatchObject([{ name: 'Ann' }])
})
