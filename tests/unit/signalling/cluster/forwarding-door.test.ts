import { expect, test } from 'vitest'
import { codeKey } from '#signalling/cluster/cluster.ts'
import type { Joined, Result, RoomCode } from '#signalling/protocol.ts'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { valueOf } from '../../../helpers/signalling-domain.ts'
import { settle, startServers, type Client } from './forwarding-servers.ts'

const hosting = async (client: Client, wish: object = {}) => {
  const created = await client.ask('room:create', wish)
  const { code, hostKey } = valueOf(created as Result<{ code: RoomCode; hostKey: string }>)
  const joined = valueOf((await client.ask('room:join', { code, name: 'Hal', hostKey })) as Result<Joined>)
  return { code, hostKey, id: joined.peerId, token: joined.token }
}
const ok = { ok: true }

test('[K1] somebody at one process knocks at a room of another, and comes in when its host says so', async () => {
  const { a, b } = startServers()
  const [hal, ann] = [a.connect(), b.connect()]
  const { code } = await hosting(hal, { knock: true })
  expect(await ann.ask('room:look', { code })).toMatchObject({ ok: true, value: { peers: [] } })
  expect(await ann.ask('room:knock', { code, name: 'Ann' })).toEqual({ ok: true, value: {} })
  await settle()
  const [{ knocks }] = hal.of('knocks:changed') as [{ knocks: readonly { id: string }[] }]
  expect(await hal.ask('knock:answer', { id: knocks[0]!.id, admit: true })).toMatchObject(ok)
  await settle()
  expect(ann.of('knock:answered')).toEqual([{ admitted: true }])
  const joined = await ann.join(code, 'Ann')
  expect(joined.peerId).toBe(knocks[0]!.id)
})

test('[K1] a knock that asks for nothing else finds its room wherever that is, and one at no room is refused', async () => {
  const { a, b } = startServers()
  const { code } = await hosting(a.connect(), { knock: true })
  const ann = b.connect()
  expect(await ann.ask('room:knock', { code, name: 'Ann' })).toMatchObject(ok)
  const refused = { ok: false, code: 'room-not-found' }
  expect(await ann.ask('room:knock', { code: '000000000000', name: 'Ann' })).toMatchObject(refused)
})

test('[K4] a connection of another process that is gone waits no more', async () => {
  const { a, b } = startServers()
  const [hal, ann] = [a.connect(), b.connect()]
  const { code } = await hosting(hal, { knock: true })
  await ann.ask('room:knock', { code, name: 'Ann' })
  ann.drop()
  await settle()
  expect(hal.of('knocks:changed').at(-1)).toEqual({ knocks: [] })
})

test('[O5] whoever is removed at another process is told, and is let in again by no process', async () => {
  const { a, b, c } = startServers()
  const [hal, eve, ann] = [a.connect(), b.connect(), c.connect()]
  const { code } = await hosting(hal)
  const { peerId: id, token } = await eve.join(code, 'Eve')
  await ann.join(code, 'Ann')
  expect(await hal.ask('peer:remove', { id })).toMatchObject(ok)
  await settle()
  expect([eve.of('session:removed').length, ann.of('peer:left')]).toEqual([1, [{ id, reason: 'removed' }]])
  expect(await eve.ask('signal:send', { to: id, signal: anOffer() })).toMatchObject({ code: 'not-in-room' })
  for (const server of [a, b, c]) {
    const again = server.connect()
    expect(await again.ask('peer:resume', { token })).toMatchObject({ code: 'resume-refused' })
    expect(await again.ask('room:join', { code, name: 'Mallory' })).toMatchObject({ code: 'knock-needed' })
  }
})

