import { randomBytes } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Cluster, HomeOwner } from '#signalling/cluster/cluster.ts'
import { openRedisCluster } from '#signalling/cluster/open-cluster.ts'
import { defaultServerLimits } from '#signalling/server-limits.ts'
import { createSystemClock } from '#signalling/system-clock.ts'
import { whyNoRedis, type RedisServer } from '../../helpers/redis.ts'
import { at, intruder, startRedis, until } from './joined.ts'

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

const limits = { ...defaultServerLimits, clusterHeartbeatMs: 100, clusterSettleMs: 300, clusterRetryMs: 100 }
const log = () => undefined
const owner: HomeOwner = {
  taken: () => undefined,
  lost: () => undefined,
  isIdle: () => false,
  current: () => ({ room: null, book: null, claims: new Map() }),
}
const standup = { kind: 'room', address: 'standup', mode: 'open' } as const

const join = async (redis: RedisServer): Promise<Cluster> => {
  const clock = createSystemClock(log)
  const cluster = await openRedisCluster(redis.url)({ limits, clock, log, ownKey: randomBytes(32) })
  onTestFinished(() => cluster.close())
  return cluster
}

describe.skipIf(reason !== null)('a cluster', { timeout: 30_000 }, () => {
  test('processes that start at the same time seal with the same key, also after Redis came back empty', async () => {
    const redis = await startRedis()
    const clusters = await Promise.all([join(redis), join(redis), join(redis)])
    const [key] = clusters.map(({ serverKey }) => Buffer.from(serverKey).toString('hex'))
    expect(key).toHaveLength(64)
    for (const { serverKey } of clusters) expect(Buffer.from(serverKey).toString('hex')).toBe(key)
    await redis.restart()
    await until(() => clusters.every((cluster) => cluster.whyNotReady() === null))
    const client = await intruder(redis)
    await expect.poll(() => client.get(at('key'))).not.toBeNull()
    expect(Buffer.from((await join(redis)).serverKey).toString('hex')).toBe(key)
  })

  test('a server does not start with something that is no key', async () => {
    const redis = await startRedis()
    await (await intruder(redis)).set(at('key'), 'something else')
    await expect(join(redis)).rejects.toThrow('is no key')
  })

  test('nothing is found before it is started, and it says whether Redis is there', async () => {
    const redis = await startRedis()
    const cluster = await join(redis)
    const told: string[] = []
    const found = cluster.homes.find(standup).then(() => told.push('found'))
    cluster.start({ ...owner, taken: () => void told.push('taken') })
    await found
    expect(told).toEqual(['taken', 'found'])
    expect(cluster.whyNotReady()).toBeNull()
    await redis.kill()
    await until(() => cluster.whyNotReady() === 'redis-unreachable')
    await redis.restart()
    await until(() => cluster.whyNotReady() === null)
  })

  test('processes find each other and their mail arrives', async () => {
    const redis = await startRedis()
    const [one, two] = [await join(redis), await join(redis)]
    const arrived = Promise.withResolvers<unknown>()
    two.mail.onMessage = (from, message) => arrived.resolve([from, message])
    for (const cluster of [one, two]) cluster.start(owner)
    await one.homes.find(standup)
    expect(await two.homes.find(standup)).toMatchObject({ where: 'there', process: one.processId })
    one.mail.post(two.processId, { say: 'hello' })
    expect(await arrived.promise).toEqual([one.processId, { say: 'hello' }])
    expect(two.mail.others()).toEqual([one.processId])
  })

  test('what is closed leaves its places and itself to nobody, and closing twice is no error', async () => {
    const redis = await startRedis()
    const [one, two] = [await join(redis), await join(redis)]
    for (const cluster of [one, two]) cluster.start(owner)
    await one.homes.find(standup)
    await Promise.all([one.close(), one.close()])
    expect(await two.homes.find(standup)).toMatchObject({ where: 'here' })
    expect(await (await intruder(redis)).exists(at(`process:${one.processId}`))).toBe(0)
    expect(one.whyNotReady()).toBe('redis-unreachable')
    await redis.kill()
    await two.close()
  })
})
