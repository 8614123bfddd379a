import { join } from 'node:path'
import type { Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import { MemoryStore } from './memory-store.ts'
import { loadSqlite, openSqliteFile } from './sqlite-file.ts'
import { SqliteStore } from './sqlite-store.ts'
import type { Store } from './store.ts'

interface StoreOptions {
  readonly limits: Pick<ServerLimits, 'storeFileBytes'>
  readonly log: Log
  readonly load?: typeof loadSqlite
}

/**
 * Opens `earshot.db` in a folder that is there. Without a folder, and (which the log says) where SQLite does not run or
 * the file can not be used, everything is kept in memory. Never rejects.
 */
export const openStore = async (
  dataDir: string | undefined,
  { limits, log, load = loadSqlite }: StoreOptions,
): Promise<Store> => {
  if (dataDir === undefined) return new MemoryStore()
  try {
    const open = await load()
    return new SqliteStore(openSqliteFile(open, join(dataDir, 'earshot.db'), limits.storeFileBytes, log))
  } catch (error) {
    log('error', 'store-unusable', { fault: String(error), kept: 'in memory only' })
    return new MemoryStore()
  }
}
