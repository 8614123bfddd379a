import { ErrorReply } from '@redis/client'
import * as v from 'valibot'
import type { Cancel, Clock } from '../domain/clock.ts'
import { contain, type Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import { Entry } from './mail-batch.ts'
import type { Redis, RedisLink } from './redis.ts'

const BLOCK_MS = 2000
const BEGINNING = '0'
const Id = v.pipe(v.string(), v.regex(/^\d{1,20}-\d{1,20}$/))
const Reply = v.nullable(v.tuple([v.object({ messages: v.array(v.object({ id: Id, message: v.unknown() })) })]))

export interface ReaderBase {
  readonly link: RedisLink
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Log
}

/** Redis removes entries below an id: the one behind the last that was read. */
const behind = (id: string): string => {
  const [time, number] = id.split('-')
  return `${String(time)}-${String(BigInt(number ?? 0) + 1n)}`
}

/** Reads one stream as it comes, and removes from it what was read. */
export class MailReader {
  readonly #base: ReaderBase
  readonly #key: string
  readonly #take: (from: string, batch: string) => void
  #client: Redis | null = null
  #last = BEGINNING
  #isStopped = false
  #cancelTrim: Cancel | null = null

  constructor(base: ReaderBase, key: string, take: (from: string, batch: string) => void) {
    this.#base = base
    this.#key = key
    this.#take = take
  }

  async start(): Promise<void> {
    this.#client = await this.#base.link.duplicate()
    void this.#run(this.#client)
  }

  /** From the beginning: the stream may be another one by now. What is read twice is known by its numbers. */
  rewind(): void {
    this.#last = BEGINNING
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelTrim?.()
    this.#client?.destroy()
  }

  async #run(client: Redis): Promise<void> {
    while (!this.#isStopped) {
      try {
        const options = { COUNT: this.#base.limits.clusterBatchesRead, BLOCK: BLOCK_MS }
        const streams = await client.xRead({ key: this.#key, id: this.#last }, options)
        for (const { id, message } of v.parse(Reply, streams)?.[0].messages ?? []) this.#read(id, message)
      } catch (fault) {
        await this.#recover(fault)
      }
    }
  }

  async #recover(fault: unknown): Promise<void> {
    if (this.#isStopped) return
    this.rewind()
    if (fault instanceof ErrorReply) this.#base.log('error', 'mail-unreadable', { fault: fault.message.slice(0, 200) })
    const pause = Promise.withResolvers<undefined>()
    this.#base.clock.schedule(this.#base.limits.clusterAckMs, () => pause.resolve(undefined))
    await pause.promise
  }

  #read(id: string, message: unknown): void {
    if (this.#isStopped) return
    this.#last = id
    this.#trimLater()
    const entry = v.safeParse(Entry, message)
    if (entry.success) contain(this.#base.log, 'mail-fault', () => this.#take(entry.output.from, entry.output.batch))
    else this.#base.log('error', 'mail-malformed', { part: 'entry' })
  }

  #trimLater(): void {
    this.#cancelTrim ??= this.#base.clock.schedule(this.#base.limits.clusterAckMs, () => {
      this.#cancelTrim = null
      const { link } = this.#base
      if (!link.isReady || this.#last === BEGINNING) return
      // What stays because this fails goes with the next one.
      link.commands.sendCommand(['XTRIM', this.#key, 'MINID', '=', behind(this.#last)]).catch(() => undefined)
    })
  }
}
