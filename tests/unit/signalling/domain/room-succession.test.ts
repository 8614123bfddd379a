import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { limits, type Inheritance, type PeerId } from '#signalling/protocol.ts'
import type { Fact } from '#signalling/domain/facts.ts'
import { LOOPBACK } from '#signalling/domain/origins.ts'
import { estateText, type Estate } from '#signalling/domain/room-succession.ts'
import { leadsTo } from '#signalling/domain/wills.ts'
import { createHostSigner } from '../../../helpers/host-keys.ts'
import {
  createWorld,
  enter,
  hostRoom,
  ManualClock,
  namesOf,
  valueOf,
  type Visitor,
  type World,
} from '../../../helpers/signalling-domain.ts'

const signer = createHostSigner()
const [annsPin, bensPin] = [createHostSigner().pin, createHostSigner().pin]
const createHostsWorld = (): World =>
  createWorld({}, randomBytes(32), new ManualClock(), undefined, undefined, { signer, ownerKey: null })

const stand = ({ session }: Visitor, pin: string): Inheritance => valueOf(session.standAsHeir(pin))
const successionsIn = (facts: readonly Fact[]): unknown[] =>
  facts.flatMap((fact) => (fact[0] === 'succession:changed' ? [fact[1]] : []))
const estatesIn = (facts: readonly Fact[]): Estate[] =>
  facts.flatMap((fact) => (fact[0] === 'estate:changed' ? [JSON.parse(fact[1].estate) as Estate] : []))

const openRoom = () => {
  const world = createHostsWorld()
  const hal = hostRoom(world, { title: 'Plans' })
  const ann = enter(world, hal.code)
  const ben = enter(world, hal.code, 'Ben')
  return { world, hal, ann, ben, code: hal.code }
}

test('[E1] heirs stand in the order in which they came, and everyone inside is told, whoever comes later as well', () => {
  const { world, hal, ann, ben, code } = openRoom()
  expect(ann.joined.succession).toEqual({ host: null, heirs: [] })
  stand(ben, bensPin)
  stand(ann, annsPin)
  const heirs = [
    { id: ann.joined.peerId, pin: annsPin },
    { id: ben.joined.peerId, pin: bensPin },
  ]
  for (const { facts } of [hal, ann, ben])
    expect(successionsIn(facts)).toEqual([
      { host: null, heirs: heirs.slice(1) },
      { host: null, heirs },
    ])
  expect(enter(world, code, 'Cy').joined.succession).toEqual({ host: null, heirs })
})

test('[E1] the will leads from this computer to the pin, in this room', () => {
  const { ann, code } = openRoom()
  const { will } = stand(ann, annsPin)
  expect(will).toHaveLength(1)
  expect(leadsTo(will!, { code, to: annsPin })).toBe(true)
  expect(leadsTo(will!, { code, to: bensPin })).toBe(false)
})

test('[E1] who stands again has another pin; with the same one nobody is told', () => {
  const { hal, ann } = openRoom()
  stand(ann, annsPin)
  stand(ann, annsPin)
  stand(ann, bensPin)
  const { peerId: id } = ann.joined
  expect(successionsIn(hal.facts)).toEqual([
    { host: null, heirs: [{ id, pin: annsPin }] },
    { host: null, heirs: [{ id, pin: bensPin }] },
  ])
})

test('[E1] whoever is away still stands; whoever left, or was given up, does not', () => {
  const { world, hal, ann, ben } = openRoom()
  stand(ann, annsPin)
  stand(ben, bensPin)
  const heirsNow = () => successionsIn(hal.facts).at(-1)
  ann.session.lost()
  expect(heirsNow()).toMatchObject({ heirs: [{ pin: annsPin }, { pin: bensPin }] })
  world.clock.advance(world.limits.awayMs)
  expect(heirsNow()).toMatchObject({ heirs: [{ pin: bensPin }] })
  const back = world.visit()
  expect(valueOf(back.session.resume(ann.joined.token)).succession).toMatchObject({ heirs: [{ pin: bensPin }] })
  ben.session.leave()
  expect(heirsNow()).toEqual({ host: null, heirs: [] })
})

test('[E1] only those who are inside stand', () => {
  const { world, code } = openRoom()
  const visitor = world.visit()
  valueOf(visitor.session.look(code))
  expect(visitor.session.standAsHeir(annsPin)).toMatchObject({ ok: false, code: 'not-in-room' })
})

