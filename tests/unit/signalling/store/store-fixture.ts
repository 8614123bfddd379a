import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { onTestFinished } from 'vitest'
import { loadSqlite, openSqliteFile } from '#signalling/store/sqlite-file.ts'
import type { Retention, StoredAppointment } from '#signalling/store/store.ts'

const MEBIBYTE = 1024 * 1024

/** A folder that is gone when the test is over. */
export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

export interface OpenedFile {
  readonly database: Database
  readonly path: string
  /** Events that the log was told. */
  readonly logged: readonly string[]
}

export const openFile = async (folder = makeFolder(), maxBytes = 100 * MEBIBYTE): Promise<OpenedFile> => {
  const path = join(folder, 'earshot.db')
  const logged: string[] = []
  const database = openSqliteFile(await loadSqlite(), path, maxBytes, (_, event) => logged.push(event))
  onTestFinished(() => void database.close())
  return { database, path, logged }
}

export const anAppointment = (id: string, changes: Partial<StoredAppointment> = {}): StoredAppointment => ({
  ...{ id, code: 'k7mq2xvd9thr', title: 'Visit', created: 1, used: 1, tokenHash: null },
  ...changes,
})

/** Keeps everything. */
export const keepAll: Retention = {
  ...{ appointments: 1000, size: 1e9, unusedSince: 0, inUseSince: Infinity, calls: 1000, callsSince: 0 },
}

export const chat = (text: string) => ({ key: `key of ${text}`, json: JSON.stringify({ text }) })

export const aReport = (text: string, at = 5) =>
  ({ kind: 'report', format: 'text', at, size: text.length, text }) as const
