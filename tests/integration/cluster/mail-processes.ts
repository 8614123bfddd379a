import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { mailKey, RedisMail } from '#signalling/cluster/mail.ts'
import { Presence } from '#signalling/cluster/presence.ts'
import { openRedis, type RedisLink } from '#signalling/cluster/redis.ts'
import type { Log } from '#signalling/log.ts'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import { createSystemClock } from '#signalling/system-clock.ts'
import { RedisServer } from '../../helpers/redis.ts'

/** A dead process is noticed within 2 s, although the machine is busy. All come back within 1.5 s after Redis did. */
export const quickLimits: ServerLimits = {
  ...defaultServerLimits,
  clusterHeartbeatMs: 100,
  clusterExpiryMs: 2000,
  clusterSettleMs: 1500,
  clusterAckMs: 20,
  clusterRetryMs: 100,
}

export const startRedis = async (options?: Parameters<typeof RedisServer.start>[0]): Promise<RedisServer> => {
  const redis = await RedisServer.start(options)
  onTestFinished(() => redis.close())
  return redis
}

/** What one server process has of the others, and all that it heard. */
export class TestProcess {
  readonly link: RedisLink
  readonly presence: Presence
  readonly mail: RedisMail
  readonly events: string[]
  /** Messages and `gone`, by who they came from, in their order. */
  readonly heard = new Map<string, unknown[]>()

  private constructor(link: RedisLink, limits: ServerLimits, log: Log, events: string[]) {
    const base = { link, limits, clock: createSystemClock(log), log }
    this.link = link
    this.events = events
    this.presence = new Presence(randomBytes(16).toString('hex'), base)
    this.mail = new RedisMail({ ...base, presence: this.presence })
    this.mail.onMessage = (from, message) => this.from(from).push(message)
    this.mail.onGone = (process) => this.from(process).push('gone')
  }

  static async start(redis: RedisServer, limits: Partial<ServerLimits> = {}): Promise<TestProcess> {
    const events: string[] = []
    const log: Log = (level, event) => {
      if (level !== 'debug') events.push(event)
    }
    const link = await openRedis(redis.url, { log })
    const process = new TestProcess(link, { ...quickLimits, ...limits }, log, events)
    await process.presence.start()
    await process.mail.start()
    onTestFinished(() => process.stop())
    return process
  }

  get id(): string {
    return this.presence.id
  }

  get key(): string {
    return mailKey(this.id)
  }

  from(process: { readonly id: string } | string): unknown[] {
    const id = typeof process === 'string' ? process : process.id
    const heard = this.heard.get(id) ?? []
    this.heard.set(id, heard)
    return heard
  }

  /** As a process that is told to end does. */
  async stop(): Promise<void> {
    await this.mail.close()
    await this.presence.stop()
    await this.link.close()
  }

  /** As a process that crashes: nobody is told. */
  async crash(): Promise<void> {
    await this.link.close()
  }
}
