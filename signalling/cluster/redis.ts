import { createClient, ErrorReply, type RedisClientType } from '@redis/client'
import type { Cancel, Clock } from '../domain/clock.ts'
import { contain, type Log } from '../log.ts'
import { createSystemClock } from '../system-clock.ts'

export type Redis = RedisClientType

/** Of every key: one hash tag, so that scripts may touch several of them also in a Redis cluster. */
export const PREFIX = '{earshot}:'

const FIRST_CONNECTION_MS = 5000
const CONNECT_MS = 1500
/** A connection that is silent for so long is given up: blocking reads have to end earlier. */
const SILENCE_MS = 5000
const CHECK_MS = 1000
const CHECKS_MISSED = 4
const CLOSE_MS = 1000
const QUEUED_COMMANDS = 20_000

const retryDelay = (retries: number): number => Math.min(50 * 2 ** Math.min(retries, 5), 500)

const isRefusal = (error: unknown): boolean =>
  error instanceof ErrorReply && /^(WRONGPASS|NOAUTH|NOPERM|ERR.*(AUTH|password))/i.test(error.message)

/** Says what happened without anything of the URL. */
const briefly = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return briefly(error.errors[0])
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.constructor.name
}

const create = (url: string, giveUp: (cause: Error) => boolean): Redis =>
  createClient({
    url,
    RESP: 3,
    disableOfflineQueue: true,
    commandsQueueMaxLength: QUEUED_COMMANDS,
    // Each command would get a timer of its own.
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
    disableClientInfo: true,
    socket: {
      connectTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: (retries, cause) => (giveUp(cause) ? false : retryDelay(retries)),
    },
  })

/**
 * The connections to Redis. They come back by themselves, for ever. A command that is sent while Redis is away, or whose
 * answer is lost with the connection, rejects: try again in `onReady`, whatever was written may or may not be there.
 */
export class RedisLink {
  readonly #url: string
  readonly #log: Log
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  readonly #duplicates = new Set<Redis>()
  #commands: Redis
  #isLost = false
  #isClosed = false
  #missed = 0
  #cancelCheck: Cancel = () => undefined

  /** `commands` is connected. Use `openRedis`. */
  constructor(url: string, commands: Redis, base: { readonly log: Log; readonly clock: Clock }) {
    this.#url = url
    this.#commands = commands
    this.#log = base.log
    this.#clock = base.clock
    this.#watch(commands)
    this.#check()
  }

  /** For everything that does not block. Ask for it each time: a connection that hangs is replaced. */
  get commands(): Redis {
    return this.#commands
  }

  get isReady(): boolean {
    return !this.#isClosed && this.#commands.isReady
  }

  /** Calls `tell` after every connection but the first. Redis may have come back empty. */
  onReady(tell: () => void): void {
    this.#listeners.add(tell)
  }

  /** A connection of its own, for reads that block up to 2 s; it comes back by itself. Waits while Redis is away. */
  async duplicate(): Promise<Redis> {
    const client = create(this.#url, () => this.#isClosed)
    client.on('error', () => undefined)
    this.#duplicates.add(client)
    await client.connect()
    return client
  }

  /** Waits up to 1 s for what was sent. Twice is no error. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelCheck()
    for (const client of this.#duplicates) client.destroy()
    if (this.#commands.isReady) await this.#finish()
    this.#commands.destroy()
  }

  async #finish(): Promise<void> {
    const late = Promise.withResolvers<undefined>()
    const cancel = this.#clock.schedule(CLOSE_MS, () => late.resolve(undefined))
    await Promise.race([this.#commands.close().catch(() => undefined), late.promise])
    cancel()
  }

  #watch(client: Redis): void {
    client.on('error', (error: unknown) => {
      if (client === this.#commands) this.#lose(error)
    })
    client.on('ready', () => {
      if (client === this.#commands) this.#back()
    })
  }

  #lose(error: unknown): void {
    this.#missed = 0
    if (this.#isLost || this.#isClosed) return
    this.#isLost = true
    this.#log('warn', 'redis-lost', { cause: briefly(error) })
  }

  #back(): void {
    this.#missed = 0
    if (this.#isLost) this.#log('info', 'redis-back', {})
    this.#isLost = false
    for (const tell of this.#listeners) contain(this.#log, 'redis-fault', tell)
  }

  // A machine that vanished sends no answer and no error. Checks are counted, not time: this process may have stalled.
  #check(): void {
    this.#cancelCheck = this.#clock.schedule(CHECK_MS, () => {
      this.#check()
      this.#missed += 1
      if (this.#missed > CHECKS_MISSED) this.#replace()
      const client = this.#commands
      if (!client.isReady) return
      client.ping().then(
        () => {
          if (client === this.#commands) this.#missed = 0
        },
        () => undefined,
      )
    })
  }

  #replace(): void {
    const silent = this.#commands
    this.#commands = create(this.#url, () => this.#isClosed)
    this.#watch(this.#commands)
    this.#lose(new Error('silent'))
    silent.destroy()
    this.#commands.connect().catch(() => undefined)
  }
}

const where = (url: string): string => {
  const { hostname, port } = new URL(url)
  return `${hostname}:${port === '' ? '6379' : port}`
}

const isAddress = (url: string): boolean =>
  URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol) && /^(\/\d*)?$/.test(new URL(url).pathname)

const firstConnection = async (client: Redis, url: string, clock: Clock): Promise<void> => {
  let last: unknown = new Error('silent')
  client.on('error', (error: unknown) => {
    last = error
  })
  const cancel = clock.schedule(FIRST_CONNECTION_MS, () => client.destroy())
  const gone = Promise.withResolvers<never>()
  client.once('end', () => gone.reject(new Error('ended')))
  try {
    await Promise.race([client.connect(), gone.promise])
  } catch {
    client.destroy()
    if (isRefusal(last)) throw new Error(`Redis at ${where(url)} refuses the user name or the password of its address.`)
    throw new Error(`Redis cannot be reached at ${where(url)} (${briefly(last)}).`)
  } finally {
    cancel()
    gone.promise.catch(() => undefined)
  }
}

/**
 * Connects to Redis (`redis://` or `rediss://`, `[user:password@]host[:port][/number]`). Rejects, with a sentence for the
 * console, when that is no address, when Redis refuses the password, or when it cannot be reached for 5 s.
 */
export const openRedis = async (
  url: string,
  { log, clock = createSystemClock(log) }: { readonly log: Log; readonly clock?: Clock },
): Promise<RedisLink> => {
  if (!isAddress(url)) throw new Error('The address of Redis is not of the form redis://[user:password@]host[:port].')
  let wasReady = false
  const client = create(url, (cause) => !wasReady && isRefusal(cause))
  await firstConnection(client, url, clock)
  wasReady = true
  client.removeAllListeners('error')
  return new RedisLink(url, client, { log, clock })
}
