import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import * as v from 'valibot'
import { limits, MergeChat, type ChatMessage, type Will } from '#signalling/protocol.ts'
import type { AdoptionWish } from '#signalling/domain/adoptions.ts'
import { newPeerId } from '#signalling/domain/peers.ts'
import { StoredRooms } from '#signalling/domain/saved-rooms.ts'
import { leadsTo } from '#signalling/domain/wills.ts'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import { createHostKey, createHostSigner } from '../../../helpers/host-keys.ts'
import { createWorld, hostRoom, ManualClock, namesOf, valueOf } from '../../../helpers/signalling-domain.ts'

const CODE = 'k7mq2xvd9thr'
const OWNER_KEY = randomBytes(16).toString('base64url')
const [former, own, heir] = [createHostSigner(), createHostSigner(), createHostSigner()]
const [ann, ben] = [
  { id: newPeerId(), name: 'Ann' },
  { id: newPeerId(), name: 'Ben' },
]
const door = {
  ...{ keyHash: '', password: null, knock: true, locked: false, hosts: [ben.id], hadHost: true },
  removed: [[newPeerId(), '203.0.113.9']],
}
const wish: AdoptionWish = {
  ownerKey: OWNER_KEY,
  code: CODE,
  estate: JSON.stringify({ title: 'Plans', capacity: 5, door }),
  will: [former.sign(CODE, own.pin)],
  people: [ann, ben],
  you: ann.id,
}

const open = (changes: Partial<ServerLimits> = {}, key = randomBytes(32), saves?: StoredRooms) => {
  const context = { signer: own, ownerKey: OWNER_KEY }
  return createWorld(changes, key, new ManualClock(), undefined, saves, context)
}
type Adopting = ReturnType<typeof open>
const adopt = (world: Adopting, changes: Partial<AdoptionWish> = {}, origin?: string) =>
  world.visit(origin).session.adoptRoom({ ...wish, ...changes })
const refused = (code: string) => ({ ok: false, code })
const message = (text: string, changes: Partial<ChatMessage> = {}): ChatMessage => ({
  ...{ id: 1_763_999_990_000, from: ben.id, name: 'Ben', at: 1_763_999_990_000, nonce: `nonce-${text}` },
  ...{ text, ...changes },
})

test('[E5] without the key of the owner no room is adopted, and who guesses is slowed by address', () => {
  const world = open()
  const guess = { ownerKey: randomBytes(16).toString('base64url') }
  const { burst } = world.limits.passwordRate
  const answers = Array.from({ length: burst + 1 }, () => adopt(world, guess))
  expect(answers.map((answer) => !answer.ok && answer.code)).toEqual([
    ...Array.from({ length: burst }, () => 'access-denied'),
    'too-many-requests',
  ])
  expect(adopt(world)).toMatchObject(refused('too-many-requests'))
  expect(world.rooms.size).toBe(0)
  expect(adopt(world, {}, '192.0.2.2').ok).toBe(true)
})

test('[E5] a server that has no owner adopts nothing, whatever is shown', () => {
  const world = createWorld({}, randomBytes(32), new ManualClock(), undefined, undefined, {
    signer: own,
    ownerKey: null,
  })
  for (const ownerKey of [OWNER_KEY, 'null', ''])
    expect(world.visit().session.adoptRoom({ ...wish, ownerKey })).toMatchObject(refused('access-denied'))
})

test('[E4] a server that nobody goes on with goes on with nobody', () => {
  expect(createWorld().visit().session.adoptRoom(wish)).toMatchObject(refused('bad-request'))
})

