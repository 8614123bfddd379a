import { randomBytes } from 'node:crypto'
import {
  CODE_ALPHABET,
  CODE_LENGTH,
  limits as wire,
  normaliseRoomCode,
  type ChatMessage,
  type Result,
  type RoomCode,
} from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Clock } from './clock.ts'
import { noBooks, type RoomBooks } from './documents.ts'
import { Generations } from './generations.ts'
import { ok, refuse } from './results.ts'
import type { Claims, ResumeTokens } from './resume-tokens.ts'
import type { RoomContext, RoomKind, RoomTally } from './room-context.ts'
import { noJournal, type RoomJournal } from './room-journal.ts'
import type { RoomRecord } from './room-record.ts'
import { Room } from './room.ts'

/** 60 random bits: 32 letters, so that each takes exactly 5 bits of a random byte. */
const newRoomCode = (): RoomCode =>
  Array.from(randomBytes(CODE_LENGTH), (byte) => CODE_ALPHABET.charAt(byte % CODE_ALPHABET.length)).join('')

export interface RoomWish {
  readonly title?: string | undefined
  readonly capacity?: number | undefined
  readonly name?: string | undefined
  /** How long it is kept while it is empty, when that is not `emptyRoomMs`. */
  readonly emptyMs?: number | undefined
}

interface RoomsOptions {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly tokens: ResumeTokens
  /** What is kept of named rooms while nobody is in them; nothing when there is none. */
  readonly books?: RoomBooks
  /** What is told of each change, before anybody else is; nothing when there is none. */
  readonly journal?: RoomJournal
}

/** All rooms of one server, by code. */
export class Rooms {
  readonly #options: Required<RoomsOptions>
  readonly #rooms = new Map<RoomCode, Room>()
  readonly #named = new Map<string, Room>()
  readonly #expired: Generations
  readonly #tally: RoomTally = { signals: 0 }
  readonly #context: RoomContext

  constructor(options: RoomsOptions) {
    this.#options = { books: noBooks, journal: noJournal, ...options }
    this.#expired = new Generations(options.limits.formerRooms)
    this.#context = { ...this.#options, tally: this.#tally, onExpired: (room) => this.#forgetExpired(room) }
  }

  get size(): number {
    return this.#rooms.size
  }

  /** Signals handed from one to another since the start. */
  get relayedSignals(): number {
    return this.#tally.signals
  }

  /** Looks at every room. `calls`: rooms in which there are at least two. */
  census(): { readonly rooms: number; readonly peers: number; readonly calls: number } {
    let [peers, calls] = [0, 0]
    for (const { size } of this.#rooms.values()) {
      peers += size
      if (size > 1) calls += 1
    }
    return { rooms: this.#rooms.size, peers, calls }
  }

  /** Makes an empty room with a code that can not be guessed. A `name` must be free: ask `find` before. */
  create(room: RoomWish): Result<Room> {
    const { title = '', capacity = wire.roomCapacity, name = null, emptyMs } = room
    return this.#open({ code: newRoomCode(), title, capacity, name, emptyMs })
  }

  /** By the name that another system gave, or by the code, however it is typed. */
  find(address: string): Room | undefined {
    return this.#named.get(address) ?? this.#rooms.get(normaliseRoomCode(address))
  }

  named(name: string): Room | undefined {
    return this.#named.get(name)
  }

  /** By its code in the one form that codes have. */
  coded(code: RoomCode): Room | undefined {
    return this.#rooms.get(code)
  }

  /** Like `find`, but makes the room anew when its name is known and nobody has been in it lately. */
  open(address: string): Result<Room> {
    const found = this.find(address)
    if (found !== undefined) return ok(found)
    const book = this.#options.books.open(address)
    if (book === null) return refuse('room-not-found')
    const code = this.#isFree(book.code) ? book.code : newRoomCode()
    const opened = this.#open({ code, title: book.title, capacity: wire.roomCapacity, name: address })
    if (opened.ok && code !== book.code) this.#options.books.opened(address, code)
    return opened
  }

  /**
   * Whether a room of a former life of the server can go by its code again, so that those who come back with a token meet
   * those who come by its name. Not when it has expired here: its tokens are no longer good.
   */
  #isFree(code: RoomCode): boolean {
    return code !== '' && !this.#rooms.has(code) && this.#expired.allows(code, 0, 0)
  }

  /** Tells everyone in the room of this name that its documents are others now. */
  documentsChanged(name: string): void {
    this.#named.get(name)?.documentsChanged()
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

  /**
   * Goes on with a room of another process: whoever was inside is away from now on. Answers the one that is there when
   * there is one of that code or name. Not bounded by `limits.rooms`: it was let in where it comes from.
   */
  restore(record: RoomRecord, chat: readonly ChatMessage[]): Room {
    const { code, title, capacity, name, emptyMs } = record
    const known = this.#rooms.get(code) ?? (name === null ? undefined : this.#named.get(name))
    if (known !== undefined) return known
    const room = this.#make({ code, title, capacity, name, emptyMs: emptyMs ?? undefined })
    room.restore(record, chat)
    return room
  }

  /** The room is another process's now: forgets it as if it had never been here, and tells nobody, not even the journal. */
  evict(code: RoomCode): void {
    const room = this.#rooms.get(code)
    if (room === undefined) return
    this.#forget(room)
    room.evict()
  }

  /** Stops all waiting; tells nobody. */
  close(): void {
    for (const room of this.#rooms.values()) room.close()
    this.#rooms.clear()
    this.#named.clear()
  }

  #open(kind: RoomKind): Result<Room> {
    if (this.#rooms.size >= this.#options.limits.rooms) return refuse('server-full')
    const room = this.#make(kind)
    this.#options.journal.roomChanged(room)
    return ok(room)
  }

  #forgetExpired(room: Room): void {
    this.#forget(room)
    this.#expired.revoke(room.code, this.#options.clock.now())
    this.#options.journal.roomClosed(room)
  }

  #make(kind: RoomKind): Room {
    const room = new Room(kind, this.#context)
    this.#rooms.set(room.code, room)
    if (room.name !== null) this.#named.set(room.name, room)
    return room
  }

  #forget({ code, name }: Room): void {
    this.#rooms.delete(code)
    if (name !== null) this.#named.delete(name)
  }
}
