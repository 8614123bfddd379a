import fc from 'fast-check'
import { expect } from 'vitest'
import type { ErrorCode } from '#signalling/protocol.ts'
import type { Visitor } from '../../../helpers/signalling-domain.ts'
import type { Model } from './rooms-model.ts'
import { CAPACITY, codeOf, LIMITS, NAME, pick, type ModelRoom, type Step } from './rooms-model.ts'

const index = fc.nat(50)
/** Few of them are tried: each costs as much as it would cost whoever guesses. */
const password = fc.constantFrom(...Array<undefined>(6).fill(undefined), 'right', 'wrong')
const maybe = fc.constantFrom(undefined, undefined, true, false)

/** What is in the way of whoever tries, before any knocking. */
const atDoor = (room: ModelRoom, tried: string | undefined): ErrorCode | null => {
  if (room.locked) return 'room-locked'
  if (room.password === null || room.password === tried) return null
  return tried === undefined ? 'password-needed' : 'wrong-password'
}

const whyNotIn = (
  model: Model,
  visitor: Visitor,
  room: ModelRoom,
  tried: string | undefined,
  hasKey: boolean,
): ErrorCode | 'ok' => {
  if (model.memberOf(visitor)) return 'already-in-room'
  const isToKnock = model.hasToKnock(room, visitor) && !model.isAdmitted(room, visitor)
  const atTheDoor = hasKey ? null : (atDoor(room, tried) ?? (isToKnock ? 'knock-needed' : null))
  return atTheDoor ?? (model.inside(room.code).length >= CAPACITY ? 'room-full' : 'ok')
}

export const join = fc.tuple(index, index, password, fc.nat(2)).map(([at, other, tried, key]): Step => (model) => {
  const visitor = pick(model.visitors, at)
  const room = pick(model.rooms, other)
  if (visitor === undefined || room === undefined) return
  const hasKey = key === 0
  const expected = whyNotIn(model, visitor, room, tried, hasKey)
  // That of another room counts as none.
  const hostKey = hasKey ? room.hostKey : key === 1 ? 'k'.repeat(22) : undefined
  const joined = visitor.session.join(room.code, NAME, { password: tried, hostKey })
  expect(codeOf(joined)).toBe(expected)
  if (joined.ok) model.enter(visitor, room.code, joined.value, hasKey)
})

export const knock = fc.tuple(index, index, password).map(([at, other, tried]): Step => (model) => {
  const visitor = pick(model.visitors, at)
  const room = pick(model.rooms, other)
  if (visitor === undefined || room === undefined) return
  const { origin } = visitor.session
  const hasToWait = model.hasToKnock(room, visitor) && !model.isAdmitted(room, visitor)
  const others = room.waiting.filter((each) => each !== visitor && each.session.origin === origin)
  const isDeclined = (room.declined.get(origin)?.until ?? 0) > model.now
  const crowd = isDeclined ? 'knock-declined' : others.length >= LIMITS.knocksPerAddress ? 'too-many-requests' : null
  const expected = model.memberOf(visitor)
    ? 'already-in-room'
    : (atDoor(room, tried) ?? (hasToWait ? crowd : null) ?? 'ok')
  const knocked = visitor.session.knock(room.code, NAME, tried)
  expect(codeOf(knocked)).toBe(expected)
  if (!knocked.ok) return
  if (model.watchers.get(visitor)?.code !== room.code) model.stopLooking(visitor)
  model.watchers.set(visitor, { id: visitor.session.peerId, code: room.code })
  if (!hasToWait) expect(visitor.facts.at(-1)).toEqual(['knock:answered', { admitted: true }])
  else {
    room.admitted.delete(visitor)
    if (!room.waiting.includes(visitor)) room.waiting.push(visitor)
  }
})

/** Mostly a host, where there is one. */
const pickHost = (model: Model, at: number): Visitor | undefined => {
  const hosts = model.visitors.filter((visitor) => model.hostedBy(visitor) !== undefined)
  return pick(at % 5 === 0 || hosts.length === 0 ? model.visitors : hosts, at)
}

const asHost = (act: (model: Model, visitor: Visitor, room: ModelRoom | undefined, other: number) => void) =>
  fc.tuple(index, index).map(([at, other]): Step => (model) => {
    const visitor = pickHost(model, at)
    if (visitor !== undefined) act(model, visitor, model.hostedBy(visitor), other)
  })

