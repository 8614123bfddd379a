import type { ChatMessage } from '#signalling/protocol.ts'
import type { Clock } from '../domain/clock.ts'
import type { Room } from '../domain/room.ts'
import { contain, type Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Book } from '../store/book.ts'
import type { StoredClaim } from '../store/store.ts'
import { Changes } from './changes.ts'
import { codeKey, nameKey, roomKey, USERS_KEY, type HomeOwner, type Journal, type PlaceKey } from './cluster.ts'
import { HeldOutputs } from './held-outputs.ts'
import type { Holdings } from './holdings.ts'
import type { Presence } from './presence.ts'
import { Retries } from './retries.ts'
import type { Operation, Scripts } from './scripts.ts'

/** Places that are written at the same time. */
const PLACES_AT_ONCE = 500
/** Before the first flush. */
const NOTHING_WRITTEN = -1

interface JournalBase {
  readonly scripts: Scripts
  readonly holdings: Holdings
  readonly presence: Pick<Presence, 'isSure' | 'onSure'>
  readonly clock: Clock
  readonly log: Log
  readonly limits: Pick<ServerLimits, 'clusterHeldOutputs' | 'clusterRetryMs'>
}

/**
 * All that changes in one turn of the event loop, and while the former flush is under way, is written in one flush: one call of
 * a script for each place. A flush that fails is sent again until it is written, and nothing that follows from it is told before.
 *
 * While Redis is away what is to be told piles up. Of more than `clusterHeldOutputs` the oldest is not told any more, and its
 * place is given up as if another process had taken it: nothing of it was acknowledged, and its people come back. What is to
 * be told of no place is left out alone.
 *
 * After this process stood still for so long that it may have been taken for dead, nothing is told before its homes were verified.
 */
export class RedisJournal implements Journal {
  readonly #base: JournalBase
  readonly #outputs: HeldOutputs
  readonly #retries: Retries
  #owner: HomeOwner | null = null
  #dirty = new Map<PlaceKey, Changes>()
  /** What the flush that is under way has still to write. */
  #writing = new Map<PlaceKey, readonly Operation[][]>()
  /** Number of the flush that is being collected, and of the latest that is written. */
  #collecting = 1
  #written = 0
  #scheduled: NodeJS.Immediate | null = null
  /** Places that are being given away, with the flush that does it. */
  readonly #releasing = new Map<PlaceKey, number>()
  readonly #settled: { readonly flush: number; readonly resolve: () => void }[] = []
  #isDropping = false
  #isClosed = false

