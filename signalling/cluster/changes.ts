import { limits as wire, type ChatMessage, type RoomCode } from '#signalling/protocol.ts'
import type { Room } from '../domain/room.ts'
import type { Book } from '../store/book.ts'
import type { StoredClaim } from '../store/store.ts'
import type { Kept } from './cluster.ts'
import { bookFields } from './kept.ts'
import type { Operation } from './scripts.ts'

/** Claims that go in one call of the script, so that it does not hold up the others. */
const CLAIMS_AT_ONCE = 1000

const claimOperation = ([userId, claim]: readonly [string, StoredClaim | null]): Operation =>
  claim === null ? ['unclaim', userId, ''] : ['claim', userId, JSON.stringify(claim)]
const post = (message: ChatMessage): Operation => ['post', String(message.id), JSON.stringify(message)]
const book = (change: Partial<Book>): Operation[] =>
  bookFields(change).map(([field, text]): Operation => (text === null ? ['unbook', field, ''] : ['book', field, text]))

/** What has changed in one place since it was last written; later changes take the place of earlier ones. */
export class Changes {
  /** Redis has lost it: everything is written again. */
  isRenewed = false
  isReleased = false
  readonly #closed = new Set<RoomCode>()
  #room: Pick<Room, 'code' | 'record'> | null = null
  #messages: ChatMessage[] = []
  #isBookGone = false
  #book: Partial<Book> = {}
  readonly #claims = new Map<string, StoredClaim | null>()

  /** Its record is taken when it is written. */
  room(room: Pick<Room, 'code' | 'record'>): void {
    this.#room = room
  }

  post(message: ChatMessage): void {
    this.#messages.push(message)
    if (this.#messages.length > wire.chatHistory) this.#messages.shift()
  }

  close(code: RoomCode): void {
    this.#closed.add(code)
    this.#room = null
    this.#messages = []
  }

  book(change: Partial<Book> | null): void {
    if (change === null) this.#isBookGone = true
    this.#book = change === null ? {} : { ...this.#book, ...change }
  }

  claim(userId: string, claim: StoredClaim | null): void {
    this.#claims.set(userId, claim)
  }

  /** In the order they have to be carried out, each list in one go. `current` is asked when everything is written again. */
  operations(current: () => Kept): Operation[][] {
    const closed = [...this.#closed].map((code): Operation => ['close', code, ''])
    const kept = this.isRenewed && !this.isReleased ? current() : null
    const claims = [...(kept?.claims ?? this.#claims)].map(claimOperation)
    const state = kept === null ? this.#changed() : stateOf(kept)
    const lists = [[...closed, ...state, ...claims.splice(0, CLAIMS_AT_ONCE)]]
    while (claims.length > 0) lists.push(claims.splice(0, CLAIMS_AT_ONCE))
    if (this.isReleased) lists.at(-1)?.push(['release', '', ''])
    return lists
  }

  #changed(): Operation[] {
    const room: Operation[] = this.#room ? [['room', this.#room.code, JSON.stringify(this.#room.record)]] : []
    const gone: Operation[] = this.#isBookGone ? [['nobook', '', '']] : []
    return [...room, ...this.#messages.map(post), ...gone, ...book(this.#book)]
  }
}

const stateOf = (kept: Kept): Operation[] => {
  const operations: Operation[] = [['renew', '', '']]
  if (kept.room) {
    const { record, chat } = kept.room
    operations.push(['room', record.code, JSON.stringify(record)], ...chat.map(post))
  }
  return kept.book ? [...operations, ...book(kept.book)] : operations
}
