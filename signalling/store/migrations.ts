import type { Database } from 'better-sqlite3'

/**
 * What makes an empty file, or one of an earlier release, into one of this release. `user_version` says how many of them a
 * file has been through. Only ever add to the end: those that were released stay as they are.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE appointments (
     id TEXT PRIMARY KEY,
     code TEXT NOT NULL,
     title TEXT NOT NULL,
     created INTEGER NOT NULL,
     used INTEGER NOT NULL,
     token_hash BLOB,
     -- Of its chats and documents together, in UTF-16 units.
     size INTEGER NOT NULL DEFAULT 0
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE chats (
     appointment TEXT NOT NULL REFERENCES appointments (id) ON DELETE CASCADE,
     place INTEGER NOT NULL,
     key TEXT NOT NULL,
     json TEXT NOT NULL,
     PRIMARY KEY (appointment, place)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE documents (
     appointment TEXT NOT NULL REFERENCES appointments (id) ON DELETE CASCADE,
     kind TEXT NOT NULL,
     format TEXT NOT NULL,
     at INTEGER NOT NULL,
     size INTEGER NOT NULL,
     text TEXT NOT NULL,
     PRIMARY KEY (appointment, kind)
   ) STRICT;`,
  `CREATE TABLE calls (
     id INTEGER PRIMARY KEY,
     started INTEGER NOT NULL,
     ended INTEGER NOT NULL,
     kind TEXT NOT NULL,
     outcome TEXT NOT NULL
   ) STRICT;
   CREATE INDEX calls_by_end ON calls (ended);
   CREATE INDEX appointments_by_use ON appointments (used);`,
  `CREATE TABLE claims (
     user_id TEXT PRIMARY KEY,
     fingerprint TEXT NOT NULL,
     shown_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX claims_by_showing ON claims (shown_at);`,
  `CREATE TABLE rooms (
     code TEXT PRIMARY KEY,
     json TEXT NOT NULL,
     saved_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX rooms_by_saving ON rooms (saved_at);`,
]

/** The file was written by a later release; it is left alone. */
export class NewerFile extends Error {
  constructor(version: number) {
    super(`the file is of version ${version}, and this release knows ${migrations.length}`)
  }
}

/** Brings a file up to date, each step whole or not at all. Throws `NewerFile`. `steps` is for tests of older releases. */
export const migrate = (database: Database, steps = migrations): void => {
  const version = Number(database.pragma('user_version', { simple: true }))
  if (version > steps.length) throw new NewerFile(version)
  for (const [at, step] of steps.entries()) {
    if (at < version) continue
    database
      .transaction(() => {
        database.exec(step)
        database.pragma(`user_version = ${at + 1}`)
      })
      .immediate()
  }
}
