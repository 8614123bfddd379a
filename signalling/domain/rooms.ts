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
import { Adoptions } from './adoptions.ts'
import { Attempts } from './attempts.ts'
import type { Clock } from './clock.ts'
import { noBooks, type RoomBooks } from './documents.ts'
import { newDoor, newHostKey } from './door.ts'
import { Generations } from './generations.ts'
import { hashPassword } from './passwords.ts'
import { ok, refuse } from './results.ts'
import type { Claims, ResumeTokens } from './resume-tokens.ts'
import type { RoomContext, RoomKind, RoomTally } from './room-context.ts'
import { noJournal, type RoomJournal } from './room-journal.ts'
import type { DoorRecord, RoomRecord } from './room-record.ts'
import type { SuccessionContext } from './room-succession.ts'
import { Room } from './room.ts'
import { noSaves, type RoomSaves } from './saved-rooms.ts'

/** 60 random bits: 32 letters, so that each takes exactly 5 bits of a random byte. */
const newRoomCode = (): RoomCode =>
  Array.from(randomBytes(CODE_LENGTH), (byte) => CODE_ALPHABET.charAt(byte % CODE_ALPHABET.length)).join('')

/** A room of ours, as its maker wishes it. */
export interface HostedRoomWish {
  readonly title?: string | undefined
  readonly capacity?: number | undefined
  /** As it was typed. */
  readonly password?: string | undefined
  readonly knock?: boolean | undefined
}

/** A room of another system. */
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
  /** Where rooms of ours outlive a restart; nowhere when there is none. */
  readonly saves?: RoomSaves
  /** Of a server on somebody's own computer; its rooms end with it when there is none. */
  readonly succession?: SuccessionContext | null
}

/** Of a room that nothing is known of but a token: nobody comes in whom no host has let in, and only tokens make hosts. */
const UNKNOWN_DOOR: DoorRecord = newDoor('', null, true)

/** All rooms of one server, by code. */
export class Rooms {
  readonly adoptions: Adoptions
  readonly #options: Required<RoomsOptions>
  readonly #rooms = new Map<RoomCode, Room>()
  readonly #named = new Map<string, Room>()
  /** Those that have expired or were ended. */
  readonly #closed: Generations
  readonly #attempts: Attempts
  readonly #tally: RoomTally = { signals: 0 }
  readonly #context: RoomContext

