import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PeerId } from '#signalling/protocol.ts'
import type { Fact } from '#signalling/domain/facts.ts'
import type { RoomRecord } from '#signalling/domain/room-record.ts'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { valueOf, type Visitor } from '../../../helpers/signalling-domain.ts'
import { answer, change, end, join, knock, promote, remove } from './model-door-steps.ts'
import { AWAY_MS, CAPACITY, codeOf, LIMITS, Model, pick, type Step } from './rooms-model.ts'

/** Random steps are taken in the rooms and in their plain model, and both have to agree after each. */
const index = fc.nat(50)
const withVisitor = (step: (model: Model, visitor: Visitor, other: number) => void) =>
  fc.tuple(index, index).map(([at, other]): Step => (model) => {
    const visitor = pick(model.visitors, at)
    if (visitor !== undefined) step(model, visitor, other)
  })

const connect = fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8:0:1::/64').map(
  (origin): Step =>
    (model) =>
      void model.visitors.push(model.world.visit(origin)),
)

const create = withVisitor((model, { session }, other) => {
  const wish = { capacity: CAPACITY, knock: other % 4 === 0 }
  const created = session.createRoom(wish)
  expect(codeOf(created)).toBe(model.rooms.length < LIMITS.rooms ? 'ok' : 'server-full')
  if (!created.ok) return
  const door = { password: null, knock: wish.knock, locked: false, hadHost: false, hosts: new Set<PeerId>() }
  const front = { removed: new Map(), waiting: [], admitted: new Map(), declined: new Map() }
  model.rooms.push({ ...created.value, ...door, ...front })
})

const look = withVisitor((model, visitor, other) => {
  const room = pick(model.rooms, other)
  if (room === undefined) return
  const looked = visitor.session.look(room.code)
  expect(codeOf(looked)).toBe(model.memberOf(visitor) ? 'already-in-room' : 'ok')
  if (!looked.ok) return
  model.stopLooking(visitor)
  model.watchers.set(visitor, { id: visitor.session.peerId, code: room.code })
  const seen = model.isGuarded(room, visitor) ? [] : model.inside(room.code).map(({ id }) => id)
  expect(looked.value.peers.map(({ id }) => id)).toEqual(seen)
  expect(looked.value.hosts.filter((id) => !seen.includes(id))).toEqual([])
})

const leave = withVisitor((model, visitor) => {
  const member = model.memberOf(visitor)
  valueOf(visitor.session.leave())
  model.stopLooking(visitor)
  if (member !== undefined) model.depart(member, false)
})

const lose = withVisitor((model, visitor) => {
  const member = model.memberOf(visitor)
  visitor.session.lost()
  model.stopLooking(visitor)
  model.visitors.splice(model.visitors.indexOf(visitor), 1)
  if (member !== undefined) model.lose(member)
})

const resume = withVisitor((model, visitor, other) => {
  const shown = pick(model.tokens, other)
  if (shown === undefined) return
  const isGood = model.goodTokens.get(shown.id) === shown.token
  const hasSpace = model.members.has(shown.id) || model.inside(shown.code).length < CAPACITY
  const expected = model.memberOf(visitor)
    ? 'already-in-room'
    : !isGood
      ? 'resume-refused'
      : hasSpace
        ? 'ok'
        : 'room-full'
  const resumed = visitor.session.resume(shown.token)
  expect(codeOf(resumed)).toBe(expected)
  if (!resumed.ok) return
  expect(resumed.value.peerId).toBe(shown.id)
  model.enter(visitor, shown.code, resumed.value)
})

/** Inside one room everyone reaches everyone; who looks reaches those inside, and they reach whoever looks, unless it is guarded. */
const reach = (model: Model, from: Visitor, to: PeerId): Visitor | 'away' | null => {
  const inside = model.memberOf(from)
  const own = inside ?? model.watchers.get(from)
  const target = model.members.get(to)
  const room = own && model.room(own.code)
  if (room === undefined || own?.id === to) return null
  if (target !== undefined) {
    const isInReach = target.code === room.code && (inside !== undefined || !model.isGuarded(room, from))
    return isInReach ? (target.by ?? 'away') : null
  }
  const looking = [...model.watchers].find(([, { id, code }]) => id === to && code === room.code)?.[0]
  return looking !== undefined && inside !== undefined && !model.isGuarded(room, looking) ? looking : null
}

