import { randomBytes } from 'node:crypto'
import type { FactName, Joined, Result, RoomCode } from '#signalling/protocol.ts'
import type { Cancel, Clock } from '#signalling/domain/clock.ts'
import type { Fact } from '#signalling/domain/facts.ts'
import { ResumeTokens } from '#signalling/domain/resume-tokens.ts'
import { noJournal, type RoomJournal } from '#signalling/domain/room-journal.ts'
import type { SuccessionContext } from '#signalling/domain/room-succession.ts'
import { Rooms, type HostedRoomWish } from '#signalling/domain/rooms.ts'
import { noSaves, type RoomSaves } from '#signalling/domain/saved-rooms.ts'
import { Session } from '#signalling/domain/session.ts'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'

/** A clock that stands still until it is told how far to go. */
export class ManualClock implements Clock {
  #now = 1_764_000_000_000
  readonly #due = new Set<{ readonly at: number; readonly run: () => void }>()

  get pending(): number {
    return this.#due.size
  }

  readonly now = (): number => this.#now

  readonly schedule = (delayMs: number, run: () => void): Cancel => {
    const timer = { at: this.#now + delayMs, run }
    this.#due.add(timer)
    return () => void this.#due.delete(timer)
  }

  /** Runs what falls due on the way, in its order. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const [first] = [...this.#due].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
      if (first === undefined) break
      this.#due.delete(first)
      this.#now = first.at
      first.run()
    }
    this.#now = until
  }
}

/** A session whose facts are kept for the test to look at. */
export interface Visitor {
  readonly session: Session
  readonly facts: Fact[]
}

export interface World {
  readonly clock: ManualClock
  readonly limits: ServerLimits
  readonly rooms: Rooms
  /** Somebody connects, from this address. */
  readonly visit: (origin?: string) => Visitor
}

/** Rooms with their own clock. The same `key` makes the same server after a restart, which knows what is in `saves`. */
export const createWorld = (
  changes: Partial<ServerLimits> = {},
  key = randomBytes(32),
  clock = new ManualClock(),
  journal: RoomJournal = noJournal,
  saves: RoomSaves = noSaves,
  succession: SuccessionContext | null = null,
): World => {
  const limits = { ...defaultServerLimits, ...changes }
  const rooms = new Rooms({ limits, clock, tokens: new ResumeTokens(key), journal, saves, succession })
  const visit = (origin = '192.0.2.1') => {
    const facts: Fact[] = []
    return { session: new Session(rooms, (fact) => facts.push(fact), { origin }), facts }
  }
  return { clock, limits, rooms, visit }
}

/** The value of a result that has to be a good one. */
export const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`refused: ${result.code}`)
  return result.value
}

export const namesOf = (facts: readonly Fact[]): FactName[] => facts.map(([name]) => name)

export type Inside = Visitor & { readonly joined: Joined }

export const openRoom = (world: World, room: { title?: string; capacity?: number } = {}): RoomCode =>
  valueOf(world.visit().session.createRoom(room)).code

export const enter = (world: World, code: RoomCode, name = 'Ann', origin?: string): Inside => {
  const visitor = world.visit(origin)
  return { ...visitor, joined: valueOf(visitor.session.join(code, name)) }
}

/** Makes a room and joins it as its host. */
export const hostRoom = (world: World, wish: HostedRoomWish = {}, name = 'Hal') => {
  const visitor = world.visit('198.51.100.1')
  const { code, hostKey } = valueOf(visitor.session.createRoom(wish))
  const joined = valueOf(visitor.session.join(code, name, { hostKey }))
  return { ...visitor, joined, code, hostKey }
}
