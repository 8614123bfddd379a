import { randomBytes } from 'node:crypto'
import { createClient } from '@redis/client'
import { onTestFinished, vi } from 'vitest'
import type { ChatMessage } from '#signalling/protocol.ts'
import { roomKey, type Kept, type PlaceKey } from '#signalling/cluster/cluster.ts'
import { Places } from '#signalling/cluster/places.ts'
import { Presence } from '#signalling/cluster/presence.ts'
import { openRedis, PREFIX } from '#signalling/cluster/redis.ts'
import type { Clock } from '#signalling/domain/clock.ts'
import { ResumeTokens } from '#signalling/domain/resume-tokens.ts'
import { Rooms } from '#signalling/domain/rooms.ts'
import type { Room } from '#signalling/domain/room.ts'
import { Session } from '#signalling/domain/session.ts'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import type { Book } from '#signalling/store/book.ts'
import type { StoredClaim } from '#signalling/store/store.ts'
import { createSystemClock } from '#signalling/system-clock.ts'
import { RedisServer } from '#tests/helpers/redis.ts'
import { valueOf } from '#tests/helpers/signalling-domain.ts'

/** What the tests agree on; what is waited for in them is events, so that none of these is a time that a test takes. */
const limits: ServerLimits = {
  ...defaultServerLimits,
  clusterHeartbeatMs: 100,
  clusterSettleMs: 300,
  clusterRetryMs: 100,
}
const serverKey = randomBytes(32)

export const startRedis = async (options: { readonly appendOnly?: boolean } = {}): Promise<RedisServer> => {
  const redis = await RedisServer.start(options)
  onTestFinished(() => redis.close())
  return redis
}

/** Someone with the password, who reads and writes what is in Redis. */
export const intruder = async (redis: RedisServer) => {
  const client = createClient({ url: redis.url })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.destroy())
  return client
}
export const at = (rest: string): string => PREFIX + rest

/** One process of several, with rooms of the domain in it. It does with its places what a server does. */
export class Process {
  readonly id: string
  readonly places: Places
  readonly presence: Presence
  readonly rooms: Rooms
  readonly taken: [PlaceKey, Kept][] = []
  readonly lost: PlaceKey[] = []
  readonly logged: string[] = []
  readonly books = new Map<string, Book>()
  claims: ReadonlyMap<string, StoredClaim> = new Map()
  isIdle = false

  private constructor(places: Places, presence: Presence, logged: string[]) {
    this.places = places
    this.presence = presence
    this.id = presence.id
    this.logged = logged
    const tokens = new ResumeTokens(serverKey)
    this.rooms = new Rooms({ limits, clock: createSystemClock(() => undefined), tokens, journal: places.journal })
  }

  static async start(redis: RedisServer, changes: Partial<ServerLimits> = {}, otherClock?: Clock): Promise<Process> {
    const logged: string[] = []
    const log = (_level: string, event: string) => void logged.push(event)
    const clock = otherClock ?? createSystemClock(log)
    const link = await openRedis(redis.url, { log, clock })
    const base = { link, clock, log, limits: { ...limits, ...changes } }
    const presence = new Presence(randomBytes(16).toString('base64url'), base)
    await presence.start()
    const places = await Places.open({ ...base, presence, serverKey })
    const process = new Process(places, presence, logged)
    process.#own()
    onTestFinished(async () => {
      process.rooms.close()
      await places.close()
      await presence.stop()
      await link.close()
    })
    return process
  }

  /** Of a name that is to be at home here. */
  async openNamed(name: string): Promise<Room> {
    await this.places.homes.find({ kind: 'room', address: name, mode: 'open' })
    return this.rooms.find(name) ?? valueOf(this.rooms.create({ name }))
  }

  /** Somebody comes in and says something. */
  visit(room: Room, name: string, ...texts: string[]): { readonly token: string; readonly said: ChatMessage[] } {
    const session = new Session(this.rooms, () => undefined, { origin: '192.0.2.1' })
    const { token } = valueOf(session.join(room.code, name))
    const said = texts.map((text, place) => valueOf(session.sendChat({ nonce: `nonce-${name}-${place}`, text })))
    return { token, said }
  }

  /** When all that was changed until now is written. */
  written(): Promise<void> {
    return this.places.journal.written()
  }

  /** As when it is killed: the others see that it is gone, and everything is left as it is. */
  async die(): Promise<void> {
    await this.presence.stop()
  }

  #own(): void {
    this.places.start({
      taken: (key, kept) => {
        this.taken.push([key, kept])
        if (kept.room) this.rooms.restore(kept.room.record, kept.room.chat)
        if (kept.book) this.books.set(kept.book.appointment.id, kept.book)
        if (key === 'users') this.claims = kept.claims
      },
      lost: (key) => {
        this.lost.push(key)
        const room = this.#roomOf(key)
        if (room) this.rooms.evict(room.code)
      },
      isIdle: (key) => this.isIdle && this.#roomOf(key) === undefined,
      current: (key) => {
        const room = this.#roomOf(key)
        return {
          room: room ? { record: room.record, chat: room.chat } : null,
          book: this.books.get(key.slice(key.indexOf(':') + 1)) ?? null,
          claims: key === 'users' ? this.claims : new Map(),
        }
      },
    })
  }

  #roomOf(key: PlaceKey): Room | undefined {
    const id = key.slice(key.indexOf(':') + 1)
    const room = key.startsWith('name:') ? this.rooms.named(id) : this.rooms.coded(id)
    return room && roomKey(room) === key ? room : undefined
  }
}

/** So many processes at one Redis. */
export const startProcesses = async (count: number, redis: RedisServer): Promise<Process[]> =>
  Promise.all(Array.from({ length: count }, () => Process.start(redis)))

/** Waits until something is so. */
export const until = (isSo: () => unknown): Promise<void> =>
  vi.waitFor(
    () => {
      if (!isSo()) throw new Error('it is not so')
    },
    { timeout: 15_000, interval: 10 },
  )