/** Whoever is not meant to get it gets nothing at all. */
const signal = withVisitor((model, visitor, other) => {
  const ids = [...model.tokens, ...model.watchers.values()].map(({ id }) => id)
  const to = pick(ids, other) ?? visitor.session.peerId
  const own = model.memberOf(visitor) ?? model.watchers.get(visitor)
  const target = reach(model, visitor, to)
  const before = new Map(model.visitors.map(({ facts }) => [facts, facts.length]))
  const sent = visitor.session.sendSignal(to, anOffer())
  expect(codeOf(sent)).toBe(target !== null ? 'ok' : own === undefined ? 'not-in-room' : 'peer-not-found')
  const told = model.visitors.filter(({ facts }) => facts.length > (before.get(facts) ?? 0))
  expect(told).toEqual(target === null || target === 'away' ? [] : [target])
  if (told.length > 0)
    expect(told[0]!.facts.at(-1)).toEqual(['signal:received', { from: own!.id, signal: anOffer() }] satisfies Fact)
})

/** Another process goes on with the room: nobody is told, whoever was inside is away, whoever looked looks no more. */
const move = index.map((at): Step => (model) => {
  const room = pick(model.rooms, at)
  if (room === undefined) return
  const { code } = room
  const { rooms } = model.world
  const told = model.visitors.map(({ facts }) => facts.length)
  const { record, chat } = rooms.coded(code)!
  rooms.evict(code)
  rooms.restore(JSON.parse(JSON.stringify(record)) as RoomRecord, chat)
  expect(rooms.coded(code)!.record).toEqual(record)
  expect(model.visitors.map(({ facts }) => facts.length)).toEqual(told)
  for (const [visitor, watcher] of model.watchers) if (watcher.code === code) model.stopLooking(visitor)
  for (const member of model.inside(code)) model.lose(member)
  room.declined.clear()
})

const wait = fc.constantFrom(1, AWAY_MS / 2, AWAY_MS).map((ms): Step => (model) => {
  model.world.clock.advance(ms)
  model.forgetLate()
})

test('rooms agree with their plain model after every step of every history', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: connect },
    { weight: 1, arbitrary: create },
    { weight: 5, arbitrary: join },
    { weight: 1, arbitrary: look },
    { weight: 1, arbitrary: leave },
    { weight: 2, arbitrary: lose },
    { weight: 4, arbitrary: resume },
    { weight: 3, arbitrary: signal },
    { weight: 1, arbitrary: move },
    { weight: 1, arbitrary: wait },
    { weight: 3, arbitrary: knock },
    { weight: 2, arbitrary: answer },
    { weight: 2, arbitrary: change },
    { weight: 2, arbitrary: remove },
    { weight: 1, arbitrary: promote },
    { weight: 1, arbitrary: fc.nat(3).chain((at) => (at === 0 ? end : join)) },
  )
  const outcome = { resumed: 0, removed: 0, admitted: 0, ended: 0, inherited: 0 }
  const first = fc.tuple(connect, connect, create, join)
  fc.assert(
    fc.property(first, fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), (start, steps) => {
      const model = new Model()
      for (const take of [...start, ...steps]) {
        take(model)
        model.check()
      }
      const facts = model.visitors.flatMap((visitor) => visitor.facts)
      const count = (name: Fact[0]) => facts.filter((fact) => fact[0] === name).length
      outcome.resumed += model.tokens.length - new Set(model.tokens.map(({ id }) => id)).size
      outcome.removed += count('session:removed')
      outcome.admitted += facts.filter((fact) => fact[0] === 'knock:answered' && fact[1].admitted).length
      outcome.ended += model.ended.length
      outcome.inherited += count('room:updated')
    }),
    { numRuns: 200 },
  )
  for (const [what, times] of Object.entries(outcome)) expect(times, what).toBeGreaterThan(10)
})
