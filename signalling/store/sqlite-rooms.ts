import type { Database, Statement } from 'better-sqlite3'
import type { RoomCode } from '#signalling/protocol.ts'
import { withFaults } from './sqlite-fault.ts'
import type { RoomStore } from './store.ts'

/** Rooms in the same file as everything else (sqlite-store.ts). */
export class SqliteRooms implements RoomStore {
  readonly #find: Statement
  readonly #save: Statement
  readonly #remove: Statement
  readonly #forget: Statement

  constructor(database: Database) {
    this.#find = database.prepare('SELECT json FROM rooms WHERE code = ?')
    this.#save = database.prepare('INSERT OR REPLACE INTO rooms (code, json, saved_at) VALUES (?, ?, ?)')
    this.#remove = database.prepare('DELETE FROM rooms WHERE code = ?')
    this.#forget = database.prepare('DELETE FROM rooms WHERE saved_at < ?')
  }

  findRoom(code: RoomCode): string | null {
    return withFaults(() => (this.#find.get(code) as { json: string } | undefined)?.json ?? null)
  }

  saveRoom(code: RoomCode, json: string, at: number): void {
    withFaults(() => this.#save.run(code, json, at))
  }

  removeRoom(code: RoomCode): void {
    withFaults(() => this.#remove.run(code))
  }

  forgetRooms(savedBefore: number): void {
    withFaults(() => this.#forget.run(savedBefore))
  }
}
