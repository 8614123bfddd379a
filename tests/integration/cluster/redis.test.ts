import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openRedis, type RedisLink } from '#signalling/cluster/redis.ts'
import type { Log } from '#signalling/log.ts'
import { freePort } from '../../helpers/free-port.ts'
import { RedisServer, whyNoRedis } from '../../helpers/redis.ts'

const reason = await whyNoRedis()
if (reason !== null) console.warn(`skipped: ${reason}`)

const quiet: Log = () => undefined

const startRedis = async (options?: Parameters<typeof RedisServer.start>[0]): Promise<RedisServer> => {
  const redis = await RedisServer.start(options)
  onTestFinished(() => redis.close())
  return redis
}

const open = async (url: string, log: Log = quiet): Promise<RedisLink> => {
  const link = await openRedis(url, { log })
  onTestFinished(() => link.close())
  return link
}

/** Passes bytes on until told to be silent, as a machine that has vanished. */
class Wire {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  isSilent = false

  constructor(port: number) {
    this.#server = createServer((near) => {
      this.#sockets.add(near)
      near.on('error', () => undefined)
      if (this.isSilent) return
      const far = connect(port, '127.0.0.1')
      this.#sockets.add(far)
      far.on('error', () => undefined)
      near.on('data', (bytes) => this.isSilent || far.write(bytes))
      far.on('data', (bytes) => this.isSilent || near.write(bytes))
    })
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

describe.skipIf(reason !== null)('the link to Redis', { timeout: 40_000 }, () => {
  test('a link comes back by itself, and says that it was lost and is back, once each', async () => {
    const redis = await startRedis()
    const events: string[] = []
    const link = await open(redis.url, (_level, event, fields) => events.push(`${event} ${JSON.stringify(fields)}`))
    await link.commands.set('a', '1')
    const back = Promise.withResolvers<undefined>()
    link.onReady(() => back.resolve(undefined))
    await redis.kill()
    await expect.poll(() => link.isReady).toBe(false)
    await expect(link.commands.get('a')).rejects.toThrow()
    await redis.restart()
    await back.promise
    expect(await link.commands.get('a')).toBeNull()
    expect(events).toEqual([expect.stringContaining('redis-lost'), 'redis-back {}'])
  })

  test('a further connection comes back as well', async () => {
    const redis = await startRedis({ appendOnly: true })
    const link = await open(redis.url)
    const reader = await link.duplicate()
    await link.commands.set('a', '1')
    await redis.restart()
    await expect.poll(() => reader.get('a').catch(() => null)).toBe('1')
  })

  test('whoever does not know the password is refused at once, without a word of it', async () => {
    const redis = await startRedis({ password: 'right-one' })
    const link = await open(redis.url)
    expect(await link.commands.ping()).toBe('PONG')
    const wrong = openRedis(redis.url.replace('right-one', 'wrong-one'), { log: quiet })
    await expect(wrong).rejects.toThrow(/refuses .* password/)
    await expect(wrong).rejects.not.toThrow('wrong-one')
    await expect(openRedis(`redis://127.0.0.1:${redis.port}`, { log: quiet })).rejects.toThrow(/refuses .* password/)
  })

  test('what is no address of Redis is refused at once', async () => {
    for (const url of ['127.0.0.1:6379', 'http://127.0.0.1', 'redis://127.0.0.1/name', ''])
      await expect(openRedis(url, { log: quiet })).rejects.toThrow('redis://')
  })

  test('a first connection waits for a Redis that is just starting', async () => {
    const redis = await startRedis()
    await redis.kill()
    const [link] = await Promise.all([open(redis.url), redis.restart()])
    expect(await link.commands.ping()).toBe('PONG')
  })

  test('a first connection is given up when no Redis comes', async () => {
    const port = await freePort()
    await expect(openRedis(`redis://:secret@127.0.0.1:${port}`, { log: quiet })).rejects.toThrow(
      `Redis cannot be reached at 127.0.0.1:${port} (ECONNREFUSED).`,
    )
  })

  test('a connection that hangs is given up and replaced', async () => {
    const redis = await startRedis()
    const wire = new Wire(redis.port)
    const port = await wire.listen()
    onTestFinished(() => wire.close())
    const link = await open(`redis://127.0.0.1:${port}`)
    const back = Promise.withResolvers<undefined>()
    link.onReady(() => back.resolve(undefined))
    wire.isSilent = true
    await expect(link.commands.get('a')).rejects.toThrow()
    wire.isSilent = false
    await back.promise
    expect(await link.commands.ping()).toBe('PONG')
  })

  test('something that accepts connections and never answers is no Redis', async () => {
    const wire = new Wire(0)
    wire.isSilent = true
    const port = await wire.listen()
    onTestFinished(() => wire.close())
    await expect(openRedis(`redis://127.0.0.1:${port}`, { log: quiet })).rejects.toThrow('cannot be reached')
  })
})