  constructor(base: JournalBase) {
    this.#base = base
    this.#outputs = new HeldOutputs(base.log)
    this.#retries = new Retries(base)
    base.presence.onSure(() => this.#outputs.release(this.#tellable))
  }

  start(owner: HomeOwner): void {
    this.#owner = owner
  }

  roomChanged(room: Room): void {
    const key = roomKey(room)
    this.#change(key).room(room)
    this.#base.holdings.occupy(key, room.code)
  }

  posted(room: Room, message: ChatMessage): void {
    this.#change(roomKey(room)).post(message)
  }

  roomClosed(room: Room): void {
    const key = roomKey(room)
    if (!this.#base.holdings.has(key)) return
    this.#change(key).close(room.code)
    this.#base.holdings.vacate(key)
  }

  bookChanged(id: string, book: Partial<Book> | null): void {
    const { holdings } = this.#base
    const key = [nameKey(id), codeKey(id)].find((each) => holdings.has(each))
    // One that was just made needs no home before.
    if (key !== undefined) this.#change(key).book(book)
    else if (book?.appointment !== undefined) this.#change(nameKey(id)).book(book)
  }

  claimChanged(userId: string, claim: StoredClaim | null): void {
    if (this.#base.holdings.has(USERS_KEY)) this.#change(USERS_KEY).claim(userId, claim)
  }

  after(key: PlaceKey | null, then: () => void, never?: () => void): void {
    if (this.#isClosed) return
    this.#outputs.add({ flush: this.#latest, key, run: then, dropped: never }, this.#tellable)
    while (this.#outputs.size > this.#base.limits.clusterHeldOutputs) this.#giveUpOldest()
  }

  /** Everything that is kept of it is written again, as it is when its turn comes. */
  rewrite(key: PlaceKey): void {
    if (this.#base.holdings.has(key)) this.#change(key).isRenewed = true
  }

  /** Gives a place away, after what has changed in it is written. Does nothing when it is not at home here. */
  release(key: PlaceKey): void {
    if (!this.#base.holdings.has(key)) return
    this.#change(key).isReleased = true
    this.#base.holdings.remove(key)
    this.#releasing.set(key, this.#collecting)
  }

  isReleasing(key: PlaceKey): boolean {
    return this.#releasing.has(key)
  }

  /** Resolves when no place is being given away any more. */
  async released(): Promise<void> {
    while (this.#releasing.size > 0 && !this.#isClosed) await this.written()
  }

  /** Resolves when all that was changed until now is written, or the journal is closed. */
  async written(): Promise<void> {
    if (this.#isClosed || this.#latest <= this.#written) return
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#settled.push({ flush: this.#latest, resolve: () => resolve(undefined) })
    await promise
  }

  /** Another process is home of it: it is forgotten here with all that was to be written or told of it. */
  lose(key: PlaceKey): void {
    this.#dirty.delete(key)
    this.#writing.delete(key)
    this.#releasing.delete(key)
    const tellDropped = this.#outputs.drop(key)
    if (this.#base.holdings.remove(key)) {
      this.#base.log('warn', 'home-lost', {})
      contain(this.#base.log, 'home-fault', () => this.#owner?.lost(key))
    }
    // Only now: nothing that they do changes a place that is not here any more.
    tellDropped()
  }

  /** Redis is there: what has failed is sent again now. */
  wake(): void {
    this.#retries.wake()
  }

  /** Drops what is not written and what is not told. */
  close(): void {
    this.#isClosed = true
    if (this.#scheduled !== null) clearImmediate(this.#scheduled)
    this.#retries.wake()
    for (const { resolve } of this.#settled.splice(0)) resolve()
  }

  /** The flush in which everything until now is written. */
  get #latest(): number {
    return this.#dirty.size > 0 ? this.#collecting : this.#collecting - 1
  }

  /** Nothing is told while another process may be home, not even what changed nothing. */
  get #tellable(): number {
    return this.#base.presence.isSure() ? this.#written : NOTHING_WRITTEN
  }

  #change(key: PlaceKey): Changes {
    const changes = this.#dirty.get(key) ?? new Changes()
    // It is wanted again before it was given away.
    changes.isReleased = false
    if (this.#releasing.get(key) === this.#collecting) this.#releasing.delete(key)
    this.#dirty.set(key, changes)
    this.#base.holdings.add(key)
    this.#schedule()
    return changes
  }

  #schedule(): void {
    if (this.#isClosed || this.#scheduled !== null || this.#collecting - 1 > this.#written) return
    this.#scheduled = setImmediate(() => void this.#flush())
  }

  async #flush(): Promise<void> {
    const flush = this.#collecting
    this.#collect()
    this.#scheduled = null
    while (this.#writing.size > 0 && !this.#isClosed) {
      const fault = await this.#write()
      if (fault === null) this.#retries.worked()
      else await this.#retries.after(fault)
    }
    this.#finish(flush)
  }

  #collect(): void {
    for (const [key, changes] of [...this.#dirty]) {
      const add = () => void this.#writing.set(key, this.#operationsOf(key, changes))
      if (!contain(this.#base.log, 'journal-fault', add)) this.lose(key)
    }
    this.#dirty = new Map()
    this.#collecting += 1
  }

  #operationsOf(key: PlaceKey, changes: Changes): Operation[][] {
    return changes.operations(() => this.#owner?.current(key) ?? { room: null, book: null, claims: new Map() })
  }

  /** Answers what Redis said when not everything is written. */
  async #write(): Promise<unknown> {
    const places = [...this.#writing]
    let fault: unknown = null
    for (let at = 0; at < places.length && fault === null; at += PLACES_AT_ONCE) {
      const writing = places.slice(at, at + PLACES_AT_ONCE).map(([key, lists]) => this.#writePlace(key, lists))
      for (const result of await Promise.allSettled(writing)) if (result.status === 'rejected') fault = result.reason
    }
    return fault
  }

  async #writePlace(key: PlaceKey, lists: readonly Operation[][]): Promise<void> {
    const calls = await Promise.allSettled(lists.map((operations) => this.#base.scripts.write(key, operations)))
    // It was lost, and may have been taken anew, while this was under way.
    if (this.#isClosed || this.#writing.get(key) !== lists) return
    if (calls.some((call) => call.status === 'fulfilled' && !call.value)) {
      this.lose(key)
      return
    }
    const failed = calls.find((call) => call.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    this.#writing.delete(key)
  }

  #finish(flush: number): void {
    if (this.#isClosed) return
    this.#written = flush
    for (const [key, by] of this.#releasing) if (by <= flush) this.#releasing.delete(key)
    this.#outputs.release(this.#tellable)
    const settled = this.#settled.filter((each) => each.flush <= flush)
    this.#settled.splice(0, settled.length)
    for (const { resolve } of settled) resolve()
    if (this.#outputs.size === 0) this.#isDropping = false
    // Some may wait for changes that were lost meanwhile.
    if (this.#dirty.size + this.#settled.length > 0 || this.#outputs.latest > flush) this.#schedule()
  }

  #giveUpOldest(): void {
    const key = this.#outputs.oldestKey
    if (!this.#isDropping) this.#base.log('error', 'output-dropped', {})
    this.#isDropping = true
    if (key === null) this.#outputs.dropOldest()
    else this.lose(key)
  }
}
