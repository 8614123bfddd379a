import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ErrorCode, Joined, PeerId, Result, RoomCode } from '#signalling/protocol.ts'
import type { Fact } from '#signalling/domain/facts.ts'
import type { RoomRecord } from '#signalling/domain/room-record.ts'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { createWorld, valueOf, type Visitor, type World } from '../../../helpers/signalling-domain.ts'

/**
 * The rules of rooms once more, in the plainest form: who is inside, who is away since when, which token is the current
 * one. Random steps are taken in both, and both have to agree after each.
 */
interface Member {
  readonly id: PeerId
  readonly code: RoomCode
  /** Null while away. */
  by: Visitor | null
  awayUntil: number
}

const AWAY_MS = 1000
const CAPACITY = 3
const LIMITS = { awayMs: AWAY_MS, rooms: 3, emptyRoomMs: 1e9, outboxSignals: 4 }

class Model {
  readonly world: World = createWorld(LIMITS)
  readonly visitors: Visitor[] = []
  readonly codes: RoomCode[] = []
  readonly members = new Map<PeerId, Member>()
  /** Who looks at which room, under which id. */
  readonly watchers = new Map<Visitor, { readonly id: PeerId; readonly code: RoomCode }>()
  /** Of everyone who may come back, the one token that is good. */
  readonly goodTokens = new Map<PeerId, string>()
  readonly tokens: { readonly id: PeerId; readonly code: RoomCode; readonly token: string }[] = []

  inside(code: RoomCode): Member[] {
    return [...this.members.values()].filter((member) => member.code === code)
  }
  memberOf(visitor: Visitor): Member | undefined {
    return [...this.members.values()].find(({ by }) => by === visitor)
  }
  enter(visitor: Visitor, code: RoomCode, joined: Joined): void {
    const { peerId: id, token } = joined
    this.watchers.delete(visitor)
    this.members.delete(id)
    this.members.set(id, { id, code, by: visitor, awayUntil: Infinity })
    this.goodTokens.set(id, token)
    this.tokens.push({ id, code, token })
  }
  forgetLate(): void {
    for (const { id, awayUntil } of this.members.values())
      if (awayUntil <= this.world.clock.now()) this.members.delete(id)
  }
  /** Everything that has to hold whatever happened. */
  check(): void {
    for (const code of this.codes) {
      const { peers } = this.world.rooms.find(code)!.view
      const expected = this.inside(code).map(({ id, by }) => [id, by === null ? 'away' : 'present'])
      expect(peers.map(({ id, presence }) => [id, presence]).sort()).toEqual(expected.sort())
      expect(peers.length).toBeLessThanOrEqual(CAPACITY)
    }
  }
}

const codeOf = (result: Result<unknown>): ErrorCode | 'ok' => (result.ok ? 'ok' : result.code)
const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)]

type Step = (model: Model) => void
const index = fc.nat(50)
const withVisitor = (step: (model: Model, visitor: Visitor, other: number) => void) =>
  fc.tuple(index, index).map(([at, other]): Step => (model) => {
    const visitor = pick(model.visitors, at)
    if (visitor !== undefined) step(model, visitor, other)
  })

const connect: Step = (model) => void model.visitors.push(model.world.visit())

const create = withVisitor((model, { session }) => {
  const created = session.createRoom({ capacity: CAPACITY })
  expect(codeOf(created)).toBe(model.codes.length < LIMITS.rooms ? 'ok' : 'server-full')
  if (created.ok) model.codes.push(created.value.code)
})

const join = withVisitor((model, visitor, other) => {
  const code = pick(model.codes, other) ?? '000000000000'
  const isFull = model.inside(code).length >= CAPACITY
  const expected = model.memberOf(visitor)
    ? 'already-in-room'
    : model.codes.length === 0
      ? 'room-not-found'
      : isFull
        ? 'room-full'
        : 'ok'
  const joined = visitor.session.join(code, 'Ann')
  expect(codeOf(joined)).toBe(expected)
  if (joined.ok) model.enter(visitor, code, joined.value)
})

const look = withVisitor((model, visitor, other) => {
  const code = pick(model.codes, other)
  if (code === undefined) return
  const looked = visitor.session.look(code)
  expect(codeOf(looked)).toBe(model.memberOf(visitor) ? 'already-in-room' : 'ok')
  if (looked.ok) model.watchers.set(visitor, { id: visitor.session.peerId, code })
})

const leave = withVisitor((model, visitor) => {
  const member = model.memberOf(visitor)
  valueOf(visitor.session.leave())
  model.watchers.delete(visitor)
  if (member === undefined) return
  model.members.delete(member.id)
  model.goodTokens.delete(member.id)
})

const lose = withVisitor((model, visitor) => {
  const member = model.memberOf(visitor)
  visitor.session.lost()
  model.watchers.delete(visitor)
  model.visitors.splice(model.visitors.indexOf(visitor), 1)
  if (member !== undefined) Object.assign(member, { by: null, awayUntil: model.world.clock.now() + AWAY_MS })
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

/** Inside one room everyone reaches everyone; who looks reaches those inside, and they reach whoever looks. */
const reach = (model: Model, from: Visitor, to: PeerId): Visitor | 'away' | null => {
  const own = model.memberOf(from) ?? model.watchers.get(from)
  const target = model.members.get(to)
  if (own === undefined || own.id === to) return null
  if (target !== undefined) return target.code === own.code ? (target.by ?? 'away') : null
  const looking = [...model.watchers].find(([, { id, code }]) => id === to && code === own.code)
  return looking !== undefined && model.memberOf(from) !== undefined ? looking[0] : null
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
  const code = pick(model.codes, at)
  if (code === undefined) return
  const { rooms, clock } = model.world
  const told = model.visitors.map(({ facts }) => facts.length)
  const { record, chat } = rooms.coded(code)!
  rooms.evict(code)
  rooms.restore(JSON.parse(JSON.stringify(record)) as RoomRecord, chat)
  expect(model.visitors.map(({ facts }) => facts.length)).toEqual(told)
  for (const [visitor, watcher] of model.watchers) if (watcher.code === code) model.watchers.delete(visitor)
  for (const member of model.inside(code)) Object.assign(member, { by: null, awayUntil: clock.now() + AWAY_MS })
})

const wait = fc.constantFrom(1, AWAY_MS / 2, AWAY_MS).map((ms): Step => (model) => {
  model.world.clock.advance(ms)
  model.forgetLate()
})

test('rooms agree with their plain model after every step of every history', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant(connect) },
    { weight: 1, arbitrary: create },
    { weight: 4, arbitrary: join },
    { weight: 1, arbitrary: look },
    { weight: 1, arbitrary: leave },
    { weight: 2, arbitrary: lose },
    { weight: 4, arbitrary: resume },
    { weight: 3, arbitrary: signal },
    { weight: 1, arbitrary: move },
    { weight: 1, arbitrary: wait },
  )
  const outcome = { resumed: 0 }
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), (steps) => {
      const model = new Model()
      for (const take of [connect, connect, ...steps]) {
        take(model)
        model.check()
      }
      outcome.resumed += model.tokens.length - new Set(model.tokens.map(({ id }) => id)).size
    }),
    { numRuns: 200 },
  )
  expect(outcome.resumed).toBeGreaterThan(50)
})
