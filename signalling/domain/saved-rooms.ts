import * as v from 'valibot'
import { Will, type RoomCode } from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import { StoreFault, type RoomStore } from '../store/store.ts'
import type { Clock } from './clock.ts'
import { estateSchema } from './door-schema.ts'
import type { Estate } from './room-succession.ts'

/** Of a room of ours, what has to be the same after a restart whatever token brings it back. Plain JSON. */
export interface SavedRoom extends Estate {
  readonly code: RoomCode
  /** By which this computer goes on with it; absent when nobody hosted it before. */
  readonly will?: Will | undefined
}

/** Where rooms of ours are written down, from the first token that leads back to them until they are closed. Never throws. */
export interface RoomSaves {
  /** Whether a room that is not found is one that nobody may bring back. Else nothing is known of any, and none is saved. */
  readonly isComplete: boolean
  find: (code: RoomCode) => SavedRoom | null
  save: (room: SavedRoom) => void
  remove: (code: RoomCode) => void
}

/** Of a server that keeps nothing. */
export const noSaves: RoomSaves = {
  isComplete: false,
  find: () => null,
  save: () => undefined,
  remove: () => undefined,
}

interface StoredRoomsOptions {
  readonly store: RoomStore
  readonly limits: Pick<ServerLimits, 'turnedAway' | 'formerHosts' | 'tokenLifetimeMs' | 'pruneMs'>
  readonly clock: Clock
  /** The store did not do what it was asked for. */
  readonly onFault: (fault: StoreFault) => void
}

/** Rooms of ours in a store that outlives the process. What can not be read is not there. */
export class StoredRooms implements RoomSaves {
  readonly isComplete = true
  readonly #options: StoredRoomsOptions
  readonly #schema: v.GenericSchema<unknown, Omit<SavedRoom, 'code'>>
  #prunedAt = Number.NEGATIVE_INFINITY

  constructor(options: StoredRoomsOptions) {
    this.#options = options
    this.#schema = v.intersect([estateSchema(options.limits), v.object({ will: v.optional(Will) })])
    this.#attempt(() => this.#prune())
  }

  find(code: RoomCode): SavedRoom | null {
    const json = this.#attempt(() => this.#options.store.findRoom(code)) ?? null
    if (json === null) return null
    const saved = v.safeParse(v.pipe(v.string(), v.parseJson(), this.#schema), json)
    return saved.success ? { code, ...saved.output } : null
  }

  save({ code, ...room }: SavedRoom): void {
    this.#attempt(() => {
      this.#options.store.saveRoom(code, JSON.stringify(room), this.#options.clock.now())
      this.#prune()
    })
  }

  remove(code: RoomCode): void {
    this.#attempt(() => this.#options.store.removeRoom(code))
  }

  /** A room is written again at least every half life of a token while tokens are made (entrance.ts). */
  #prune(): void {
    const { store, clock, limits } = this.#options
    if (clock.now() - this.#prunedAt < limits.pruneMs) return
    this.#prunedAt = clock.now()
    store.forgetRooms(clock.now() - 1.5 * limits.tokenLifetimeMs)
  }

  #attempt<T>(act: () => T): T | undefined {
    try {
      return act()
    } catch (fault) {
      if (!(fault instanceof StoreFault)) throw fault
      this.#options.onFault(fault)
      return undefined
    }
  }
}