test('[O4] a host at one process changes a room of another', async () => {
  const { a, b, c } = startServers()
  const [maker, hal, ann] = [a.connect(), b.connect(), c.connect()]
  const { code, hostKey } = await hosting(maker)
  expect(await hal.ask('room:join', { code, name: 'Hal', hostKey })).toMatchObject(ok)
  await ann.join(code, 'Ann')
  expect(await hal.ask('room:change', { title: 'Plans', locked: true })).toMatchObject({ value: { title: 'Plans' } })
  await settle()
  expect(ann.of('room:updated')).toMatchObject([{ title: 'Plans', door: { locked: true } }])
  expect(await c.connect().ask('room:join', { code, name: 'Ben' })).toMatchObject({ code: 'room-locked' })
  expect(await ann.ask('room:change', { locked: false })).toMatchObject({ code: 'not-host' })
})

test('[O8] an ended room sends out people of all processes, who can go elsewhere then', async () => {
  const { a, b, c, registry } = startServers()
  const [hal, ann, looking] = [a.connect(), b.connect(), c.connect()]
  const { code, hostKey } = await hosting(hal)
  const { token } = await ann.join(code, 'Ann')
  await looking.ask('room:look', { code })
  expect(await hal.ask('room:end', {})).toEqual({ ok: true, value: {} })
  await settle()
  for (const client of [hal, ann, looking]) expect(client.of('room:closed')).toEqual([{ code, reason: 'ended' }])
  expect(hal.names.slice(-2)).toEqual(['answer', 'room:closed'])
  expect(a.hosting.hosts(codeKey(code))).toBe(false)
  registry.expired.add(code)
  expect(await ann.ask('room:join', { code, name: 'Ann', hostKey })).toMatchObject({ code: 'room-not-found' })
  expect(await ann.ask('peer:resume', { token })).toMatchObject({ code: 'resume-refused' })
  const { code: other } = await hosting(c.connect())
  await ann.join(other, 'Ann')
})

test('[G8] whoever tried too many codes is refused rooms of other processes as well', async () => {
  const { a, b } = startServers({ limits: { missRate: { burst: 2, perSecond: 1 } } })
  const { code } = await hosting(a.connect())
  const [eve, again] = [b.connect(), b.connect()]
  for (const at of [1, 2])
    expect(await eve.ask('room:look', { code: `00000000000${at}` })).toMatchObject({ code: 'room-not-found' })
  const slowed = { ok: false, code: 'too-many-requests' }
  expect(await eve.ask('room:look', { code })).toMatchObject(slowed)
  expect(await again.ask('room:join', { code, name: 'Eve' })).toMatchObject(slowed)
  const other = b.connectTo('minimal-rooms')
  expect(await other.ask('join', { room_id: code, peer_name: 'Eve' })).toMatchObject({
    error: 'Too many requests; wait a moment.',
  })
  b.clock.advance(1000)
  expect(await again.ask('room:look', { code })).toMatchObject(ok)
})

test('[G9] a user of one process does not call into a guarded room of another', async () => {
  const { a, b } = startServers()
  const hal = b.connect()
  const { code } = await hosting(hal)
  await hal.ask('room:change', { locked: true })
  const eve = a.connectTo('calls')
  await eve.ask('user:join', { userId: 'eve' })
  const answer = await eve.ask('call:initiate', { to: code, callType: 'audio' })
  expect(answer).toEqual({ error: 'User is not available' })
})

test.each(['removed', 'ended'] as const)(
  '[O5] a user who called a room of another process hears of being %s',
  async (how) => {
    const { a, b } = startServers()
    const hal = b.connect()
    const { code } = await hosting(hal)
    const eve = a.connectTo('calls')
    await eve.ask('user:join', { userId: 'eve' })
    expect(await eve.ask('call:initiate', { to: code, callType: 'audio' })).toEqual({})
    await settle()
    const [{ id }] = hal.of('peer:joined') as [{ id: string }]
    await (how === 'ended' ? hal.ask('room:end', {}) : hal.ask('peer:remove', { id }))
    await settle()
    expect(eve.of('call:ended')).toMatchObject([{ by: code, reason: 'ended' }])
    if (how === 'removed') expect(b.rooms.find(code)?.size).toBe(1)
    const again = await eve.ask('call:initiate', { to: code, callType: 'audio' })
    expect(again).toEqual({ error: how === 'removed' ? 'User is not available' : 'User not found' })
  },
)