const other = createHostSigner()
const tooManyRemoved = Array.from({ length: defaultServerLimits.turnedAway + 1 }, () => [newPeerId(), '192.0.2.1'])
test.each<[what: string, changes: Partial<AdoptionWish>]>([
  ['an estate that is no JSON', { estate: '{' }],
  ['an empty estate', { estate: '' }],
  ['an estate without a door', { estate: JSON.stringify({ title: 'Plans', capacity: 5 }) }],
  ['an estate of 17 places', { estate: JSON.stringify({ title: 'Plans', capacity: 17, door }) }],
  ['a door of strange types', { estate: JSON.stringify({ title: '', capacity: 5, door: { ...door, knock: 1 } }) }],
  [
    'a door of another kind of hash',
    { estate: JSON.stringify({ title: '', capacity: 5, door: { ...door, password: 'x' } }) },
  ],
  [
    'too many who were removed',
    { estate: JSON.stringify({ title: '', capacity: 5, door: { ...door, removed: tooManyRemoved } }) },
  ],
  ['a will to another computer', { will: [former.sign(CODE, other.pin)] }],
  ['a will for another room', { will: [former.sign('k7mq2xvd9thx', own.pin)] }],
  ['a will with a step left out', { will: [other.sign(CODE, former.pin), heir.sign(CODE, own.pin)] }],
  [
    'a will with the signature of another',
    { will: [{ ...former.sign(CODE, own.pin), key: other.sign(CODE, own.pin).key }] },
  ],
  ['somebody twice', { people: [ann, ben, { id: ann.id, name: 'Eve' }] }],
  ['somebody else as you', { you: newPeerId() }],
])('[E6] %s is refused, and nothing changes', (_what, changes) => {
  const world = open()
  expect(adopt(world, changes)).toEqual({ ok: false, code: 'bad-request', message: expect.any(String) })
  expect([world.rooms.size, world.clock.pending]).toEqual([0, 0])
})

test('[E6] a room that is here with somebody connected to it is not adopted', () => {
  const world = open()
  const hal = hostRoom(world)
  const will = [former.sign(hal.code, own.pin)]
  const over = () => adopt(world, { code: hal.code, will })
  expect(over()).toMatchObject(refused('bad-request'))
  expect(namesOf(hal.facts)).toEqual([])
  hal.session.lost()
  expect(over().ok).toBe(true)
})

test('[E7] everybody has their place kept under their id, and a token that leads to it once', () => {
  const world = open()
  const { seats } = valueOf(adopt(world))
  expect(seats.map(({ id }) => id)).toEqual([ann.id, ben.id])
  const back = world.visit()
  const joined = valueOf(back.session.resume(seats[1]!.token))
  expect(joined).toMatchObject({
    peerId: ben.id,
    room: {
      ...{ code: CODE, title: 'Plans', capacity: 5, hosts: [ben.id, ann.id] },
      door: { hasPassword: false, knock: true, locked: false },
      peers: [
        { ...ann, presence: 'away' },
        { ...ben, presence: 'present' },
      ],
    },
  })
  expect(world.visit().session.resume(seats[1]!.token)).toMatchObject(refused('resume-refused'))
  expect(world.visit().session.join(CODE, 'Eve')).toMatchObject(refused('knock-needed'))
  world.clock.advance(world.limits.awayMs)
  expect(back.facts).toContainEqual(['peer:left', { id: ann.id, reason: 'timed-out' }])
})

test('[E7] who was removed has to knock, also when nobody else has to', () => {
  const world = open()
  valueOf(adopt(world, { estate: JSON.stringify({ title: '', capacity: 5, door: { ...door, knock: false } }) }))
  expect(world.visit('203.0.113.9').session.join(CODE, 'Eve')).toMatchObject(refused('knock-needed'))
  expect(world.visit('203.0.113.8').session.join(CODE, 'Dan').ok).toBe(true)
})

test('[E7] a title of control characters is one printable line', () => {
  const world = open()
  valueOf(adopt(world, { estate: JSON.stringify({ title: 'Pl\u202eans\n', capacity: 5, door }) }))
  expect(world.rooms.coded(CODE)!.title).toBe('Plans')
})

test('[E7] a former room in which nobody is connected is replaced, what was said there stays, and who looks is told', () => {
  const world = open()
  const first = valueOf(adopt(world)).seats
  const writer = world.visit()
  valueOf(writer.session.resume(first[1]!.token))
  valueOf(writer.session.sendChat({ nonce: 'nonce-01', text: 'hello' }))
  writer.session.lost()
  const watcher = world.visit()
  valueOf(watcher.session.look(CODE))
  const { seats } = valueOf(adopt(world, { people: [ann], you: ann.id }))
  expect(watcher.facts.at(-1)).toEqual(['room:closed', { code: CODE, reason: 'expired' }])
  expect(watcher.session.around).toBeNull()
  const joined = valueOf(world.visit().session.resume(seats[0]!.token))
  expect(joined.chat.map(({ text }) => text)).toEqual(['hello'])
  expect(joined.room.peers).toEqual([{ ...ann, presence: 'present' }])
  expect(world.rooms.size).toBe(1)
})

