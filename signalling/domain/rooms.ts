import { randomBytes } from 'node:crypto'
import { CODE_ALPHABET, CODE_LENGTH, limits as wire, type Result, type RoomCode } from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Clock } from './clock.ts'
import { Generations } from './generations.ts'
import { ok, refuse } from './results.ts'
import type { Claims, ResumeTokens } from './resume-tokens.ts'
import { Room, type RoomKind } from './room.ts'

/** 60 random bits: 32 letters, so that each takes exactly 5 bits of a random byte. */
const newRoomCode = (): RoomCode =>
  Array.from(randomBytes(CODE_LENGTH), (byte) => CODE_ALPHABET.charAt(byte % CODE_ALPHABET.length)).join('')

interface RoomsOptions {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly tokens: ResumeTokens
}

/** All rooms of one server, by code. */
export class Rooms {
  readonly #options: RoomsOptions
  readonly #rooms = new Map<RoomCode, Room>()
  readonly #expired: Generations

  constructor(options: RoomsOptions) {
    this.#options = options
    this.#expired = new Generations(options.limits.formerRooms)
  }

  get size(): number {
    return this.#rooms.size
  }

  /** Makes an empty room with a code that can not be guessed. */
  create({ title = '', capacity = wire.roomCapacity }: { title?: string | undefined; capacity?: number | undefined }) {
    return this.#open({ code: newRoomCode(), title, capacity })
  }

  find(code: RoomCode): Room | undefined {
    return this.#rooms.get(code)
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
    return this.#open({ code: claims.code, title: claims.title, capacity: claims.capacity })
  }

  /** Stops all waiting; tells nobody. */
  close(): void {
    for (const room of this.#rooms.values()) room.close()
    this.#rooms.clear()
  }

  #open(kind: RoomKind): Result<Room> {
    if (this.#rooms.size >= this.#options.limits.rooms) return refuse('server-full')
    const onExpired = (expired: Room) => {
      this.#rooms.delete(expired.code)
      this.#expired.revoke(expired.code, this.#options.clock.now())
    }
    const room = new Room(kind, { ...this.#options, onExpired })
    this.#rooms.set(room.code, room)
    return ok(room)
  }
}
