import { chmodSync, closeSync, existsSync, openSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Database, default as SqlitePackage } from 'better-sqlite3'
import type { Log } from '../log.ts'
import { migrate } from './migrations.ts'

export type OpenDatabase = (path: string) => Database

/**
 * Where the desktop app has SQLite's native part: beside its bundle (build/build.ts). From source there is no such file, and
 * the package finds its own.
 */
const bundledBinding = (): string | undefined => {
  const path = join(import.meta.dirname, 'prebuilds', `${process.platform}-${process.arch}.node`)
  return existsSync(path) ? path : undefined
}

/** A lock that another server on the same folder holds is waited for so long. */
const BUSY_MS = 1000

/** Loads SQLite. Rejects when its native part is not there for this system. */
export const loadSqlite = async (): Promise<OpenDatabase> => {
  const { default: Sqlite } = (await import('better-sqlite3')) as { default: typeof SqlitePackage }
  const nativeBinding = bundledBinding()
  const open: OpenDatabase = (path) =>
    new Sqlite(path, { timeout: BUSY_MS, ...(nativeBinding === undefined ? {} : { nativeBinding }) })
  // Loaded with the first file, not with the package: found out here.
  open(':memory:').close()
  return open
}

/** SQLite can open the file, and what is in it contradicts itself. */
class Damaged extends Error {}

const isDamage = (error: unknown): boolean =>
  error instanceof Damaged ||
  (error instanceof Error && 'code' in error && /^SQLITE_(NOTADB|CORRUPT)/.test(String(error.code)))

const PAGE_BYTES = 4096

/** Nothing is written before the file has been found whole. */
const prepare = (database: Database, maxBytes: number): void => {
  const [{ quick_check: verdict } = { quick_check: 'no answer' }] = database.pragma('quick_check(1)') as {
    quick_check: string
  }[]
  if (verdict !== 'ok') throw new Damaged(verdict)
  if (database.pragma('page_count', { simple: true }) === 0) {
    // Before the first table, or they have no effect.
    database.pragma(`page_size = ${PAGE_BYTES}`)
    database.pragma('auto_vacuum = INCREMENTAL')
  }
  database.pragma('journal_mode = WAL')
  // Each commit is on the disk before it is answered: also a power cut loses nothing. Commits are rare and rate-limited.
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  database.pragma('secure_delete = ON')
  database.pragma('journal_size_limit = 16777216')
  database.pragma(`max_page_count = ${Math.ceil(maxBytes / PAGE_BYTES)}`)
  migrate(database)
}

const openWhole = (open: OpenDatabase, path: string, maxBytes: number): Database => {
  // For nobody else to read; SQLite gives the files beside it the same mode.
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
  const database = open(path)
  try {
    prepare(database, maxBytes)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Under another name, together with what belongs to it, so that it can be repaired by hand. */
const setAside = (path: string): string => {
  const aside = `${path}.unreadable-${Date.now()}`
  for (const part of ['', '-wal', '-shm']) if (existsSync(path + part)) renameSync(path + part, aside + part)
  return aside
}

/**
 * Opens the file, makes it when it is missing, and brings it up to date. One that is damaged is set aside, which the log
 * says, and a new one is begun. Throws when it can not be used for another reason.
 */
export const openSqliteFile = (open: OpenDatabase, path: string, maxBytes: number, log: Log): Database => {
  try {
    return openWhole(open, path, maxBytes)
  } catch (error) {
    if (!isDamage(error)) throw error
    log('error', 'store-set-aside', { path: setAside(path), fault: String(error) })
    return openWhole(open, path, maxBytes)
  }
}