test('[J11] a full server adopts no room but in the place of one that it has', () => {
  const world = open({ rooms: 1 })
  valueOf(adopt(world))
  expect(adopt(world).ok).toBe(true)
  const code = 'k7mq2xvd9thx'
  expect(adopt(world, { code, will: [former.sign(code, own.pin)] })).toMatchObject(refused('server-full'))
})

test('[E8] wills of an adopted room go on after the one it was adopted by, and never get too long', () => {
  const signers = Array.from({ length: limits.willSteps }, () => createHostSigner())
  const chain: Will = signers.map((signer, index) => signer.sign(CODE, (signers[index + 1] ?? own).pin))
  for (const given of [chain.slice(-2), chain]) {
    const world = open()
    const { seats } = valueOf(adopt(world, { will: given }))
    const { session } = world.visit()
    valueOf(session.resume(seats[1]!.token))
    const { will } = valueOf(session.standAsHeir(heir.pin))
    expect(will!.slice(0, -1)).toEqual(given.slice(-(limits.willSteps - 1)))
    expect(leadsTo(will!, { code: CODE, to: heir.pin })).toBe(true)
  }
})

test('[E9] whoever adopted a room brings in what was said, before being inside and after', () => {
  const world = open()
  const { session } = world.visit()
  expect(session.mergeChat([message('early')])).toMatchObject(refused('not-in-room'))
  const { seats } = valueOf(session.adoptRoom(wish))
  valueOf(session.mergeChat([message('one')]))
  const listener = world.visit()
  valueOf(listener.session.resume(seats[1]!.token))
  const { chat } = valueOf(session.resume(seats[0]!.token))
  expect(chat).toEqual([message('one')])
  valueOf(session.mergeChat([message('one'), message('two', { id: 1_763_999_990_001 })]))
  expect(listener.facts.filter(([name]) => name === 'chat:posted')).toEqual([
    ['chat:posted', message('two', { id: 1_763_999_990_001 })],
  ])
})

test('[E9] once the adopted room is gone nothing is brought into it', () => {
  const world = open()
  const { session } = world.visit()
  valueOf(session.adoptRoom(wish))
  world.clock.advance(world.limits.awayMs + world.limits.emptyRoomMs)
  expect(world.rooms.size).toBe(0)
  expect(session.mergeChat([message('late')])).toMatchObject(refused('not-in-room'))
})

test('[E9] who neither stands nor adopted this room brings nothing in; whoever stands does', () => {
  const world = open()
  const adopter = world.visit()
  valueOf(adopter.session.adoptRoom(wish))
  const hal = hostRoom(world)
  expect(hal.session.mergeChat([message('one')])).toMatchObject(refused('bad-request'))
  valueOf(adopter.session.join(hal.code, 'Ann'))
  expect(adopter.session.mergeChat([message('one')])).toMatchObject(refused('bad-request'))
  valueOf(hal.session.standAsHeir(heir.pin))
  valueOf(hal.session.mergeChat([message('one')]))
  expect(world.rooms.coded(hal.code)!.chat).toEqual([message('one')])
  expect(world.rooms.coded(CODE)!.chat).toEqual([])
})

test('[E10] a message of a computer whose clock is years ahead is kept, and later ones come after it', () => {
  const world = open()
  const { session } = world.visit()
  const { seats } = valueOf(session.adoptRoom(wish))
  const ahead = world.clock.now() + 20 * 365 * 24 * 3_600_000
  valueOf(session.mergeChat([message('one', { id: ahead, at: ahead })]))
  const back = world.visit()
  valueOf(back.session.resume(seats[0]!.token))
  const { id } = valueOf(back.session.sendChat({ nonce: 'nonce-later', text: 'later' }))
  expect(id).toBeGreaterThan(ahead)
  expect(world.rooms.coded(CODE)!.chat.map(({ id: each }) => each)).toEqual([ahead, id])
})

