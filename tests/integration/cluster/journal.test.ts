import { describe, expect, test } from 'vitest'
import { codeKey, nameKey } from '#signalling/cluster/cluster.ts'
import { limits as wire } from '#signalling/protocol.ts'
import type { RoomRecord } from '#signalling/domain/room-record.ts'
import { defaultServerLimits } from '#signalling/server-limits.ts'
import { createSystemClock } from '#signalling/system-clock.ts'
import { whyNoRedis } from '../../helpers/redis.ts'
import { valueOf } from '../../helpers/signalling-domain.ts'
import { at, intruder, Process, startProcesses, startRedis, until } from './joined.ts'

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

const find = (address: string) => ({ kind: 'room', address, mode: 'find' }) as const
const DAY_MS = 24 * 60 * 60_000

describe.skipIf(reason !== null)('the journal', { timeout: 30_000 }, () => {
  test('outputs wait until what they follow from is written, and keep their order', async () => {
    const redis = await startRedis()
    const process = await Process.start(redis)
    const { journal } = process.places
    const told: string[] = []
    journal.after(null, () => told.push('nothing waits'))
    expect(told).toEqual(['nothing waits'])
    const room = await process.openNamed('standup')
    journal.after(nameKey('standup'), () => told.push('first'))
    journal.after(null, () => {
      told.push('second')
      process.visit(room, 'Bob')
      journal.after(null, () => told.push('fifth'))
    })
    journal.after('live:1', () => told.push('third'))
    expect(told).toEqual(['nothing waits'])
    await new Promise((resolve) => setImmediate(resolve))
    // Under way by now: this one has to wait for the next flush.
    process.visit(room, 'Ann')
    journal.after(nameKey('standup'), () => told.push('fourth'))
    await until(() => told.length === 6)
    expect(told.slice(1)).toEqual(['first', 'second', 'third', 'fourth', 'fifth'])
    const written = await (await intruder(redis)).get(at('room:name:standup'))
    expect((JSON.parse(written!) as RoomRecord).peers.map(({ name }) => name).sort()).toEqual(['Ann', 'Bob'])
  })

  test('a fault of one output is logged, and the others run', async () => {
    const process = await Process.start(await startRedis())
    await process.openNamed('standup')
    const told: string[] = []
    process.places.journal.after(null, () => {
      throw new Error('a fault of the server')
    })
    process.places.journal.after(null, () => told.push('another'))
    await process.written()
    expect(told).toEqual(['another'])
    expect(process.logged).toContain('output-fault')
  })

  test('the write of a home that is none any more is refused, what follows from it is never told, and it is lost once', async () => {
    const [first, second, third] = await startProcesses(3, await startRedis())
    const room = await first!.openNamed('standup')
    const other = await first!.openNamed('other')
    await first!.written()
    await first!.die()
    await second!.places.homes.find(find('standup'))
    const told: string[] = []
    const { journal } = first!.places
    first!.visit(room, 'Ann', 'too late')
    first!.visit(other, 'Bob')
    journal.after(nameKey('standup'), () => told.push('of the stale home'))
    journal.after(nameKey('other'), () => told.push('of a home'))
    journal.after(null, () => told.push('of none'))
    await first!.written()
    expect(told).toEqual(['of a home', 'of none'])
    expect(first!.lost).toEqual([nameKey('standup')])
    expect(await third!.places.homes.find(find('standup'))).toMatchObject({ where: 'there', process: second!.id })
    expect(second!.rooms.find('standup')?.record.peers).toEqual([])
  })

  test('whoever waits for what is never told hears so after the place is forgotten, also when it was just given away', async () => {
    const [first, second] = await startProcesses(2, await startRedis())
    const room = await first!.openNamed('standup')
    await first!.openNamed('other')
    await first!.written()
    await first!.die()
    for (const name of ['standup', 'other']) await second!.places.homes.find(find(name))
    const told: string[] = []
    const { journal } = first!.places
    const wait = (name: string) =>
      journal.after(
        nameKey(name),
        () => told.push('of the stale home'),
        () => told.push(`${name}: ${first!.lost.join()}`),
      )
    first!.visit(room, 'Ann')
    journal.release(nameKey('other'))
    for (const name of ['standup', 'other']) wait(name)
    await first!.written()
    expect(told.sort()).toEqual(['other: name:standup', 'standup: name:standup'])
  })

  test('after a process stood still it tells nothing, also what changes nothing, before it knows what is still its own', async () => {
    const redis = await startRedis()
    const system = createSystemClock(() => undefined)
    let stoodStillMs = 0
    const clock = { ...system, now: () => system.now() + stoodStillMs }
    const [first, second] = [await Process.start(redis, {}, clock), await Process.start(redis)]
    for (const name of ['standup', 'other']) await first.openNamed(name)
    await first.written()
    await (await intruder(redis)).set(at('home:name:standup'), second.id)
    stoodStillMs = defaultServerLimits.clusterExpiryMs
    const told: string[] = []
    for (const name of ['standup', 'other']) first.places.journal.after(nameKey(name), () => told.push(name))
    first.places.journal.after(null, () => told.push('none'))
    expect(told).toEqual([])
    await until(() => told.length > 0)
    expect([told, first.lost]).toEqual([['other', 'none'], [nameKey('standup')]])
    first.places.journal.after(nameKey('other'), () => told.push('at once'))
    expect(told.at(-1)).toBe('at once')
  })

  test('what still waits for the next flush is not told either when the one before it is refused', async () => {
    const [first, second] = await startProcesses(2, await startRedis())
    const room = await first!.openNamed('standup')
    await first!.written()
    await first!.die()
    await second!.places.homes.find(find('standup'))
    const told: string[] = []
    first!.visit(room, 'Ann')
    await new Promise((resolve) => setImmediate(resolve))
    first!.visit(room, 'Bob')
    first!.places.journal.after(nameKey('standup'), () => told.push('of the stale home'))
    first!.places.journal.after(null, () => told.push('of none'))
    await until(() => told.length > 0)
    expect(told).toEqual(['of none'])
    expect(first!.lost).toEqual([nameKey('standup')])
  })

  test('no more of a chat is kept than is told', async () => {
    const redis = await startRedis()
    const process = await Process.start(redis)
    const room = await process.openNamed('standup')
    const texts = Array.from({ length: wire.chatHistory + 50 }, (_, n) => `text ${n}`)
    const { said } = process.visit(room, 'Ann', ...texts.slice(0, wire.chatHistory))
    await process.written()
    const more = process.visit(room, 'Bob', ...texts.slice(wire.chatHistory)).said
    await process.written()
    const client = await intruder(redis)
    const kept = await client.zRange(at('chat:name:standup'), 0, -1)
    expect(kept.map((text) => JSON.parse(text) as unknown)).toEqual([...said, ...more].slice(-wire.chatHistory))
  })

  test('nothing stays in Redis for ever, and an expired room leaves nothing but that it is gone', async () => {
    const redis = await startRedis()
    const process = await Process.start(redis)
    const room = await process.openNamed('standup')
    process.visit(room, 'Ann', 'one')
    process.places.journal.bookChanged('standup', {
      appointment: { id: 'standup', code: '', title: '', created: 1, used: 1, tokenHash: null },
    })
    await process.written()
    const client = await intruder(redis)
    const mine = ['home:name:standup', 'room:name:standup', 'chat:name:standup', `code:${room.code}`]
    for (const key of mine) {
      const left = await client.pTTL(at(key))
      expect(left).toBeGreaterThan(0)
      expect(left).toBeLessThanOrEqual(DAY_MS)
    }
    expect(await client.pTTL(at('book:standup'))).toBeGreaterThan(DAY_MS)
    process.places.journal.roomClosed(room)
    process.places.homes.release(nameKey('standup'))
    await process.written()
    expect(await client.exists(mine.map(at))).toBe(0)
    expect(await client.pTTL(at(`gone:${room.code}`))).toBeGreaterThan(0)
  })

  test('what is at home somewhere is renewed, so that it does not run out under it', async () => {
    const redis = await startRedis()
    const process = await Process.start(redis, { clusterSweepMs: 20 })
    const room = await process.openNamed('standup')
    process.visit(room, 'Ann', 'one')
    await process.written()
    const client = await intruder(redis)
    const keys = ['home:name:standup', 'room:name:standup', 'chat:name:standup', `code:${room.code}`].map(at)
    for (const key of keys) await client.pExpire(key, 30_000)
    for (const key of keys) await expect.poll(() => client.pTTL(key)).toBeGreaterThan(60_000)
    expect(process.lost).toEqual([])
  })

  test('while Redis is away nothing is told; when it is back with its data all is, and nobody lost a place', async () => {
    const redis = await startRedis({ appendOnly: true })
    const [first, second] = await startProcesses(2, redis)
    const room = await first!.openNamed('standup')
    const before = first!.visit(room, 'Ann', 'before').said
    await first!.written()
    await redis.kill()
    const told: string[] = []
    const during = first!.visit(room, 'Bob', 'during').said
    first!.places.journal.after(nameKey('standup'), () => told.push('held'))
    const asked = second!.places.homes.find(find('standup'))
    await until(() => first!.logged.includes('redis-lost') && second!.logged.includes('redis-lost'))
    expect(told).toEqual([])
    await redis.restart()
    await until(() => told.length > 0)
    expect(await asked).toEqual({ where: 'there', key: nameKey('standup'), process: first!.id })
    expect([first!.lost, second!.taken]).toEqual([[], []])
    await first!.die()
    await second!.places.homes.find(find('standup'))
    expect(second!.taken[0]![1].room).toEqual({ record: room.record, chat: [...before, ...during] })
  })

  test('when Redis comes back empty, homes keep their places and write again all that is kept of them', async () => {
    const redis = await startRedis()
    const [first, second] = await startProcesses(2, redis)
    const room = await first!.openNamed('standup')
    const quiet = valueOf(first!.rooms.create({ title: 'nothing happens here' }))
    const { said } = first!.visit(room, 'Ann', 'before')
    const book = {
      appointment: { id: 'standup', code: room.code, title: '', created: 1, used: 1, tokenHash: null },
      chats: [],
      documents: [],
    }
    first!.books.set('standup', book)
    first!.places.journal.bookChanged('standup', book)
    await first!.written()
    await redis.kill()
    const during = first!.visit(room, 'Bob', 'during').said
    const told: string[] = []
    first!.places.journal.after(nameKey('standup'), () => told.push('held'))
    const asked = second!.places.homes.find(find('standup'))
    await redis.restart()
    expect(await asked).toEqual({ where: 'there', key: nameKey('standup'), process: first!.id })
    expect(told).toEqual(['held'])
    await first!.written()
    await first!.die()
    for (const address of ['standup', quiet.code])
      expect(await second!.places.homes.find(find(address))).toMatchObject({ where: 'here' })
    expect(second!.taken).toEqual([
      [nameKey('standup'), { room: { record: room.record, chat: [...said, ...during] }, book, claims: new Map() }],
      [codeKey(quiet.code), { room: { record: quiet.record, chat: [] }, book: null, claims: new Map() }],
    ])
    expect(first!.lost).toEqual([])
  })

  test('what Redis has lost of the latest writes is written again when it is back', async () => {
    const redis = await startRedis({ appendOnly: true })
    const process = await Process.start(redis)
    const room = await process.openNamed('standup')
    await process.written()
    const client = await intruder(redis)
    const former = await client.get(at('room:name:standup'))
    process.visit(room, 'Ann', 'one')
    await process.written()
    const latest = await client.get(at('room:name:standup'))
    await client.multi().set(at('room:name:standup'), former!).del(at('chat:name:standup')).exec()
    await redis.restart()
    await expect.poll(() => client.get(at('room:name:standup')).catch(() => null)).toBe(latest)
    expect(await client.zCard(at('chat:name:standup'))).toBe(1)
  })

  test('what Redis refuses is tried again until it takes it, and said once', async () => {
    const redis = await startRedis()
    const process = await Process.start(redis)
    const client = await intruder(redis)
    await client.configSet({ maxmemory: '1', 'maxmemory-policy': 'noeviction' })
    valueOf(process.rooms.create({ name: 'standup' }))
    const told: string[] = []
    process.places.journal.after(nameKey('standup'), () => told.push('held'))
    await until(() => process.logged.includes('redis-refuses'))
    expect(told).toEqual([])
    await client.configSet('maxmemory', '0')
    await until(() => told.length > 0)
    expect(process.logged.filter((event) => event === 'redis-refuses')).toHaveLength(1)
  })

  test('when too much waits for Redis, the place of the oldest is given up, and the others are told in the end', async () => {
    const redis = await startRedis()
    const process = await Process.start(redis, { clusterHeldOutputs: 3 })
    const [one, two] = [await process.openNamed('one'), await process.openNamed('two')]
    await process.written()
    await redis.kill()
    const told: string[] = []
    const { journal } = process.places
    process.visit(one, 'Ann')
    journal.after(nameKey('one'), () => told.push('one'))
    process.visit(two, 'Bob')
    for (const text of ['two', 'two again']) journal.after(nameKey('two'), () => told.push(text))
    expect(process.lost).toEqual([])
    journal.after(null, () => told.push('of none'))
    expect(process.lost).toEqual([nameKey('one')])
    await redis.restart()
    await until(() => told.length === 3)
    expect(told).toEqual(['two', 'two again', 'of none'])
    expect(process.logged.filter((event) => event === 'output-dropped')).toHaveLength(1)
  })
})
