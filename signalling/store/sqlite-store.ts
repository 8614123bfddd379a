import type { Database, Statement } from 'better-sqlite3'
import type { DocumentInfo, DocumentKind, RoomCode, RoomDocument } from '#signalling/protocol.ts'
import { withFaults } from './sqlite-fault.ts'
import { SqliteRooms } from './sqlite-rooms.ts'
import type { LoggedCall, Retention, Store, StoredAppointment, StoredChat, StoredClaim } from './store.ts'

const statements = {
  find: 'SELECT id, code, title, created, used, token_hash AS tokenHash FROM appointments WHERE id = ?',
  add: `INSERT INTO appointments (id, code, title, created, used, token_hash)
        VALUES (@id, @code, @title, @created, @used, @tokenHash)`,
  setCode: 'UPDATE appointments SET code = @code WHERE id = @id',
  touch: 'UPDATE appointments SET used = @at WHERE id = @id',
  chats: 'SELECT key, json FROM chats WHERE appointment = ? ORDER BY place',
  cutChats: 'DELETE FROM chats WHERE appointment = ? AND place >= ?',
  addChat: 'INSERT INTO chats (appointment, place, key, json) VALUES (?, ?, ?, ?)',
  documents: 'SELECT kind, format, at, size FROM documents WHERE appointment = ? ORDER BY kind',
  document: 'SELECT kind, format, at, size, text FROM documents WHERE appointment = ? AND kind = ?',
  setDocument: `INSERT OR REPLACE INTO documents (appointment, kind, format, at, size, text)
                VALUES (@id, @kind, @format, @at, @size, @text)`,
  removeDocument: 'DELETE FROM documents WHERE appointment = ? AND kind = ?',
  // SQLite counts code points where JavaScript counts UTF-16 units; for a bound that is near enough.
  measure: `UPDATE appointments SET size =
              (SELECT coalesce(sum(length(json)), 0) FROM chats WHERE appointment = @id) +
              (SELECT coalesce(sum(size), 0) FROM documents WHERE appointment = @id)
            WHERE id = @id`,
  logCall: 'INSERT INTO calls (started, ended, kind, outcome) VALUES (@started, @ended, @kind, @outcome)',
  calls: 'SELECT started, ended, kind, outcome FROM calls ORDER BY id DESC LIMIT ?',
  findClaim: 'SELECT fingerprint, shown_at AS shownAt FROM claims WHERE user_id = ?',
  keepClaim: 'INSERT OR REPLACE INTO claims (user_id, fingerprint, shown_at) VALUES (?, ?, ?)',
  countClaims: 'SELECT count(*) AS claims FROM claims',
  forgetClaims: 'DELETE FROM claims WHERE shown_at < ?',
  usage: 'SELECT count(*) AS appointments, coalesce(sum(size), 0) AS size FROM appointments',
  pruneUnused: 'DELETE FROM appointments WHERE used < @unusedSince',
  dispensable: `SELECT id, size FROM appointments WHERE used < @inUseSince
                ORDER BY (size = 0 AND token_hash IS NULL) DESC, used`,
  remove: 'DELETE FROM appointments WHERE id = ?',
  pruneOldCalls: 'DELETE FROM calls WHERE ended < @callsSince',
  pruneCalls: 'DELETE FROM calls WHERE id NOT IN (SELECT id FROM calls ORDER BY id DESC LIMIT @calls)',
} as const
type Statements = Readonly<Record<keyof typeof statements, Statement>>

const prepareAll = (database: Database): Statements =>
  Object.fromEntries(Object.entries(statements).map(([name, sql]) => [name, database.prepare(sql)])) as Statements

/** Keeps everything in one SQLite file that is open, checked and up to date (sqlite-file.ts). */
export class SqliteStore implements Store {
  readonly isLasting = true
  readonly rooms: SqliteRooms
  readonly #database: Database
  readonly #do: Statements

  constructor(database: Database) {
    this.#database = database
    this.#do = prepareAll(database)
    this.rooms = new SqliteRooms(database)
  }