test('[E10] a message from beyond all calendars is refused with all that came along', () => {
  for (const late of [{ id: limits.messageTime + 1 }, { at: limits.messageTime + 1 }, { id: Number.MAX_SAFE_INTEGER }])
    expect(v.safeParse(MergeChat, { messages: [message('one'), message('two', late)] }).success).toBe(false)
  expect(v.safeParse(MergeChat, { messages: [message('one', { id: limits.messageTime })] }).success).toBe(true)
})

test('[E10] whoever is inside has said it under the name they have here; of others the name is taken as it is', () => {
  const world = open()
  const { session } = world.visit()
  valueOf(session.adoptRoom(wish))
  const stranger = newPeerId()
  valueOf(
    session.mergeChat([
      message('one', { name: 'Ann' }),
      message('two', { from: stranger, name: 'Cy', id: 1_763_999_990_001 }),
    ]),
  )
  expect(world.rooms.coded(CODE)!.chat.map(({ from, name }) => [from, name])).toEqual([
    [ben.id, 'Ben'],
    [stranger, 'Cy'],
  ])
})

test('[E12] the will of an adopted room is told; of any other room as little as of none, and asking is counted', () => {
  const world = open({ missRate: { burst: 3, perSecond: 0.001 } })
  valueOf(adopt(world))
  const { code } = hostRoom(world)
  const ask = (wanted: string) => world.rooms.adoptions.willOf(wanted, '192.0.2.7')
  expect(ask('K7MQ-2XVD-9THR')).toEqual({ ok: true, value: { pin: own.pin, will: wish.will } })
  const none = ask('k7mq2xvd9thx')
  expect(none).toMatchObject(refused('room-not-found'))
  expect([ask(code), ask('no code at all')]).toEqual([none, none])
  expect([ask(code), ask(CODE)]).toMatchObject([refused('too-many-requests'), refused('too-many-requests')])
})

test('[E12] a server whose key is another one now does not go by a will to the former one', () => {
  const signer = createHostSigner()
  const context = { signer, ownerKey: OWNER_KEY }
  const world = createWorld({}, randomBytes(32), new ManualClock(), undefined, undefined, context)
  const { seats } = valueOf(adopt(world, { will: [former.sign(CODE, signer.pin)] }))
  expect(world.rooms.adoptions.willOf(CODE, '192.0.2.7')).toMatchObject({ value: { pin: signer.pin } })
  signer.prepare(createHostKey())()
  expect(world.rooms.adoptions.willOf(CODE, '192.0.2.7')).toMatchObject(refused('room-not-found'))
  const { session } = world.visit()
  valueOf(session.resume(seats[0]!.token))
  const { will } = valueOf(session.standAsHeir(heir.pin))
  expect([will!.length, leadsTo(will!, { code: CODE, to: heir.pin })]).toEqual([1, true])
})

test('[E13] after a restart an adopted room is there with its door and its will', () => {
  const rows = new Map<string, string>()
  const store = {
    findRoom: (code: string) => rows.get(code) ?? null,
    saveRoom: (code: string, json: string) => void rows.set(code, json),
    removeRoom: (code: string) => void rows.delete(code),
    forgetRooms: () => undefined,
  }
  const [key, clock] = [randomBytes(32), new ManualClock()]
  const start = () =>
    open({}, key, new StoredRooms({ store, clock, limits: defaultServerLimits, onFault: () => undefined }))
  const { seats } = valueOf(adopt(start()))
  const world = start()
  expect(world.rooms.size).toBe(0)
  const { session } = world.visit()
  const { room } = valueOf(session.resume(seats[1]!.token))
  expect(room).toMatchObject({ title: 'Plans', capacity: 5, door: { knock: true }, hosts: [ben.id] })
  expect(world.rooms.adoptions.willOf(CODE, '192.0.2.7')).toMatchObject({ value: { pin: own.pin, will: wish.will } })
  expect(valueOf(session.standAsHeir(heir.pin)).will).toHaveLength(2)
})
