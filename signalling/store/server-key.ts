import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../log.ts'

const KEY_BYTES = 32

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

/** Answers null when there is no such file. */
const readIfThere = async (path: string): Promise<Buffer | null> => {
  try {
    return await readFile(path)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}

/**
 * Reads the key that resume tokens are sealed with, and makes it when it is missing. It outlives the process, so that
 * people get back into their meeting after a restart of the server. A file that is no key is set aside, not deleted.
 *
 * Without `dataDir` the key lives as long as the process. Rejects with Node's error when the folder can not be used.
 */
export const readServerKey = async (dataDir: string | undefined, log: Log): Promise<Buffer> => {
  if (dataDir === undefined) return randomBytes(KEY_BYTES)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, 'server.key')
  const stored = await readIfThere(path)
  if (stored?.length === KEY_BYTES) {
    await chmod(path, 0o600)
    return stored
  }
  if (stored !== null) {
    await rename(path, `${path}.unreadable-${Date.now()}`)
    log('warn', 'server-key-replaced', { path })
  }
  const key = randomBytes(KEY_BYTES)
  // `wx`: of two servers that start at once on one folder, the second fails instead of sealing with another key.
  await writeFile(path, key, { mode: 0o600, flag: 'wx' })
  return key
}
