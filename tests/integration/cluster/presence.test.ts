import { describe, expect, onTestFinished, test } from 'vitest'
import { Presence, processKey } from '#signalling/cluster/presence.ts'
import { openRedis, type RedisLink } from '#signalling/cluster/redis.ts'
import type { Log } from '#signalling/log.ts'
import type { ServerLimits } from '#signalling/server-limits.ts'
import { createSystemClock } from '#signalling/system-clock.ts'
import { whyNoRedis, type RedisServer } from '../../helpers/redis.ts'
import { quickLimits, startRedis } from './mail-processes.ts'

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

const quiet: Log = () => undefined

interface Watched {
  readonly presence: Presence
  readonly link: RedisLink
  readonly gone: string[]
  readonly lapses: { count: number }
}

const begin = async (redis: RedisServer, id: string, limits: Partial<ServerLimits> = {}): Promise<Watched> => {
  const link = await openRedis(redis.url, { log: quiet })
  const clock = createSystemClock(quiet)
  const presence = new Presence(id, { link, clock, log: quiet, limits: { ...quickLimits, ...limits } })
  const watched = { presence, link, gone: [] as string[], lapses: { count: 0 } }
  presence.onGone((gone) => watched.gone.push(gone))
  presence.onLapsed(() => (watched.lapses.count += 1))
  await presence.start()
  onTestFinished(async () => {
    await presence.stop()
    await link.close()
  })
  return watched
}

const sees = (who: Watched, others: readonly string[]) =>
  expect.poll(() => [...who.presence.others()].sort(), { timeout: 10_000 }).toEqual(others)

/** Ends when `who` has heard from Redis so many times more. */
const beats = async (who: Watched, count: number): Promise<void> => {
  const key = processKey(who.presence.id)
  for (let beat = 0; beat < count; beat += 1) {
    await who.link.commands.set(key, 'seen', { KEEPTTL: true })
    await expect.poll(() => who.link.commands.get(key)).toBe('1')
  }
}

describe.skipIf(reason !== null)('presence', { timeout: 40_000 }, () => {
  test('processes see each other, and not themselves', async () => {
    const redis = await startRedis()
    const [a, b, c] = [await begin(redis, 'a'), await begin(redis, 'b'), await begin(redis, 'c')]
    await Promise.all([sees(a, ['b', 'c']), sees(b, ['a', 'c']), sees(c, ['a', 'b'])])
    expect([a.presence.isAlive('b'), a.presence.isAlive('a'), a.presence.isAlive('x')]).toEqual([true, true, false])
    await a.presence.settled()
  })

  test('one that stops is gone for the others at their next beat, once, and one that crashed when its key expires', async () => {
    const redis = await startRedis()
    const [a, b, c] = [await begin(redis, 'a'), await begin(redis, 'b'), await begin(redis, 'c')]
    await sees(a, ['b', 'c'])
    await b.presence.stop()
    await sees(a, ['c'])
    await c.link.close()
    await sees(a, [])
    await beats(a, 3)
    expect(a.gone).toEqual(['b', 'c'])
    expect(await a.link.commands.sMembers('{earshot}:processes')).toEqual(['a'])
  })

  test('one that was heard of elsewhere lives until Redis says otherwise', async () => {
    const redis = await startRedis()
    const a = await begin(redis, 'a')
    a.presence.expect('nobody')
    expect(a.presence.isAlive('nobody')).toBe(true)
    await expect.poll(() => a.gone).toEqual(['nobody'])
    expect(a.presence.isAlive('nobody')).toBe(false)
  })

  test.for([true, false])('nobody is taken for dead because Redis was away (with its data: %s)', async (appendOnly) => {
    const redis = await startRedis({ appendOnly })
    const [a, b, dead] = [await begin(redis, 'a'), await begin(redis, 'b'), await begin(redis, 'dead')]
    await Promise.all([sees(a, ['b', 'dead']), sees(b, ['a', 'dead'])])
    await dead.link.close()
    const back = Promise.withResolvers<undefined>()
    a.link.onReady(() => back.resolve(undefined))
    await redis.kill()
    await expect.poll(() => a.link.isReady).toBe(false)
    const settled: string[] = []
    const waiting = a.presence.settled().then(() => settled.push('settled'))
    await redis.restart()
    await back.promise
    expect([settled, a.gone]).toEqual([[], []])
    await waiting
    await expect.poll(() => a.gone).toEqual(['dead'])
    await sees(b, ['a'])
    expect(b.gone).toEqual(['dead'])
  })

  test('one whose key has expired is told so, and takes nobody for dead just then', async () => {
    const redis = await startRedis()
    const [a, b] = [await begin(redis, 'a'), await begin(redis, 'b', { clusterHeartbeatMs: 700 })]
    await Promise.all([sees(a, ['b']), sees(b, ['a'])])
    await a.link.commands.del([processKey('a'), processKey('b')])
    await expect.poll(() => [a.lapses.count, b.lapses.count]).toEqual([1, 1])
    await a.presence.settled()
    expect([a.gone, b.gone]).toEqual([[], []])
  })

  test('stopping ends the waiting for Redis, and is no error twice', async () => {
    const redis = await startRedis()
    const a = await begin(redis, 'a')
    await redis.kill()
    await expect.poll(() => a.link.isReady).toBe(false)
    const waiting = a.presence.settled()
    await a.presence.stop()
    await waiting
    await a.presence.stop()
  })
})
