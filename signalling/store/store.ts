import type { DocumentInfo, DocumentKind, RoomCode, RoomDocument } from '#signalling/protocol.ts'

export interface StoredAppointment {
  readonly id: string
  /** Of its latest room; empty when there was none yet. */
  readonly code: RoomCode
  readonly title: string
  /** Milliseconds since 1970, as all times here. */
  readonly created: number
  readonly used: number
  /** SHA-256 of the token; null when it was made by joining, so that nobody holds one. */
  readonly tokenHash: Uint8Array | null
}

/** One message of a chat as its client wrote it. */
export interface StoredChat {
  /** The same for equal messages. */
  readonly key: string
  readonly json: string
}

/** One call, told of without saying whose it was. */
export interface LoggedCall {
  readonly started: number
  readonly ended: number
  /** Such as `audio` or `appointment`. */
  readonly kind: string
  /** Such as `ended`, `rejected` or `missed`. */
  readonly outcome: string
}

/** An id that belongs to whoever has a key. */
export interface StoredClaim {
  readonly fingerprint: string
  /** When the key was last proved. */
  readonly shownAt: number
}

/** What may stay. What was unused longest goes first, among it what holds nothing. */
export interface Retention {
  readonly appointments: number
  /** Of all texts together, in UTF-16 units. */
  readonly size: number
  /** Appointments that were last used before this go in any case. */
  readonly unusedSince: number
  /** Appointments that were used after this stay in any case. */
  readonly inUseSince: number
  readonly calls: number
  /** Calls that ended before this go. */
  readonly callsSince: number
}

/** `full`: the disk or the file's own bound; `read-only`: nothing may be written; `broken`: anything else. */
type StoreFaultKind = 'full' | 'read-only' | 'broken'

/** The request that met it changed nothing; the next one may well succeed. */
export class StoreFault extends Error {
  readonly kind: StoreFaultKind

  constructor(kind: StoreFaultKind, cause: unknown) {
    super(`the store is ${kind}`, { cause })
    this.kind = kind
  }
}

/** Rooms, as texts for those who know what they mean. Synchronous, like the store that it is a part of. */
export interface RoomStore {
  findRoom: (code: RoomCode) => string | null
  /** In the place of what was saved of it. `at`: milliseconds since 1970. */
  saveRoom: (code: RoomCode, json: string, at: number) => void
  removeRoom: (code: RoomCode) => void
  forgetRooms: (savedBefore: number) => void
}

/**
 * What outlives a call. Synchronous: what a method has returned from is on the disk, where there is one, and a method that
 * throws (`StoreFault`) has changed nothing. Texts are bounded by whoever calls.
 */
export interface Store {
  /** Whether it outlives the process. */
  readonly isLasting: boolean
  /** Null where rooms are kept elsewhere, or do not outlive the process. */
  readonly rooms: RoomStore | null
  /** Runs something with nobody else writing meanwhile, not even another process; all that it writes is kept, or nothing. */
  readonly whole: <T>(act: () => T) => T
  readonly findAppointment: (id: string) => StoredAppointment | null
  /** There must be none of this id yet. */
  readonly addAppointment: (appointment: StoredAppointment) => void
  /** With everything that is kept of it. */
  readonly removeAppointment: (id: string) => void
  readonly setCode: (id: string, code: RoomCode) => void
  readonly touch: (id: string, at: number) => void
  /** In their order. */
  readonly chats: (id: string) => readonly StoredChat[]
  /** Keeps the first `from` messages and puts these in the place of the others. */
  readonly writeChats: (id: string, from: number, chats: readonly StoredChat[]) => void
  readonly documents: (id: string) => readonly DocumentInfo[]
  readonly document: (id: string, kind: DocumentKind) => RoomDocument | null
  readonly setDocument: (id: string, document: RoomDocument) => void
  readonly removeDocument: (id: string, kind: DocumentKind) => void
  readonly logCall: (call: LoggedCall) => void
  /** Newest first, at most `limit`. */
  readonly calls: (limit: number) => readonly LoggedCall[]
  readonly findClaim: (userId: string) => StoredClaim | null
  readonly keepClaim: (userId: string, claim: StoredClaim) => void
  readonly countClaims: () => number
  readonly forgetClaims: (shownBefore: number) => void
  readonly usage: () => { readonly appointments: number; readonly size: number }
  /** Answers how many appointments went. */
  readonly prune: (retention: Retention) => number
  readonly close: () => void
}
