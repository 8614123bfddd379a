import { normaliseRoomCode } from '#signalling/protocol.ts'
import type { Cancel, Clock } from '../domain/clock.ts'
import type { ResumeTokens } from '../domain/resume-tokens.ts'
import { contain, type Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import { nameKey, type Found, type HomeOwner, type Homes, type PlaceKey, type Wish } from './cluster.ts'
import type { Holdings } from './holdings.ts'
import type { RedisJournal } from './journal.ts'
import { KeptReader } from './kept.ts'
import type { Presence } from './presence.ts'
import { Retries } from './retries.ts'
import type { Answer, Question, Scripts, Verdict } from './scripts.ts'

/** Places that are looked at in one call of the script. */
const PLACES_AT_ONCE = 200

/** The cluster is closed; whoever asked gets no answer. */
class ClusterClosed extends Error {
  constructor() {
    super('the server is stopping')
  }
}

interface HomesBase {
  readonly scripts: Scripts
  readonly holdings: Holdings
  readonly journal: RedisJournal
  readonly presence: Pick<Presence, 'settled' | 'expect' | 'lapses' | 'looked'>
  readonly tokens: ResumeTokens
  readonly clock: Clock
  readonly log: Log
  readonly limits: ServerLimits
}

const idOf = (key: PlaceKey): string => key.slice(key.indexOf(':') + 1)

/** Which process is home of what. What is at home here is known without asking Redis. */
export class RedisHomes implements Homes {
  readonly #base: HomesBase
  readonly #reader: KeptReader
  readonly #retries: Retries
  readonly #started = Promise.withResolvers<HomeOwner>()
  #owner: HomeOwner | null = null
  /** Of the same wish at the same time there is one. */
  readonly #asking = new Map<string, Promise<Found>>()
  readonly #closing = new Set<(fault: Error) => void>()
  #isClosed = false
  /** Idle when last looked at: given away when they still are. */
  #idle = new Set<PlaceKey>()
  #cancelSweep: Cancel = () => undefined
  /** Of the Redis server. */
  #run = ''
  #isRestoring = false
  #isToRestore = false

  constructor(base: HomesBase) {
    this.#base = base
    this.#retries = new Retries(base)
    this.#reader = new KeptReader(base.limits, (part) => base.log('error', 'kept-unreadable', { part }))
  }

  /** `run`: of the Redis server, as it is now. */
  start(owner: HomeOwner, run: string): void {
    this.#owner = owner
    this.#run = run
    this.#started.resolve(owner)
    this.#scheduleSweep()
  }

  async find(wish: Wish): Promise<Found> {
    if (this.#isClosed) throw new ClusterClosed()
    const question = this.#questionOf(wish)
    if (question === null) return { where: 'nowhere' }
    const here = this.#heldFor(question)
    if (here !== undefined) return this.#here(here)
    const id = JSON.stringify(question)
    const asked = this.#asking.get(id) ?? this.#ask(question).finally(() => this.#asking.delete(id))
    this.#asking.set(id, asked)
    const { promise, reject } = Promise.withResolvers<never>()
    this.#closing.add(reject)
    try {
      return await Promise.race([asked, promise])
    } finally {
      this.#closing.delete(reject)
    }
  }

  release(key: PlaceKey): void {
    this.#base.journal.release(key)
  }

  /** Somebody may have taken this process for dead: looks who is home of what was at home here. */
  async verify(): Promise<void> {
    const keys = this.#base.holdings.keys
    for (let at = 0; at < keys.length && !this.#isClosed; at += PLACES_AT_ONCE) {
      const some = keys.slice(at, at + PLACES_AT_ONCE).filter((key) => this.#base.holdings.has(key))
      const verdicts = await this.#base.scripts.verify(some.map((key) => [key, this.#base.holdings.codeOf(key)]))
      for (const [place, key] of some.entries()) this.#heed(key, verdicts[place])
    }
  }

  /**
   * Redis is there again. When it was started meanwhile it may have lost what it had: everything is written again. Goes on until
   * that worked.
   */
  async restore(): Promise<void> {
    this.#isToRestore = true
    if (this.#isRestoring) return
    this.#isRestoring = true
    while (this.#isToRestore && !this.#isClosed) {
      this.#isToRestore = false
      try {
        await this.#restoreOnce()
      } catch (fault) {
        this.#isToRestore = true
        await this.#retries.after(fault)
      }
    }
    this.#isRestoring = false
  }

  /** Nothing is found any more; who waits is told. */
  close(): void {
    this.#isClosed = true
    this.#cancelSweep()
    this.#retries.wake()
    for (const reject of this.#closing) reject(new ClusterClosed())
  }

  async #restoreOnce(): Promise<void> {
    const { lapses } = this.#base.presence
    const run = await this.#base.scripts.serverRun()
    if (run !== this.#run) for (const key of this.#base.holdings.keys) this.#base.journal.rewrite(key)
    await this.verify()
    this.#base.presence.looked(lapses)
    this.#run = run
    this.#base.journal.wake()
    this.#retries.wake()
  }

  /** Null when it is about nothing that there can be. */
  #questionOf(wish: Wish): Question | null {
    if (wish.kind === 'place') return ['place', wish.key]
    if (wish.kind === 'room') return ['room', wish.address, normaliseRoomCode(wish.address), wish.mode]
    const claims = this.#base.tokens.open(wish.token, this.#base.clock.now())
    return claims && ['token', claims.code, claims.roomName ?? '']
  }

  #heldFor(question: Question): PlaceKey | undefined {
    const { holdings } = this.#base
    const [kind, subject] = question
    if (kind === 'token') return holdings.keyOf(subject)
    const key = kind === 'place' ? subject : nameKey(subject)
    if (holdings.has(key)) return key
    return kind === 'room' ? holdings.keyOf(question[2]) : undefined
  }

  #here(key: PlaceKey): Found {
    this.#idle.delete(key)
    return { where: 'here', key }
  }

  async #ask(question: Question): Promise<Found> {
    const { journal, presence, scripts } = this.#base
    const owner = await this.#started.promise
    while (!this.#isClosed) {
      await journal.released()
      await presence.settled()
      try {
        const found = this.#conclude(await scripts.find(question), owner)
        this.#retries.worked()
        if (found !== null) return found
      } catch (fault) {
        await this.#retries.after(fault)
      }
    }
    throw new ClusterClosed()
  }

  /** Null when it has to be asked again: the place was just being given away. */
  #conclude(answer: Answer, owner: HomeOwner): Found | null {
    const { holdings, journal, presence } = this.#base
    if (this.#isClosed) return null
    if (answer.is === 'nowhere' || answer.is === 'gone') return { where: answer.is }
    const { key } = answer
    if (answer.is === 'there') {
      if (holdings.has(key)) journal.lose(key)
      presence.expect(answer.process)
      return { where: 'there', key, process: answer.process }
    }
    if (journal.isReleasing(key)) return null
    if (holdings.has(key)) return this.#here(key)
    const kept = this.#reader.read(answer.texts, idOf(key))
    holdings.add(key)
    if (kept.room) holdings.occupy(key, kept.room.record.code)
    if (contain(this.#base.log, 'home-fault', () => owner.taken(key, kept))) return this.#here(key)
    journal.lose(key)
    return { where: 'nowhere' }
  }

  #heed(key: PlaceKey, verdict: Verdict | undefined): void {
    if (verdict === 'homeless') this.#base.journal.rewrite(key)
    // What is being given away is no concern of this process any more.
    if (verdict === 'lost' && this.#base.holdings.has(key)) this.#base.journal.lose(key)
  }

  #scheduleSweep(): void {
    this.#cancelSweep = this.#base.clock.schedule(this.#base.limits.clusterSweepMs, () => {
      this.#scheduleSweep()
      this.#sweep()
      // When Redis is away all is looked at as soon as it is back.
      this.verify().catch(() => undefined)
    })
  }

  #sweep(): void {
    const { holdings, journal, log } = this.#base
    const idle = new Set(holdings.keys.filter((key) => this.#owner?.isIdle(key)))
    for (const key of idle) {
      if (!this.#idle.has(key)) continue
      idle.delete(key)
      journal.release(key)
      contain(log, 'home-fault', () => this.#owner?.lost(key))
    }
    this.#idle = idle
  }
}
