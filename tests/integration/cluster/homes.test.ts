import { describe, expect, test, vi } from 'vitest'
import { codeKey, nameKey, USERS_KEY, type Found } from '#signalling/cluster/cluster.ts'
import { formatRoomCode } from '#signalling/protocol.ts'
import type { Book } from '#signalling/store/book.ts'
import { whyNoRedis } from '../../helpers/redis.ts'
import { ManualClock, valueOf } from '../../helpers/signalling-domain.ts'
import { at, intruder, Process, startProcesses, startRedis, until } from './joined.ts'

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

const open = (address: string) => ({ kind: 'room', address, mode: 'open' }) as const
const find = (address: string) => ({ kind: 'room', address, mode: 'find' }) as const
const resume = (token: string) => ({ kind: 'token', token }) as const

const aBook = (id: string): Book => ({
  appointment: { id, code: '', title: 'Cabin', created: 1, used: 2, tokenHash: Buffer.alloc(32, 7) },
  chats: [{ key: 'k', json: '{"say":"hi"}' }],
  documents: [{ kind: 'report', format: 'text', at: 3, size: 4, text: 'text' }],
})
const noKept = { room: null, book: null, claims: new Map() }

describe.skipIf(reason !== null)('homes', { timeout: 30_000 }, () => {
  test('of many who open one name at once from three processes, one process becomes its home', async () => {
    const processes = await startProcesses(3, await startRedis())
    for (const name of ['one', 'two', 'three', 'four']) {
      const asked = processes.flatMap((process) => [1, 2, 3].map(() => process.places.homes.find(open(name))))
      const found = await Promise.all(asked)
      const homes = processes.filter(({ taken }) => taken.some(([key]) => key === nameKey(name)))
      expect(homes).toHaveLength(1)
      const [home] = homes
      expect(home!.taken.filter(([key]) => key === nameKey(name))).toHaveLength(1)
      for (const [place, each] of found.entries()) {
        const isHome = processes[Math.floor(place / 3)] === home
        const there: Found = { where: 'there', key: nameKey(name), process: home!.id }
        expect(each).toEqual(isHome ? { where: 'here', key: nameKey(name) } : there)
      }
    }
  })

  test('a place is taken over when its home is dead and not before, with its people, its chat and its book', async () => {
    const [first, second] = await startProcesses(2, await startRedis())
    const room = await first!.openNamed('standup')
    const { said } = first!.visit(room, 'Ann', 'one', 'two')
    const book = aBook('standup')
    first!.places.journal.bookChanged('standup', book)
    await first!.written()
    const there = { where: 'there', key: nameKey('standup'), process: first!.id }
    expect(await second!.places.homes.find(find('standup'))).toEqual(there)
    expect(second!.taken).toEqual([])
    await first!.die()
    expect(await second!.places.homes.find(find('standup'))).toEqual({ where: 'here', key: nameKey('standup') })
    const { record } = room
    expect(second!.taken).toEqual([[nameKey('standup'), { ...noKept, room: { record, chat: said }, book }]])
  })

  test('a room is found by its code, however it is typed, and by its name, in every process', async () => {
    const [first, second] = await startProcesses(2, await startRedis())
    const named = await first!.openNamed('standup')
    const unnamed = valueOf(first!.rooms.create({ title: 'no name' }))
    await first!.written()
    const typed = formatRoomCode(named.code).toUpperCase()
    for (const address of ['standup', named.code, typed]) {
      expect(await first!.places.homes.find(find(address))).toEqual({ where: 'here', key: nameKey('standup') })
      const there = { where: 'there', key: nameKey('standup'), process: first!.id }
      expect(await second!.places.homes.find(find(address))).toEqual(there)
      expect(await second!.places.homes.find(open(address))).toEqual(there)
    }
    const key = codeKey(unnamed.code)
    const there = { where: 'there', key, process: first!.id }
    expect(await second!.places.homes.find(open(unnamed.code))).toEqual(there)
  })

  test('what there is not is nowhere, and is not taken', async () => {
    const redis = await startRedis()
    const process = await Process.start(redis)
    expect(await process.places.homes.find(find('nothing'))).toEqual({ where: 'nowhere' })
    expect(await process.places.homes.find(resume('no.token'))).toEqual({ where: 'nowhere' })
    expect(process.taken).toEqual([])
    const keys = await (await intruder(redis)).keys(at('home:*'))
    expect(keys).toEqual([])
  })

  test('an appointment that nobody is in is found by its book alone', async () => {
    const [first, second] = await startProcesses(2, await startRedis())
    first!.places.journal.bookChanged('a cabin', aBook('a cabin'))
    await first!.written()
    first!.places.homes.release(nameKey('a cabin'))
    expect(await second!.places.homes.find(find('a cabin'))).toEqual({ where: 'here', key: nameKey('a cabin') })
    expect(second!.taken).toEqual([[nameKey('a cabin'), { ...noKept, book: aBook('a cabin') }]])
  })

  test('the book of an appointment that was joined by a code goes with the room of that code', async () => {
    const [first, second] = await startProcesses(2, await startRedis())
    const { code } = valueOf(first!.rooms.create({}))
    first!.places.journal.bookChanged(code, aBook(code))
    await first!.written()
    await first!.die()
    expect(await second!.places.homes.find(find(code))).toEqual({ where: 'here', key: codeKey(code) })
    expect(second!.taken[0]![1].book).toEqual(aBook(code))
  })

  test('what was given away goes to whoever wants it next, without a death', async () => {
    const [first, second] = await startProcesses(2, await startRedis())
    await first!.places.homes.find(open('standup'))
    first!.places.homes.release(nameKey('standup'))
    first!.places.homes.release(nameKey('standup'))
    await first!.written()
    expect(await second!.places.homes.find(open('standup'))).toEqual({ where: 'here', key: nameKey('standup') })
    first!.places.homes.release(nameKey('standup'))
    await first!.written()
    expect(await first!.places.homes.find(open('standup'))).toMatchObject({ where: 'there', process: second!.id })
  })

  test('what is wanted again while it is being given away is taken anew, with all that was kept', async () => {
    const process = await Process.start(await startRedis())
    const { homes, journal } = process.places
    await homes.find(open('standup'))
    journal.bookChanged('standup', aBook('standup'))
    homes.release(nameKey('standup'))
    expect(await homes.find(find('standup'))).toEqual({ where: 'here', key: nameKey('standup') })
    expect(process.taken.at(-1)).toEqual([nameKey('standup'), { ...noKept, book: aBook('standup') }])
  })

  test('what is given away while it is being found is home here afterwards, in Redis as well', async () => {
    const redis = await startRedis()
    const process = await Process.start(redis)
    const { homes, journal } = process.places
    const client = await intruder(redis)
    await client.set(at('code:0123456789ab'), nameKey('standup'))
    await homes.find(open('standup'))
    journal.bookChanged('standup', aBook('standup'))
    await process.written()
    const found = homes.find(find('0123456789ab'))
    // So that the question is under way; an answer takes a turn of the event loop.
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    homes.release(nameKey('standup'))
    expect(await found).toEqual({ where: 'here', key: nameKey('standup') })
    await process.written()
    expect(await client.get(at('home:name:standup'))).toBe(process.id)
    expect(process.taken.at(-1)).toEqual([nameKey('standup'), { ...noKept, book: aBook('standup') }])
  })

  test('a token leads to its room by its name, by its code when it has none, and to one that nothing was kept of', async () => {
    const [first, second, third] = await startProcesses(3, await startRedis())
    const named = await first!.openNamed('standup')
    const unnamed = valueOf(first!.rooms.create({}))
    const tokens = [named, unnamed].map((room) => first!.visit(room, 'Ann').token)
    await first!.written()
    const there = { where: 'there', process: first!.id }
    expect(await second!.places.homes.find(resume(tokens[0]!))).toEqual({ ...there, key: nameKey('standup') })
    expect(await second!.places.homes.find(resume(tokens[1]!))).toEqual({ ...there, key: codeKey(unnamed.code) })
    expect(await first!.places.homes.find(resume(tokens[1]!))).toEqual({ where: 'here', key: codeKey(unnamed.code) })
    const lost = valueOf(third!.rooms.create({}))
    const token = third!.visit(lost, 'Bob').token
    third!.places.journal.lose(codeKey(lost.code))
    await third!.die()
    expect(await second!.places.homes.find(resume(token))).toEqual({ where: 'here', key: codeKey(lost.code) })
    expect(second!.taken.at(-1)).toEqual([codeKey(lost.code), noKept])
  })

  test('a token of a room that lost its name to another one leads to the room of its code', async () => {
    const [first, second] = await startProcesses(2, await startRedis())
    const room = await first!.openNamed('standup')
    const { token } = first!.visit(room, 'Ann')
    first!.rooms.evict(room.code)
    const other = valueOf(first!.rooms.create({ name: 'standup' }))
    const revived = valueOf(first!.rooms.findOrRevive(first!.rooms.openToken(token)!))
    await first!.written()
    expect([revived.name, revived.code, other.name]).toEqual([null, room.code, 'standup'])
    expect(await second!.places.homes.find(resume(token))).toMatchObject({ key: codeKey(room.code) })
  })

  test('an expired room is gone with its tokens, and its appointment begins with a new code', async () => {
    const [first, second] = await startProcesses(2, await startRedis())
    const room = await first!.openNamed('standup')
    const { token } = first!.visit(room, 'Ann', 'one')
    const book = aBook('standup')
    const withCode = { ...book, appointment: { ...book.appointment, code: room.code } }
    first!.places.journal.bookChanged('standup', withCode)
    await first!.written()
    first!.rooms.evict(room.code)
    first!.places.journal.roomClosed(room)
    await first!.written()
    expect(await second!.places.homes.find(resume(token))).toEqual({ where: 'gone' })
    expect(await second!.places.homes.find(find(room.code))).toEqual({ where: 'nowhere' })
    first!.places.homes.release(nameKey('standup'))
    await first!.written()
    expect(await second!.places.homes.find(find('standup'))).toMatchObject({ where: 'here' })
    expect(second!.taken).toEqual([[nameKey('standup'), { ...noKept, book }]])
  })

  test('whoever takes the users is told all claims, and no other place is', async () => {
    const [first, second] = await startProcesses(2, await startRedis())
    await first!.places.homes.find({ kind: 'place', key: USERS_KEY })
    const claims = Array.from({ length: 2500 }, (_, n) => [`user ${n}`, { fingerprint: `f${n}`, shownAt: n }] as const)
    for (const [userId, claim] of claims) first!.places.journal.claimChanged(userId, claim)
    first!.places.journal.claimChanged('user 7', null)
    await first!.written()
    await first!.die()
    await second!.places.homes.find(open('users'))
    expect(await second!.places.homes.find({ kind: 'place', key: USERS_KEY })).toMatchObject({ where: 'here' })
    const expected = new Map(claims.filter(([userId]) => userId !== 'user 7'))
    expect(second!.taken.map(([key, kept]) => [key, kept.claims])).toEqual([
      [nameKey('users'), new Map()],
      [USERS_KEY, expected],
    ])
  })

  test('what is idle for two looks, and was not asked for in between, is given away, and what is not idle stays', async () => {
    const redis = await startRedis()
    const clock = new ManualClock()
    const process = await Process.start(redis, { clusterSweepMs: 1000 }, clock)
    process.isIdle = true
    await process.openNamed('busy')
    const idle = { kind: 'place', key: 'live:1' } as const
    await process.places.homes.find(idle)
    clock.advance(1000)
    await process.places.homes.find(idle)
    clock.advance(1000)
    expect(process.lost).toEqual([])
    clock.advance(1000)
    expect(process.lost).toEqual(['live:1'])
    await process.written()
    expect(await (await intruder(redis)).keys(at('home:*'))).toEqual([at('home:name:busy')])
  })

  test('a process that may be taken for dead itself takes nothing over before it knows who lives', async () => {
    const redis = await startRedis()
    const slow = { clusterHeartbeatMs: 500, clusterSettleMs: 1200 }
    const [first, second] = [await Process.start(redis, slow), await Process.start(redis, slow)]
    await first.openNamed('standup')
    await first.written()
    // As after a stall of Redis, or of both.
    await (await intruder(redis)).del([at(`process:${first.id}`), at(`process:${second.id}`)])
    expect(await second.places.homes.find(find('standup'))).toMatchObject({ where: 'there', process: first.id })
    expect(first.lost).toEqual([])
  })

  test('nobody is taken for dead before all had the time to say that they live', async () => {
    const redis = await startRedis()
    const [first, second] = await startProcesses(2, redis)
    await first!.openNamed('standup')
    await first!.written()
    const settled = Promise.withResolvers<undefined>()
    vi.spyOn(second!.presence, 'settled').mockReturnValueOnce(settled.promise)
    const client = await intruder(redis)
    await client.del(at(`process:${first!.id}`))
    const found = second!.places.homes.find(find('standup'))
    await expect.poll(() => client.exists(at(`process:${first!.id}`))).toBe(1)
    settled.resolve(undefined)
    expect(await found).toMatchObject({ where: 'there', process: first!.id })
  })

  test('whoever was taken for dead and stands up again gives up what others have taken meanwhile, and keeps the rest', async () => {
    const redis = await startRedis()
    const [first, second] = await startProcesses(2, redis)
    await first!.openNamed('taken')
    await first!.openNamed('kept')
    await first!.written()
    const client = await intruder(redis)
    // As after a long stall: the key of the process is gone, until its next heartbeat.
    await client
      .multi()
      .del(at(`process:${first!.id}`))
      .set(at('home:name:taken'), second!.id)
      .exec()
    await until(() => first!.lost.length > 0)
    expect(first!.lost).toEqual([nameKey('taken')])
    expect(await first!.places.homes.find(find('kept'))).toEqual({ where: 'here', key: nameKey('kept') })
    expect(await first!.places.homes.find(find('taken'))).toMatchObject({ where: 'there', process: second!.id })
  })

  test('whoever stands up again writes nothing over what another has taken, gone on with and given away meanwhile', async () => {
    const redis = await startRedis()
    const [first, second] = await startProcesses(2, redis)
    const room = await first!.openNamed('taken')
    await first!.written()
    const client = await intruder(redis)
    const newer = JSON.stringify({ ...room.record, title: 'gone on with' })
    await client
      .multi()
      .del([at(`process:${first!.id}`), at('home:name:taken')])
      .set(at('last:name:taken'), second!.id)
      .set(at('room:name:taken'), newer)
      .exec()
    await until(() => first!.lost.length > 0)
    expect(await client.get(at('room:name:taken'))).toBe(newer)
    await second!.places.homes.find(find('taken'))
    expect(second!.rooms.find('taken')?.title).toBe('gone on with')
  })

  test('what others have written into Redis is not believed, and does not stand in the way', async () => {
    const redis = await startRedis()
    const process = await Process.start(redis)
    const client = await intruder(redis)
    await client.set(at('room:name:text'), '{"code":1}')
    await client.set(at('room:name:other'), JSON.stringify((await process.openNamed('some')).record))
    await client.hSet(at('book:text'), { appointment: 'no JSON', chats: '[1]' })
    await client.lPush(at('home:name:lists'), 'x')
    await client.lPush(at('room:name:lists'), 'x')
    await client.set(at('chat:name:lists'), 'x')
    await client.set(at('book:lists'), 'x')
    await client.set(at('code:0123456789ab'), 'users')
    await client.hSet(at('claims'), { good: '{"fingerprint":"f","shownAt":1}', bad: '{"fingerprint":1}' })
    const { homes } = process.places
    process.taken.length = 0
    for (const name of ['text', 'other', 'lists']) expect(await homes.find(open(name))).toMatchObject({ where: 'here' })
    expect(process.taken).toEqual(['text', 'other', 'lists'].map((name) => [nameKey(name), noKept]))
    expect(await homes.find(find('0123456789ab'))).toEqual({ where: 'nowhere' })
    await homes.find({ kind: 'place', key: USERS_KEY })
    expect([...process.claims.keys()]).toEqual(['good'])
    expect(process.logged.filter((event) => event === 'kept-unreadable')).toHaveLength(4)
    const room = await process.openNamed('lists')
    process.visit(room, 'Ann', 'one')
    await process.written()
    expect(await client.zCard(at('chat:name:lists'))).toBe(1)
  })

  test('a server that could not put in place what was kept is not home of it', async () => {
    const process = await Process.start(await startRedis())
    process.taken.push = () => {
      throw new Error('a fault of the server')
    }
    expect(await process.places.homes.find(open('standup'))).toEqual({ where: 'nowhere' })
    expect(process.lost).toEqual([nameKey('standup')])
  })

  test('closing gives everything away at once, tells whoever waits, and finds nothing afterwards', async () => {
    const redis = await startRedis()
    const [first, second] = await startProcesses(2, redis)
    const names = Array.from({ length: 20 }, (_, n) => `room ${n}`)
    for (const name of names) await first!.openNamed(name)
    await first!.places.close()
    await first!.places.close()
    for (const name of names) expect(await second!.places.homes.find(find(name))).toMatchObject({ where: 'here' })
    expect(second!.taken.map(([, { room }]) => room?.record.name)).toEqual(names)
    await expect(first!.places.homes.find(open('x'))).rejects.toThrow('stopping')
    await redis.kill()
    const refused = expect(second!.places.homes.find(open('x'))).rejects.toThrow('stopping')
    await second!.places.close()
    await refused
  })
})
