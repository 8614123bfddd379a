import { randomBytes } from 'node:crypto'
import type { Cluster, HomeOwner, Homes, Journal, Mail, OpenCluster, ProcessId } from './cluster.ts'
import { RedisMail } from './mail.ts'
import { Places, type PlacesBase } from './places.ts'
import { Presence } from './presence.ts'
import { openRedis, PREFIX, type RedisLink } from './redis.ts'

const SERVER_KEY = `${PREFIX}key`
const KEY_BYTES = 32
const KEY_FORM = /^[A-Za-z0-9+/]{43}=$/

/** The key that all processes seal with: that of whoever came first. Rejects when there is something else in its place. */
const shareKey = async (link: RedisLink, own: Uint8Array): Promise<Uint8Array> => {
  await link.commands.set(SERVER_KEY, Buffer.from(own).toString('base64'), { condition: 'NX' })
  const shared = await link.commands.get(SERVER_KEY)
  if (shared === null || !KEY_FORM.test(shared) || own.length !== KEY_BYTES)
    throw new Error(`What Redis has as ${SERVER_KEY} is no key of this server; delete it.`)
  return Buffer.from(shared, 'base64')
}

interface Parts extends PlacesBase {
  readonly places: Places
  readonly mail: RedisMail
}

class RedisCluster implements Cluster {
  readonly processId: ProcessId
  readonly serverKey: Uint8Array
  readonly homes: Homes
  readonly mail: Mail
  readonly journal: Journal
  readonly #parts: Parts
  #closing: Promise<void> | null = null

  constructor(parts: Parts) {
    this.processId = parts.presence.id
    this.serverKey = parts.serverKey
    this.homes = parts.places.homes
    this.journal = parts.places.journal
    this.mail = parts.mail
    this.#parts = parts
    parts.link.onReady(() => this.#restoreKey())
  }

  start(owner: HomeOwner): void {
    this.#parts.places.start(owner)
    this.#startMail()
  }

  whyNotReady(): 'redis-unreachable' | null {
    return this.#parts.link.isReady ? null : 'redis-unreachable'
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    const { places, mail, presence, link } = this.#parts
    await places.close()
    await mail.close()
    await presence.stop()
    await link.close()
  }

  #startMail(): void {
    const { mail, clock, limits } = this.#parts
    if (this.#closing !== null) return
    // Redis went away since this process began.
    mail.start().catch(() => void clock.schedule(limits.clusterRetryMs, () => this.#startMail()))
  }

  /** It may have come back empty: whoever starts next has to seal with the same key. */
  #restoreKey(): void {
    const { link, serverKey, log } = this.#parts
    shareKey(link, serverKey).then(
      (shared) => {
        if (!Buffer.from(serverKey).equals(shared)) log('error', 'server-key-differs', {})
      },
      // When Redis is away again it is done when it is back.
      () => undefined,
    )
  }
}

/**
 * Joins the processes that use this Redis (`openRedis` says what `url` may be). The answer rejects, with a sentence for the
 * console, when Redis can not be used.
 */
export const openRedisCluster =
  (url: string): OpenCluster =>
  async ({ limits, clock, log, ownKey }) => {
    const link = await openRedis(url, { log, clock })
    const base = { link, limits, clock, log }
    const presence = new Presence(randomBytes(16).toString('base64url'), base)
    try {
      const serverKey = await shareKey(link, ownKey)
      await presence.start()
      const mail = new RedisMail({ ...base, presence })
      const placesBase = { ...base, presence, serverKey }
      return new RedisCluster({ ...placesBase, mail, places: await Places.open(placesBase) })
    } catch (error) {
      await presence.stop()
      await link.close()
      throw error
    }
  }