  whole<T>(act: () => T): T {
    return withFaults<T>(() => this.#database.transaction(act).immediate())
  }

  findAppointment(id: string): StoredAppointment | null {
    return withFaults(() => (this.#do.find.get(id) as StoredAppointment | undefined) ?? null)
  }

  addAppointment(appointment: StoredAppointment): void {
    this.#write(() => this.#do.add.run(appointment))
  }

  removeAppointment(id: string): void {
    this.#write(() => this.#do.remove.run(id))
  }

  setCode(id: string, code: RoomCode): void {
    this.#write(() => this.#do.setCode.run({ id, code }))
  }

  touch(id: string, at: number): void {
    this.#write(() => this.#do.touch.run({ id, at }))
  }

  chats(id: string): readonly StoredChat[] {
    return withFaults(() => this.#do.chats.all(id) as StoredChat[])
  }

  writeChats(id: string, from: number, chats: readonly StoredChat[]): void {
    this.#write(() => {
      this.#do.cutChats.run(id, from)
      for (const [at, { key, json }] of chats.entries()) this.#do.addChat.run(id, from + at, key, json)
      this.#do.measure.run({ id })
    })
  }

  documents(id: string): readonly DocumentInfo[] {
    return withFaults(() => this.#do.documents.all(id) as DocumentInfo[])
  }

  document(id: string, kind: DocumentKind): RoomDocument | null {
    return withFaults(() => (this.#do.document.get(id, kind) as RoomDocument | undefined) ?? null)
  }

  setDocument(id: string, document: RoomDocument): void {
    this.#write(() => {
      this.#do.setDocument.run({ id, ...document })
      this.#do.measure.run({ id })
    })
  }

  removeDocument(id: string, kind: DocumentKind): void {
    this.#write(() => {
      this.#do.removeDocument.run(id, kind)
      this.#do.measure.run({ id })
    })
  }

  logCall(call: LoggedCall): void {
    this.#write(() => this.#do.logCall.run(call))
  }

  calls(limit: number): readonly LoggedCall[] {
    return withFaults(() => this.#do.calls.all(limit) as LoggedCall[])
  }

  findClaim(userId: string): StoredClaim | null {
    return withFaults(() => (this.#do.findClaim.get(userId) as StoredClaim | undefined) ?? null)
  }

  keepClaim(userId: string, { fingerprint, shownAt }: StoredClaim): void {
    this.#write(() => this.#do.keepClaim.run(userId, fingerprint, shownAt))
  }

  countClaims(): number {
    return withFaults(() => (this.#do.countClaims.get() as { claims: number }).claims)
  }

  forgetClaims(shownBefore: number): void {
    this.#write(() => this.#do.forgetClaims.run(shownBefore))
  }

  usage(): { readonly appointments: number; readonly size: number } {
    return withFaults(() => this.#do.usage.get() as { appointments: number; size: number })
  }

  prune(retention: Retention): number {
    const { appointments: before } = this.usage()
    this.#write(() => {
      this.#do.pruneUnused.run(retention)
      this.#makeRoom(retention)
      this.#do.pruneOldCalls.run(retention)
      this.#do.pruneCalls.run(retention)
    })
    const { appointments: after } = this.usage()
    // Gives what has become free back to the disk.
    if (after < before) withFaults(() => this.#database.pragma('incremental_vacuum'))
    return before - after
  }

  close(): void {
    this.#database.close()
  }

  #makeRoom(retention: Retention): void {
    let { appointments, size } = this.usage()
    if (appointments <= retention.appointments && size <= retention.size) return
    for (const each of this.#do.dispensable.all(retention) as { id: string; size: number }[]) {
      if (appointments <= retention.appointments && size <= retention.size) return
      this.#do.remove.run(each.id)
      appointments -= 1
      size -= each.size
    }
  }

  /** Everything or nothing, and on the disk when it returns (`synchronous = FULL`). */
  #write(act: () => unknown): void {
    this.whole(act)
  }
}