export const answer = asHost((model, visitor, room, other) => {
  const waiting = pick(room?.waiting ?? [], other)
  const id = waiting?.session.peerId ?? 'x'.repeat(22)
  const admit = other % 3 > 0
  const answered = visitor.session.answerKnock(id, admit)
  expect(codeOf(answered)).toBe(room === undefined ? 'not-host' : waiting === undefined ? 'peer-not-found' : 'ok')
  if (room === undefined || waiting === undefined) return
  expect(waiting.facts.at(-1)).toEqual(['knock:answered', { admitted: admit }])
  room.waiting = room.waiting.filter((each) => each !== waiting)
  const left = room.waiting.map(({ session }) => session.peerId)
  expect(visitor.facts.at(-1)).toMatchObject(['knocks:changed', { knocks: left.map((each) => ({ id: each })) }])
  if (admit) room.admitted.set(waiting, model.now + LIMITS.admittedMs)
  else {
    const { origin } = waiting.session
    const times = (room.declined.get(origin)?.times ?? 0) + 1
    const pause = times > 1 ? LIMITS.declinedAgainMs : LIMITS.declinedMs
    room.declined.set(origin, { times, until: model.now + pause })
  }
})

export const change = fc
  .tuple(index, maybe, maybe, fc.constantFrom(...Array<undefined>(5).fill(undefined), null, null, 'right'))
  .map(([at, locked, toKnock, newPassword]): Step => (model) => {
    const visitor = pickHost(model, at)
    if (visitor === undefined) return
    const room = model.hostedBy(visitor)
    const changed = visitor.session.changeRoom({ locked, knock: toKnock, password: newPassword })
    expect(codeOf(changed)).toBe(room === undefined ? 'not-host' : 'ok')
    if (room === undefined) return
    room.locked = locked ?? room.locked
    room.knock = toKnock ?? room.knock
    if (newPassword !== undefined) room.password = newPassword
    const isFree = (each: Visitor) => room.locked || !model.hasToKnock(room, each)
    for (const each of room.waiting.filter(isFree))
      expect(each.facts.at(-1)).toEqual(['knock:answered', { admitted: !room.locked }])
    room.waiting = room.waiting.filter((each) => !isFree(each))
  })

export const remove = asHost((model, visitor, room, other) => {
  const near = room === undefined || other % 5 === 0 ? [...model.members.values()] : model.inside(room.code)
  const member = pick(near, other)
  if (member === undefined) return
  const isNear = room !== undefined && member.code === room.code
  const own = model.memberOf(visitor)
  const removed = visitor.session.remove(member.id)
  const expected = own === member ? 'bad-request' : isNear ? 'ok' : 'peer-not-found'
  expect(codeOf(removed)).toBe(room === undefined ? 'not-host' : expected)
  if (!removed.ok || room === undefined) return
  room.removed.set(member.id, member.origin)
  expect(member.by?.facts.at(-1) ?? ['session:removed']).toEqual(['session:removed'])
  model.depart(member, false)
})

export const promote = asHost((model, visitor, room, other) => {
  const member = pick([...model.members.values()], other)
  if (member === undefined) return
  const isNear = room !== undefined && member.code === room.code
  const promoted = visitor.session.promote(member.id)
  expect(codeOf(promoted)).toBe(room === undefined ? 'not-host' : isNear ? 'ok' : 'peer-not-found')
  if (promoted.ok) room?.hosts.add(member.id)
})

export const end = asHost((model, visitor, room) => {
  const ended = visitor.session.endRoom()
  expect(codeOf(ended)).toBe(room === undefined ? 'not-host' : 'ok')
  if (room === undefined) return
  for (const member of model.inside(room.code)) {
    expect(member.by?.facts.at(-1)?.[0] ?? 'room:closed').toBe('room:closed')
    model.members.delete(member.id)
  }
  for (const { id, code } of model.tokens) if (code === room.code) model.goodTokens.delete(id)
  for (const [each, { code }] of model.watchers) if (code === room.code) model.stopLooking(each)
  model.rooms.splice(model.rooms.indexOf(room), 1)
  model.ended.push(room.code)
})
