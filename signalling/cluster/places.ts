import type { Clock } from '../domain/clock.ts'
import { ResumeTokens } from '../domain/resume-tokens.ts'
import type { Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { HomeOwner } from './cluster.ts'
import { Holdings } from './holdings.ts'
import { RedisHomes } from './homes.ts'
import { RedisJournal } from './journal.ts'
import type { Presence } from './presence.ts'
import type { RedisLink } from './redis.ts'
import { Scripts } from './scripts.ts'

export interface PlacesBase {
  readonly link: RedisLink
  readonly presence: Presence
  readonly serverKey: Uint8Array
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Log
}

/** The places that are at home in this process: finding them, writing them, giving them away. */
export class Places {
  readonly homes: RedisHomes
  readonly journal: RedisJournal
  readonly #base: PlacesBase
  readonly #scripts: Scripts
  readonly #holdings = new Holdings()
  readonly #run: string

  private constructor(base: PlacesBase, scripts: Scripts, run: string) {
    const { link, presence, serverKey } = base
    const shared = { ...base, scripts, holdings: this.#holdings }
    this.#base = base
    this.#scripts = scripts
    this.#run = run
    this.journal = new RedisJournal(shared)
    this.homes = new RedisHomes({ ...shared, journal: this.journal, tokens: new ResumeTokens(serverKey) })
    link.onReady(() => void this.homes.restore())
    presence.onLapsed(() => void this.homes.restore())
  }

  /** Rejects when Redis is away. */
  static async open(base: PlacesBase): Promise<Places> {
    const scripts = new Scripts(base.link, base.presence.id, base.limits)
    return new Places(base, scripts, await scripts.serverRun())
  }

  start(owner: HomeOwner): void {
    this.journal.start(owner)
    this.homes.start(owner, this.#run)
  }

  /** Writes what is not written and gives everything away, each for `clusterFlushMs` at most. Never rejects. */
  async close(): Promise<void> {
    this.homes.close()
    if (this.#base.link.isReady) await this.#inTime(this.journal.written())
    this.journal.close()
    const { keys } = this.#holdings
    if (keys.length > 0 && this.#base.link.isReady) await this.#inTime(this.#scripts.release(keys))
  }

  async #inTime(work: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<undefined>()
    const cancel = this.#base.clock.schedule(this.#base.limits.clusterFlushMs, () => late.resolve(undefined))
    await Promise.race([work.catch(() => undefined), late.promise])
    cancel()
  }
}
