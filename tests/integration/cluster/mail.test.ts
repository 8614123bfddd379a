import { describe, expect, test } from 'vitest'
import { writeBatch } from '#signalling/cluster/mail-batch.ts'
import { processKey } from '#signalling/cluster/presence.ts'
import { whyNoRedis } from '../../helpers/redis.ts'
import { startRedis, TestProcess } from './mail-processes.ts'

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

const numbers = (count: number, start = 0): number[] => Array.from({ length: count }, (_, index) => start + index)

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Posts so many numbered messages, a few in each turn of the event loop, as clients would cause them. */
const postAll = async (from: TestProcess, to: TestProcess, all: readonly unknown[]): Promise<void> => {
  for (const [index, message] of all.entries()) {
    from.mail.post(to.id, message)
    if (index % 7 === 0) await turn()
  }
}

const hearsAll = async (by: TestProcess, from: TestProcess, all: readonly unknown[]): Promise<void> => {
  const heard = by.from(from)
  await expect.poll(() => heard.length >= all.length, { timeout: 15_000, interval: 10 }).toBe(true)
  expect(heard).toEqual(all)
}

/** Ends when `by` has heard so many. */
const hasHeard = (by: TestProcess, from: TestProcess, count: number): Promise<void> =>
  expect.poll(() => by.from(from).length, { timeout: 15_000, interval: 5 }).toBeGreaterThanOrEqual(count)

