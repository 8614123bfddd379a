import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { StoredRooms, type RoomSaves } from '#signalling/domain/saved-rooms.ts'
import { defaultServerLimits } from '#signalling/server-limits.ts'
import { StoreFault, type RoomStore } from '#signalling/store/store.ts'
import { createWorld, enter, hostRoom, ManualClock, valueOf, type World } from '../../../helpers/signalling-domain.ts'

const KEY = randomBytes(32)
const refused = (code: string) => ({ ok: false, code })

class RoomStoreDouble implements RoomStore {
  readonly rows = new Map<string, { json: string; at: number }>()
  writes = 0
  isBroken = false

  findRoom(code: string): string | null {
    return this.#rows.get(code)?.json ?? null
  }
  saveRoom(code: string, json: string, at: number): void {
    this.writes += 1
    this.#rows.set(code, { json, at })
  }
  removeRoom(code: string): void {
    this.#rows.delete(code)
  }
  forgetRooms(savedBefore: number): void {
    for (const [code, { at }] of this.#rows) if (at < savedBefore) this.#rows.delete(code)
  }
  get #rows() {
    if (this.isBroken) throw new StoreFault('full', null)
    return this.rows
  }
}

const open = (store = new RoomStoreDouble(), clock = new ManualClock()) => {
  const faults: StoreFault[] = []
  const start = (): World => {
    const saves = new StoredRooms({ store, clock, limits: defaultServerLimits, onFault: (fault) => faults.push(fault) })
    return createWorld({}, KEY, clock, undefined, saves)
  }
  return { store, clock, faults, start }
}
const restart = (world: World, start: () => World): World => {
  world.rooms.close()
  return start()
}

test('[G11] after a restart the door is as it was last, not as it was when the token was sealed', () => {
  const { start } = open()
  const former = start()
  const { session, code, hostKey } = hostRoom(former, { title: 'Plans' })
  const ann = enter(former, code)
  valueOf(session.changeRoom({ title: 'Budget', capacity: 3, password: 'sesame', knock: true, locked: true }))
  const world = restart(former, start)
  const { room } = valueOf(world.visit().session.resume(ann.joined.token))
  const door = { hasPassword: true, knock: true, locked: true }
  expect(room).toMatchObject({ title: 'Budget', capacity: 3, door, hosts: [] })
  const { session: again } = world.visit()
  expect(again.join(code, 'Eve')).toMatchObject(refused('room-locked'))
  const host = valueOf(again.join(code, 'Hal', { hostKey }))
  expect(host.room.hosts).toEqual([host.peerId])
  valueOf(again.changeRoom({ locked: false }))
  const eve = world.visit()
  expect(eve.session.join(code, 'Eve', { password: 'wrong' })).toMatchObject(refused('wrong-password'))
  expect(eve.session.join(code, 'Eve', { password: 'sesame' })).toMatchObject(refused('knock-needed'))
})

test('[G11] after a restart hosts are hosts again, also who became one after the token was sealed', () => {
  const { start } = open()
  const former = start()
  const host = hostRoom(former)
  const [ann, ben] = [enter(former, host.code), enter(former, host.code, 'Ben')]
  valueOf(host.session.promote(ben.joined.peerId))
  const world = restart(former, start)
  expect(valueOf(world.visit().session.resume(ann.joined.token)).room.hosts).toEqual([])
  expect(valueOf(world.visit().session.resume(ben.joined.token)).room.hosts).toEqual([ben.joined.peerId])
  const { hosts } = valueOf(world.visit().session.resume(host.joined.token)).room
  expect(hosts).toEqual([ben.joined.peerId, host.joined.peerId])
})

test('[G11] when no host is back after a while the one inside longest becomes one', () => {
  const { start } = open()
  const former = start()
  const host = hostRoom(former)
  const ann = enter(former, host.code)
  const world = restart(former, start)
  const back = world.visit()
  valueOf(back.session.resume(ann.joined.token))
  world.clock.advance(world.limits.awayMs - 1)
  expect(world.rooms.find(host.code)?.view.hosts).toEqual([])
  world.clock.advance(1)
  expect(back.facts).toMatchObject([
    ['room:updated', { hosts: [ann.joined.peerId] }],
    ['knocks:changed', { knocks: [] }],
  ])
})

