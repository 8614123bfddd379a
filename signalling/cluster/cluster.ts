/**
 * CONTRACT of what joins several server processes. Everything that people share has one home: the process that decides about
 * it. Other processes hand on to it what their clients send (docs/decisions/0008). Only redis-*.ts and open-cluster.ts know Redis.
 */
import type { Room } from '../domain/room.ts'
import type { RoomJournal } from '../domain/room-journal.ts'
import type { RoomRecord } from '../domain/room-record.ts'
import type { ChatMessage } from '#signalling/protocol.ts'
import type { Clock } from '../domain/clock.ts'
import type { Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Book } from '../store/book.ts'
import type { StoredClaim } from '../store/store.ts'

/** One run of one server process: 128 random bits, new with every start. */
export type ProcessId = string

/**
 * What has one home: `name:<name>` for a room (or appointment) that has a name, `code:<code>` for a room that has none, `users`
 * for all users and calls, `live:<session id>` for a live stream.
 */
export type PlaceKey = string

export const nameKey = (name: string): PlaceKey => `name:${name}`
export const codeKey = (code: string): PlaceKey => `code:${code}`
export const liveKey = (sessionId: string): PlaceKey => `live:${sessionId}`
export const USERS_KEY: PlaceKey = 'users'
export const roomKey = ({ name, code }: Pick<Room, 'name' | 'code'>): PlaceKey =>
  name === null ? codeKey(code) : nameKey(name)

/**
 * What a request is about, as far as its sender says it. `room`: by name or code; `find` only what is there or was kept, `open`
 * also what is not there yet. `token`: of a resume. `place`: anything that there is always one of.
 */
export type Wish =
  | { readonly kind: 'room'; readonly address: string; readonly mode: 'find' | 'open' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'place'; readonly key: PlaceKey }

/** `nowhere`: there is no such room, and nothing was taken. `gone`: it has expired, and its tokens with it. */
export type Found =
  | { readonly where: 'here'; readonly key: PlaceKey }
  | { readonly where: 'there'; readonly key: PlaceKey; readonly process: ProcessId }
  | { readonly where: 'nowhere' }
  | { readonly where: 'gone' }

/** What was kept of a place, for the process that has become its home. */
export interface Kept {
  readonly room: { readonly record: RoomRecord; readonly chat: readonly ChatMessage[] } | null
  /** Of an appointment. */
  readonly book: Book | null
  /** Of `users` alone. */
  readonly claims: ReadonlyMap<string, StoredClaim>
}

/** What the server has to do when its homes change. Both are called before anything else happens to that place here. */
export interface HomeOwner {
  /** This process has become home: put in place what was kept. */
  readonly taken: (key: PlaceKey, kept: Kept) => void
  /** Another process is home by now, or it was idle and given away: forget it, tell nobody, write nothing. */
  readonly lost: (key: PlaceKey) => void
  /** Whether nothing is there: no room, no connection hosted for it, nothing that runs. It is then given away after a while. */
  readonly isIdle: (key: PlaceKey) => boolean
  /** All that is to be kept of it, as it is now: Redis has lost what was written. */
  readonly current: (key: PlaceKey) => Kept
}

export interface Homes {
  /**
   * Finds the home of what is wished for, and takes it when it has none that lives. Waits while Redis is away. Rejects only
   * when the cluster is closed.
   */
  find(wish: Wish): Promise<Found>
  /** Nothing is left there: whoever wants it next becomes its home. Does nothing when this process is not its home. */
  release(key: PlaceKey): void
}

/** Messages between processes: each arrives once and in order, as long as both processes live. A message is JSON. */
export interface Mail {
  post(to: ProcessId, message: unknown): void
  /** All processes that live, without this one. */
  others(): readonly ProcessId[]
  /** Set once, by whoever handles messages. A fault in it is logged. */
  onMessage: (from: ProcessId, message: unknown) => void
  /** The process is dead, or some of its messages are lost for good: whatever it had to do with this one is void. */
  onGone: (process: ProcessId) => void
}

/**
 * Writes the state of places that are at home here, and holds back what those must not be told before it is written. The
 * domain changes first; what follows from it goes out when Redis has it. A process that is not home any more writes nothing.
 */
export interface Journal extends RoomJournal {
  /** `null`: it was removed. */
  bookChanged(id: string, book: Partial<Book> | null): void
  /** `null`: forgotten. */
  claimChanged(userId: string, claim: StoredClaim | null): void
  /**
   * Runs `then` when all that was changed until now is written: at once when nothing waits. Never runs it when `key` was lost
   * meanwhile, or when too much waits; then it runs `never`. In the order of the calls.
   */
  after(key: PlaceKey | null, then: () => void, never?: () => void): void
}

export interface Cluster {
  readonly processId: ProcessId
  /** What resume tokens are sealed with, the same in every process. */
  readonly serverKey: Uint8Array
  readonly homes: Homes
  readonly mail: Mail
  readonly journal: Journal
  /** Called once, before the server listens; until then nothing is found. */
  start(owner: HomeOwner): void
  /** Null, or `redis-unreachable`. */
  whyNotReady(): 'redis-unreachable' | null
  /** Gives every home away, so that others can take them at once, then closes the connections. Twice is no error. */
  close(): Promise<void>
}

/** Handed in by whoever starts the server, so that the desktop's server does not carry a Redis client along. */
export type OpenCluster = (base: {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly log: Log
  /** Of the data folder; becomes the shared one when there is none yet. */
  readonly ownKey: Uint8Array
}) => Promise<Cluster>