describe.skipIf(reason !== null)('mail', { timeout: 40_000 }, () => {
  test('messages arrive once and in order, both ways and among three, large ones too', async () => {
    const redis = await startRedis()
    const [a, b, c] = [await TestProcess.start(redis), await TestProcess.start(redis), await TestProcess.start(redis)]
    const small = numbers(5000)
    const large = numbers(60).map((number) => ({ number, text: 'ä€😀"\\'.repeat(20_000) }))
    await Promise.all([postAll(a, b, small), postAll(b, a, small), postAll(a, c, large), postAll(c, b, small)])
    await Promise.all([hearsAll(b, a, small), hearsAll(a, b, small), hearsAll(c, a, large), hearsAll(b, c, small)])
    expect([...a.events, ...b.events, ...c.events]).toEqual([])
  })

  test.for([
    { title: 'with its data', appendOnly: true },
    { title: 'empty', appendOnly: false },
  ])(
    'Redis is killed in the middle and comes back $title: nothing is lost, and nothing comes twice',
    async (options) => {
      const redis = await startRedis(options)
      const [a, b] = [await TestProcess.start(redis), await TestProcess.start(redis)]
      const all = numbers(6000).map((number) => ({ number, text: 'x'.repeat(500) }))
      const [early, late] = [all.slice(0, 3000), all.slice(3000)]
      const posted = Promise.all([postAll(a, b, early), postAll(b, a, early)])
      await hasHeard(b, a, 1000)
      await redis.kill()
      await posted
      await Promise.all([postAll(a, b, late), postAll(b, a, late)])
      await redis.restart()
      await Promise.all([hearsAll(b, a, all), hearsAll(a, b, all)])
      await redis.restart()
      const again = numbers(100)
      await Promise.all([postAll(a, b, again), postAll(b, a, again)])
      await Promise.all([hearsAll(b, a, [...all, ...again]), hearsAll(a, b, [...all, ...again])])
      expect([...a.events, ...b.events]).not.toContain('mail-broken')
    },
  )

  test('an answer reaches a process that the others have not seen yet', async () => {
    const redis = await startRedis()
    const limits = { clusterHeartbeatMs: 60_000, clusterExpiryMs: 120_000 }
    const a = await TestProcess.start(redis, limits)
    const b = await TestProcess.start(redis, limits)
    a.mail.onMessage = (from, message) => a.mail.post(from, { answer: message })
    b.mail.post(a.id, 'question')
    await hearsAll(b, a, [{ answer: 'question' }])
    expect(a.mail.others()).toEqual([b.id])
  })

  test.for(['stop', 'crash'] as const)('a process that ends (%s) is gone for the others, once', async (how) => {
    const redis = await startRedis()
    const [a, b, c] = [await TestProcess.start(redis), await TestProcess.start(redis), await TestProcess.start(redis)]
    a.mail.post(b.id, 'one')
    b.mail.post(a.id, 'two')
    await Promise.all([hearsAll(b, a, ['one']), hearsAll(a, b, ['two'])])
    await expect.poll(() => c.mail.others().length).toBe(2)
    await b[how]()
    await hearsAll(a, b, ['two', 'gone'])
    await hearsAll(c, b, ['gone'])
    const witness = await TestProcess.start(redis)
    for (const number of numbers(50)) {
      a.mail.post(witness.id, number)
      witness.mail.post(a.id, number)
      await turn()
    }
    await hearsAll(witness, a, numbers(50))
    expect(a.from(b)).toEqual(['two', 'gone'])
    expect(a.mail.others()).not.toContain(b.id)
  })

  test('whoever posts to a dead process hears that it is gone, and what was posted goes away', async () => {
    const redis = await startRedis()
    const [a, b] = [await TestProcess.start(redis, { clusterUnreadMs: 300 }), await TestProcess.start(redis)]
    await expect.poll(() => a.mail.others()).toEqual([b.id])
    await b.stop()
    await hearsAll(a, b, ['gone'])
    a.mail.post(b.id, 'anybody there?')
    await hearsAll(a, b, ['gone', 'gone'])
    await expect.poll(() => a.link.commands.exists(b.key), { timeout: 5000 }).toBe(0)
  })

  test('too much that is not read breaks the link: both sides hear of it, and go on afterwards', async () => {
    const redis = await startRedis()
    const [a, b] = [await TestProcess.start(redis, { clusterUnreadSize: 10_000 }), await TestProcess.start(redis)]
    a.mail.post(b.id, 'before')
    b.mail.post(a.id, 'hello')
    await Promise.all([hearsAll(b, a, ['before']), hearsAll(a, b, ['hello'])])
    for (const number of numbers(100)) a.mail.post(b.id, { number, text: 'x'.repeat(200) })
    await hearsAll(a, b, ['hello', 'gone'])
    a.mail.post(b.id, 'after')
    await hearsAll(b, a, ['before', 'gone', 'after'])
    b.mail.post(a.id, 'and back')
    await hearsAll(a, b, ['hello', 'gone', 'and back'])
  })

  test('both sides break the link at once, and go on afterwards', async () => {
    const redis = await startRedis()
    const limits = { clusterUnreadSize: 10_000 }
    const [a, b] = [await TestProcess.start(redis, limits), await TestProcess.start(redis, limits)]
    a.mail.post(b.id, 'before')
    await hearsAll(b, a, ['before'])
    for (const side of [a, b]) side.mail.post(side === a ? b.id : a.id, 'x'.repeat(20_000))
    await Promise.all([hasHeard(a, b, 1), hasHeard(b, a, 2)])
    a.mail.post(b.id, 'after')
    b.mail.post(a.id, 'after')
    await expect.poll(() => [a.from(b).at(-1), b.from(a).at(-1)]).toEqual(['after', 'after'])
    const [ofA, ofB] = [
      [...b.from(a), ...numbers(50)],
      [...a.from(b), ...numbers(50)],
    ]
    await Promise.all([postAll(a, b, numbers(50)), postAll(b, a, numbers(50))])
    await Promise.all([hearsAll(b, a, ofA), hearsAll(a, b, ofB)])
  })

  test('a process that was taken for dead and is not hears of it, and nothing from before is taken for new', async () => {
    const redis = await startRedis()
    const [a, b] = [await TestProcess.start(redis), await TestProcess.start(redis, { clusterHeartbeatMs: 1000 })]
    a.mail.post(b.id, 'before')
    b.mail.post(a.id, 'before')
    await Promise.all([hearsAll(b, a, ['before']), hearsAll(a, b, ['before'])])
    // As if its beats had been missing: a stall would be one of this test as well.
    await a.link.commands.del(processKey(b.id))
    await hearsAll(a, b, ['before', 'gone'])
    b.mail.post(a.id, 'does not know yet')
    await hearsAll(b, a, ['before', 'gone'])
    b.mail.post(a.id, 'anew')
    await hearsAll(a, b, ['before', 'gone', 'anew'])
    a.mail.post(b.id, 'anew')
    await hearsAll(b, a, ['before', 'gone', 'anew'])
  })

  test('what cannot be read breaks the link to its sender, and to nobody else', async () => {
    const redis = await startRedis()
    const [a, b, c] = [await TestProcess.start(redis), await TestProcess.start(redis), await TestProcess.start(redis)]
    for (const from of [b, c]) from.mail.post(a.id, 'before')
    await Promise.all([hearsAll(a, b, ['before']), hearsAll(a, c, ['before'])])
    const bad = ['', '{', '[]', '[1,2,3]', '[0,0,0,0,0,[]]', '["1",0,0,0,1,[]]', '[1,0,0,0,1,{}]', '[1,0,0,-1,1,[]]']
    const together = a.link.commands.multi().xAdd(a.key, '*', { nonsense: 'x' })
    together.xAdd(a.key, '*', { from: 'x'.repeat(1000), batch: '[1,0,0,0,1,[]]' })
    for (const batch of bad) together.xAdd(a.key, '*', { from: b.id, batch })
    await together.exec()
    await hasHeard(a, b, 2)
    await hasHeard(b, a, 1)
    b.mail.post(a.id, 'after')
    c.mail.post(a.id, 'after')
    await hearsAll(a, b, ['before', 'gone', 'after'])
    await hearsAll(a, c, ['before', 'after'])
    expect(a.events.filter((event) => event === 'mail-malformed')).toHaveLength(bad.length + 2)
  })

  test('messages that are missing, and acknowledgements of what was never sent, break the link', async () => {
    const redis = await startRedis()
    const a = await TestProcess.start(redis)
    const put = (epoch: number, to: number, ack: number, first: number, text: string) =>
      a.link.commands.xAdd(a.key, '*', {
        from: 'somebody',
        batch: writeBatch({ epoch, to, over: 0, ack, first }, text),
      })
    await put(1, 0, 0, 1, '"one"')
    await put(1, 0, 0, 3, '"three"')
    await expect.poll(() => a.heard.get('somebody')).toEqual(['one', 'gone'])
    await put(1, 0, 0, 2, '"of an epoch that is over"')
    await put(2, 0, 0, 1, '"one again"')
    await expect.poll(() => a.heard.get('somebody')?.slice(2, 3)).toEqual(['one again'])
  })

  test('a fault in whoever handles a message is logged, and the next one is delivered', async () => {
    const redis = await startRedis()
    const [a, b] = [await TestProcess.start(redis), await TestProcess.start(redis)]
    const heard: unknown[] = []
    b.mail.onMessage = (_from, message) => {
      heard.push(message)
      if (message === 0) throw new Error('a fault')
    }
    await postAll(a, b, [0, 1])
    await expect.poll(() => heard).toEqual([0, 1])
    expect(b.events).toEqual(['mail-fault'])
  })

  test('what was read does not stay in Redis', async () => {
    const redis = await startRedis()
    const [a, b] = [await TestProcess.start(redis), await TestProcess.start(redis)]
    const all = numbers(3000)
    await postAll(a, b, all)
    await hearsAll(b, a, all)
    await expect.poll(() => a.link.commands.xLen(b.key)).toBe(0)
    await expect.poll(() => a.link.commands.xLen(a.key)).toBe(0)
    await expect.poll(() => a.link.commands.pTTL(b.key)).toBeGreaterThan(0)
    await b.stop()
    expect(await a.link.commands.exists(b.key)).toBe(0)
  })

  test('while Redis takes nothing in, messages wait', async () => {
    const redis = await startRedis()
    const [a, b] = [await TestProcess.start(redis), await TestProcess.start(redis)]
    a.mail.post(b.id, 'before')
    await hearsAll(b, a, ['before'])
    await b.link.commands.sendCommand(['CONFIG', 'SET', 'maxmemory', '1'])
    a.mail.post(b.id, 'meanwhile')
    await turn()
    a.mail.post(b.id, 'and then')
    await turn()
    await expect.poll(() => b.link.commands.info('errorstats')).toContain('OOM')
    await b.link.commands.sendCommand(['CONFIG', 'SET', 'maxmemory', '0'])
    await hearsAll(b, a, ['before', 'meanwhile', 'and then'])
  })
})