test('[G11] whoever was removed stays out after a restart, and has to knock', () => {
  const { start } = open()
  const former = start()
  const host = hostRoom(former)
  const eve = enter(former, host.code, 'Eve', '203.0.113.6')
  valueOf(host.session.remove(eve.joined.peerId))
  const world = restart(former, start)
  expect(world.visit().session.resume(eve.joined.token)).toMatchObject(refused('resume-refused'))
  valueOf(world.visit().session.resume(host.joined.token))
  expect(world.visit().session.resume(eve.joined.token)).toMatchObject(refused('resume-refused'))
  expect(world.visit('203.0.113.6').session.join(host.code, 'Mallory')).toMatchObject(refused('knock-needed'))
})

test('[G11] no token brings back a room that was ended or has expired before the restart', () => {
  const { store, start } = open()
  const former = start()
  const [ended, expired] = [hostRoom(former), hostRoom(former)]
  valueOf(ended.session.endRoom())
  expired.session.lost()
  former.clock.advance(former.limits.awayMs + former.limits.emptyRoomMs)
  expect(store.rows.size).toBe(0)
  const world = restart(former, start)
  for (const { joined } of [ended, expired])
    expect(world.visit().session.resume(joined.token)).toMatchObject(refused('resume-refused'))
})

test('[G11] where nothing is written down a token opens a room into which a host has to let everybody', () => {
  const clock = new ManualClock()
  const former = createWorld({}, KEY, clock)
  const host = hostRoom(former)
  const ann = enter(former, host.code)
  former.rooms.close()
  const world = createWorld({}, KEY, clock)
  const { room } = valueOf(world.visit().session.resume(ann.joined.token))
  expect([room.hosts, room.door]).toEqual([[], { hasPassword: false, knock: true, locked: false }])
  const eve = world.visit()
  expect(eve.session.join(host.code, 'Eve', { hostKey: host.hostKey })).toMatchObject(refused('knock-needed'))
  valueOf(eve.session.knock(host.code, 'Eve'))
  const back = valueOf(world.visit().session.resume(host.joined.token))
  expect([back.room.hosts, back.knocks]).toMatchObject([[host.joined.peerId], [{ name: 'Eve' }]])
})

test('a room is written when its first token is made, and again only when something of it has changed', () => {
  const { store, start } = open()
  const world = start()
  const maker = world.visit()
  const { code, hostKey } = valueOf(maker.session.createRoom({ password: 'sesame' }))
  expect(store.writes).toBe(0)
  valueOf(maker.session.join(code, 'Hal', { hostKey }))
  const writes = store.writes
  expect(writes).toBeGreaterThan(0)
  valueOf(maker.session.changeRoom({ password: null }))
  const ann = enter(world, code)
  ann.session.lost()
  valueOf(world.visit().session.resume(ann.joined.token))
  expect(store.writes).toBe(writes + 1)
  expect([...store.rows.values()].map(({ json }) => json).join()).not.toContain(hostKey)
})

test('a room is written as long as tokens are made, and forgotten when no token can be good any more', () => {
  const { store, start, clock } = open()
  const world = start()
  const host = hostRoom(world)
  const life = world.limits.tokenLifetimeMs
  clock.advance(0.6 * life)
  const ann = enter(world, host.code)
  clock.advance(0.95 * life)
  const last = hostRoom(world)
  expect([...store.rows.keys()].sort()).toEqual([host.code, last.code].sort())
  const later = restart(world, start)
  expect(later.visit().session.resume(ann.joined.token).ok).toBe(true)
  clock.advance(2 * life)
  restart(later, start)
  expect(store.rows.size).toBe(0)
})

test('a store that fails concerns nobody inside, and is told of', () => {
  const { store, start, faults } = open()
  const world = start()
  store.isBroken = true
  const host = hostRoom(world)
  valueOf(host.session.changeRoom({ locked: true }))
  valueOf(host.session.endRoom())
  expect(faults.length).toBeGreaterThan(1)
  expect(world.visit().session.resume(host.joined.token)).toMatchObject(refused('resume-refused'))
})

test.each(['', '{', '[]', '{"title":1}', '{"title":"","capacity":99,"door":{}}'])('a row of %j is none', (json) => {
  const { store, start } = open()
  const saves: RoomSaves = new StoredRooms({
    store,
    clock: new ManualClock(),
    limits: defaultServerLimits,
    onFault: () => undefined,
  })
  store.rows.set('k7mq2xvd9thr', { json, at: Number.MAX_SAFE_INTEGER })
  expect(saves.find('k7mq2xvd9thr')).toBeNull()
  expect(start().rooms.size).toBe(0)
})
