import { randomBytes } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import type { RoomJournal } from '#signalling/domain/room-journal.ts'
import type { RoomRecord } from '#signalling/domain/room-record.ts'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { createWorld, enter, ManualClock, openRoom, valueOf } from '../../../helpers/signalling-domain.ts'

const KEY = randomBytes(32)
const log: (RoomRecord | 'closed' | `posted ${string}`)[] = []
const journal: RoomJournal = {
  roomChanged: ({ record }) => log.push(structuredClone(record)),
  posted: (_, { text }) => log.push(`posted ${text}`),
  roomClosed: () => log.push('closed'),
}
const createHome = (changes: Parameters<typeof createWorld>[0] = {}) =>
  createWorld(changes, KEY, new ManualClock(), journal)
/** What the journal was told since the last time. */
const news = () => log.splice(0)

beforeEach(() => void news())

const withPeers = (...peers: readonly unknown[]) => ({ peers })

test('is told of a room that was made, of who came, who was lost, who came back and who left', () => {
  const world = createHome()
  const code = openRoom(world)
  expect(news()).toMatchObject([{ code, ...withPeers(), former: [] }])
  const ann = enter(world, code)
  const { peerId: id } = ann.joined
  expect(news()).toMatchObject([withPeers({ id, generation: 1 })])
  ann.session.lost()
  expect(news()).toMatchObject([withPeers({ id, generation: 1 })])
  const back = world.visit()
  valueOf(back.session.resume(ann.joined.token))
  expect(news()).toMatchObject([withPeers({ id, generation: 2 })])
  back.session.leave()
  expect(news()).toMatchObject([{ ...withPeers(), former: [[id, null]] }])
})

test('is told of who was given up, and of who came back after that', () => {
  const world = createHome({ awayMs: 1000 })
  const code = openRoom(world)
  const { session, joined } = enter(world, code)
  session.lost()
  news()
  world.clock.advance(1000)
  expect(news()).toMatchObject([{ ...withPeers(), former: [[joined.peerId, 1]] }])
  valueOf(world.visit().session.resume(joined.token))
  expect(news()).toMatchObject([{ ...withPeers({ id: joined.peerId, generation: 2 }), former: [] }])
})

test('is told of signals for the absent while they are kept, and of no other', () => {
  const world = createHome({ outboxSignals: 1 })
  const code = openRoom(world)
  const [ann, bob] = [enter(world, code), enter(world, code, 'Bob')]
  const looking = world.visit()
  valueOf(looking.session.look(code))
  news()
  const send = (epoch: string) => valueOf(bob.session.sendSignal(ann.joined.peerId, anOffer(epoch)))
  send('a')
  valueOf(looking.session.sendSignal(ann.joined.peerId, anOffer('b')))
  valueOf(bob.session.sendSignal(looking.session.peerId, anOffer('c')))
  expect(news()).toEqual([])
  ann.session.lost()
  news()
  send('d')
  expect(news()).toMatchObject([withPeers({ outbox: [{ signal: anOffer('d') }] }, {})])
  send('e')
  expect(news()).toMatchObject([withPeers({ outbox: null }, {})])
  send('f')
  expect(news()).toEqual([])
})

test('is told of each message of the chat once', () => {
  const world = createHome()
  const ann = enter(world, openRoom(world))
  news()
  for (const text of ['one', 'two', 'one']) valueOf(ann.session.sendChat({ nonce: `nonce-${text}`, text }))
  expect(news()).toEqual(['posted one', 'posted two'])
})

test('is told of a room that has expired, and of nothing when rooms are looked at, restored, given away or closed', () => {
  const world = createHome({ emptyRoomMs: 1000 })
  openRoom(world)
  news()
  world.clock.advance(1000)
  expect(news()).toEqual(['closed'])
  const code = openRoom(world)
  enter(world, code).session.lost()
  news()
  valueOf(world.visit().session.look(code))
  const { record, chat } = world.rooms.coded(code)!
  world.rooms.evict(code)
  world.rooms.restore(record, chat)
  world.rooms.close()
  expect(news()).toEqual([])
})

test('is told before anybody else, when all has changed', () => {
  const order: string[] = []
  const record = (room: { record: RoomRecord }) => {
    const { peers, former } = room.record
    order.push(`${peers.map(({ generation }) => generation).join()}|${former.length}`)
  }
  const world = createWorld({ awayMs: 1000 }, KEY, new ManualClock(), {
    roomChanged: record,
    posted: () => order.push('posted'),
    roomClosed: () => order.push('closed'),
  })
  const code = openRoom(world)
  const [ann, bob, looking] = [enter(world, code), world.visit(), world.visit()]
  valueOf(looking.session.look(code))
  for (const { facts } of [ann, looking]) facts.push = (...[fact]) => order.push(fact![0])
  const orderOf = (act: () => unknown) => {
    order.length = 0
    act()
    return [...order]
  }
  const told = (fact: string) => [fact, 'room:changed']
  let token = ''
  expect(orderOf(() => (token = valueOf(bob.session.join(code, 'Bob')).token))).toEqual([
    '1,1|0',
    ...told('peer:joined'),
  ])
  expect(orderOf(() => bob.session.sendChat({ nonce: 'nonce-one', text: 'hi' }))).toEqual(['posted', 'chat:posted'])
  expect(orderOf(() => bob.session.lost())).toEqual(['1,1|0', ...told('peer:away')])
  expect(orderOf(() => bob.session.resume(token))).toEqual(['1,2|0', ...told('peer:back')])
  bob.session.lost()
  expect(orderOf(() => world.clock.advance(1000))).toEqual(['1|1', ...told('peer:left')])
  expect(orderOf(() => world.visit().session.resume(ann.joined.token))).toEqual(['2|1', 'session:replaced'])
})