test('[E2] who has the pin of the server is the one at the computer that hosts, and inherits nothing', () => {
  const { world, ann, code } = openRoom()
  const own = enter(world, code, 'Ida', LOOPBACK)
  expect(stand(own, signer.pin)).toEqual({ will: null, estate: '' })
  expect(successionsIn(ann.facts)).toEqual([{ host: own.joined.peerId, heirs: [] }])
  own.session.leave()
  expect(successionsIn(ann.facts).at(-1)).toEqual({ host: null, heirs: [] })
})

test('[E2] a guest who claims the pin of the server is neither host nor heir', () => {
  const { world, ann, ben, code } = openRoom()
  expect(stand(ben, signer.pin)).toEqual({ will: null, estate: '' })
  const own = enter(world, code, 'Ida', LOOPBACK)
  stand(own, signer.pin)
  expect(successionsIn(ann.facts)).toEqual([{ host: own.joined.peerId, heirs: [] }])
})

test('[E3] the estate holds title, capacity and door, and heirs are told when it is another', () => {
  const { hal, ann, ben } = openRoom()
  const estate = JSON.parse(stand(ann, annsPin).estate) as Estate
  expect(estate).toMatchObject({
    ...{ title: 'Plans', capacity: 16 },
    door: { knock: false, locked: false, hosts: [hal.joined.peerId], removed: [] },
  })
  valueOf(hal.session.changeRoom({ title: 'Budget', capacity: 5, password: 'sesame', knock: true }))
  valueOf(hal.session.promote(ben.joined.peerId))
  valueOf(hal.session.changeRoom({ locked: true }))
  const hosts = [hal.joined.peerId, ben.joined.peerId]
  expect(estatesIn(ann.facts)).toMatchObject([
    { title: 'Budget', capacity: 5, door: { knock: true, password: expect.any(String) } },
    { door: { hosts, locked: false } },
    { door: { hosts, locked: true } },
  ])
  expect([estatesIn(hal.facts), estatesIn(ben.facts)]).toEqual([[], []])
})

test('[E3] who was away is told the estate when back, and only when it is another', () => {
  const { world, hal, ann } = openRoom()
  stand(ann, annsPin)
  ann.session.lost()
  const first = world.visit()
  const { token } = valueOf(first.session.resume(ann.joined.token))
  expect(namesOf(first.facts)).not.toContain('estate:changed')
  first.session.lost()
  valueOf(hal.session.changeRoom({ title: 'Budget' }))
  const second = world.visit()
  valueOf(second.session.resume(token))
  expect(estatesIn(second.facts)).toMatchObject([{ title: 'Budget' }])
  expect(estatesIn(first.facts)).toEqual([])
})

test('[E3] an estate that would be too long leaves those out who were removed first', () => {
  const id = (index: number): PeerId => String(index).padStart(22, 'x')
  const removed = Array.from({ length: 256 }, (_, index) => [id(index), `${'a'.repeat(40)}${String(index)}`] as const)
  const door = {
    keyHash: '',
    password: null,
    knock: true,
    locked: false,
    hosts: removed.slice(0, 80).map(([host]) => host),
    hadHost: true,
    removed,
  }
  const text = estateText({ title: '"\\'.repeat(40), capacity: 16, door })
  expect(text.length).toBeLessThanOrEqual(limits.estate)
  expect(text.length).toBeGreaterThan(limits.estate - 100)
  const kept = (JSON.parse(text) as Estate).door.removed
  expect(kept).toEqual(removed.slice(-kept.length))
  expect(JSON.parse(estateText({ title: '', capacity: 2, door: { ...door, removed: removed.slice(0, 9) } }))).toEqual({
    ...{ title: '', capacity: 2 },
    door: { ...door, removed: removed.slice(0, 9) },
  })
})

test('[E4] where nobody can go on, nobody stands, and nobody is told of a succession', () => {
  const plain = createWorld()
  const ann = hostRoom(plain)
  expect(ann.joined).not.toHaveProperty('succession')
  expect(ann.session.standAsHeir(annsPin)).toMatchObject({ ok: false, code: 'bad-request' })
  const world = createHostsWorld()
  const room = valueOf(world.rooms.create({ name: 'visit' }))
  const ben = enter(world, room.code, 'Ben')
  expect(ben.joined).not.toHaveProperty('succession')
  expect(ben.session.standAsHeir(bensPin)).toMatchObject({ ok: false, code: 'bad-request' })
})