  constructor(options: RoomsOptions) {
    this.#options = { books: noBooks, journal: noJournal, saves: noSaves, succession: null, ...options }
    this.#closed = new Generations(options.limits.formerRooms)
    this.#attempts = new Attempts(options.limits, options.clock)
    this.#context = {
      ...{ ...this.#options, attempts: this.#attempts, tally: this.#tally },
      onClosed: (room) => this.#forgetClosed(room),
    }
    this.adoptions = new Adoptions(this, this.#context)
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

  /** Makes an empty room for another system. A `name` must be free: ask `find` before. */
  create(room: RoomWish): Result<Room> {
    const { title = '', capacity = wire.roomCapacity, name = null, emptyMs } = room
    return this.#open({ code: newRoomCode(), title, capacity, name, door: null, emptyMs })
  }

  /** Makes an empty room with a code that can not be guessed, for whoever asks from `origin`: a host, with this key. */
  createHosted(wish: HostedRoomWish, origin: string): Result<{ readonly room: Room; readonly hostKey: string }> {
    const { title = '', capacity = wire.roomCapacity, password, knock = false } = wish
    if (this.#isFull) return refuse('server-full')
    if (password !== undefined && !this.#attempts.mayHash(origin)) return refuse('too-many-requests')
    const { key: hostKey, hash } = newHostKey()
    const door = newDoor(hash, password === undefined ? null : hashPassword(password), knock)
    const opened = this.#open({ code: newRoomCode(), title, capacity, name: null, door })
    return opened.ok ? ok({ room: opened.value, hostKey }) : opened
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

  /**
   * Like `open` or `find`, for somebody who may be trying codes: whoever asked for too many that there are not is refused,
   * whether this one is there or not.
   */
  seek(address: string, origin: string, mode: 'find' | 'open' = 'open'): Result<Room> {
    if (!this.mayAsk(origin)) return refuse('too-many-requests')
    const found = this.find(address)
    if (found !== undefined) return ok(found)
    const opened = mode === 'open' ? this.open(address) : refuse('room-not-found')
    if (!opened.ok && opened.code === 'room-not-found') this.missed(origin)
    return opened
  }

  /** Somebody asked for a room that there is not. */
  missed(origin: string): void {
    this.#attempts.missed(origin)
  }

  /** Whether somebody may ask for rooms that may not be there. */
  mayAsk(origin: string): boolean {
    return this.#attempts.mayAsk(origin)
  }

  /** What was counted as missing was in another process. */
  foundElsewhere(origin: string): void {
    this.#attempts.found(origin)
  }

  /** Like `find`, but makes the room anew when its name is known and nobody has been in it lately. */
  open(address: string): Result<Room> {
    const found = this.find(address)
    if (found !== undefined) return ok(found)
    const book = this.#options.books.open(address)
    if (book === null) return refuse('room-not-found')
    const code = this.#isFree(book.code) ? book.code : newRoomCode()
    const opened = this.#open({ code, title: book.title, capacity: wire.roomCapacity, name: address, door: null })
    if (opened.ok && code !== book.code) this.#options.books.opened(address, code)
    return opened
  }

  /**
   * Whether a room of a former life of the server can go by its code again, so that those who come back with a token meet
   * those who come by its name. Not when it has expired here: its tokens are no longer good.
   */
  #isFree(code: RoomCode): boolean {
    return code !== '' && !this.#rooms.has(code) && this.#closed.allows(code, 0, 0)
  }

  /** Tells everyone in the room of this name that its documents are others now. */
  documentsChanged(name: string): void {
    this.#named.get(name)?.documentsChanged()
  }

  /** Opens a resume token. Answers null for what was never sealed here, was altered, or has expired. */
  openToken(token: string): Claims | null {
    return this.#options.tokens.open(token, this.#options.clock.now())
  }

  /**
   * The room that a token is for; made again when it is of a former life of the server, but not when it has expired here or was
   * ended. Title, capacity and door are as they were last, not as they were when the token was sealed.
   */
  findOrRevive(claims: Claims): Result<Room> {
    const room = this.#rooms.get(claims.code)
    if (room !== undefined) return ok(room)
    const issuedAt = claims.expires - this.#options.limits.tokenLifetimeMs
    if (!this.#closed.allows(claims.code, claims.generation, issuedAt)) return refuse('resume-refused')
    return claims.role === null ? this.#revive(claims) : this.#reviveHosted(claims)
  }

  /**
   * Goes on with a room of another process: whoever was inside is away from now on. Answers the one that is there when
   * there is one of that code or name. Not bounded by `limits.rooms`: it was let in where it comes from.
   */
  restore(record: RoomRecord, chat: readonly ChatMessage[]): Room {
    const { code, title, capacity, name, door, emptyMs } = record
    const known = this.#rooms.get(code) ?? (name === null ? undefined : this.#named.get(name))
    if (known !== undefined) return known
    const room = this.#make({ code, title, capacity, name, door, emptyMs: emptyMs ?? undefined })
    room.restore(record, chat)
    return room
  }

  /** Puts an empty room in the place of the one of that code, if there is any: whoever looks at that one is told that it is over. */
  put(kind: RoomKind): Result<Room> {
    const former = this.#rooms.get(kind.code)
    if (former === undefined && this.#isFull) return refuse('server-full')
    if (former !== undefined) this.#forget(former)
    former?.evict(['room:closed', { code: kind.code, reason: 'expired' }])
    return ok(this.#make(kind))
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

  get #isFull(): boolean {
    return this.#rooms.size >= this.#options.limits.rooms
  }

  #revive({ code, title, capacity, roomName }: Claims): Result<Room> {
    const isNameFree = roomName !== null && !this.#named.has(roomName)
    return this.#open({ code, title, capacity, name: isNameFree ? roomName : null, door: null })
  }

  #reviveHosted({ code, title, capacity }: Claims): Result<Room> {
    const { saves } = this.#options
    const saved = saves.find(code)
    if (saved === null && saves.isComplete) return refuse('resume-refused')
    const kind = saved ?? { code, title, capacity, door: UNKNOWN_DOOR }
    const opened = this.#open({ ...kind, name: null })
    if (opened.ok) opened.value.awaitHosts()
    return opened
  }

  #open(kind: RoomKind): Result<Room> {
    if (this.#isFull) return refuse('server-full')
    const room = this.#make(kind)
    this.#options.journal.roomChanged(room)
    return ok(room)
  }

  #forgetClosed(room: Room): void {
    const { clock, journal, saves } = this.#options
    this.#forget(room)
    this.#closed.revoke(room.code, clock.now())
    saves.remove(room.code)
    journal.roomClosed(room)
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
