import { randomBytes } from 'node:crypto'
import {
  CODE_ALPHABET,
  CODE_LENGTH,
  limits as wire,
  normaliseRoomCode,
  type Result,
  type RoomCode,
} from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Clock } from './clock.ts'
import { Generations } from './generations.ts'
import { ok, refuse } from './results.ts'
import type { Claims, ResumeTokens } from './resume-tokens.ts'
import { Room, type RoomKind } from './room.ts'

/** 60 random bits: 32 letters, so that each takes exactly 5 bits of a random byte. */
const newRoomCode = (): RoomCode =>
  Array.from(randomBytes(CODE_LENGTH), (byte) => CODE_ALPHABET.charAt(byte % CODE_ALPHABET.length)).join('')

export interface RoomWish {
  readonly title?: string | undefined
  readonly capacity?: number | undefined
  readonly name?: string | undefined
}

interface RoomsOptions {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly tokens: ResumeTokens
}

/** All rooms of one server, by code. */
export class Rooms {
  readonly #options: RoomsOptions
  readonly #rooms = new Map<RoomCode, Room>()
  readonly #named = new Map<string, Room>()
  readonly #expired: Generations

  constructor(options: RoomsOptions) {
    this.#options = options
    this.#expired = new Generations(options.limits.formerRooms)
  }

  get size(): number {
    return this.#rooms.size
  }

  /** Makes an empty room with a code that can not be guessed. A `name` must be free: ask `find` before. */
  create(room: RoomWish): Result<Room> {
    const { title = '', capacity = wire.roomCapacity, name = null } = room
    return this.#open({ code: newRoomCode(), title, capacity, name })
  }

  /** By the name that another system gave, or by the code, however it is typed. */
  find(address: string): Room | undefined {
    return this.#named.get(address) ?? this.#rooms.get(normaliseRoomCode(address))
  }

  /** Opens a resume token. Answers null for what was never sealed here, was altered, or has expired. */
  openToken(token: string): Claims | null {
    return this.#options.tokens.open(token, this.#options.clock.now())
  }

  /** The room that a token is for; made again when it is of a former life of the server, but not when it has expired here. */
  findOrRevive(claims: Claims): Result<Room> {
    const room = this.#rooms.get(claims.code)
    if (room !== undefined) return ok(room)
    const issuedAt = claims.expires - this.#options.limits.tokenLifetimeMs
    if (!this.#expired.allows(claims.code, claims.generation, issuedAt)) return refuse('resume-refused')
    const { code, title, capacity, roomName } = claims
    const isNameFree = roomName !== null && !this.#named.has(roomName)
    return this.#open({ code, title, capacity, name: isNameFree ? roomName : null })
  }

  /** Stops all waiting; tells nobody. */
  close(): void {
    for (const room of this.#rooms.values()) room.close()
    this.#rooms.clear()
    this.#named.clear()
  }

  #open(kind: RoomKind): Result<Room> {
    if (this.#rooms.size >= this.#options.limits.rooms) return refuse('server-full')
    const onExpired = (expired: Room) => {
      this.#rooms.delete(expired.code)
      if (expired.name !== null) this.#named.delete(expired.name)
      this.#expired.revoke(expired.code, this.#options.clock.now())
    }
    const room = new Room(kind, { ...this.#options, onExpired })
    this.#rooms.set(room.code, room)
    if (room.name !== null) this.#named.set(room.name, room)
    return ok(room)
  }
}
