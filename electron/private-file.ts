import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Reads a text that only this person may read. Null when there is none; rejects with Node's error, and for one above `maxBytes`. */
export const readPrivateFile = async (path: string, maxBytes: number): Promise<string | null> => {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  })
  if (file === null) return null
  try {
    const { size } = await file.stat()
    if (size > maxBytes) throw new Error(`The file has ${String(size)} bytes`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Replaces a file whole or not at all, readable by this person alone; makes its folder. Rejects with Node's error. */
export const writePrivateFile = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true })
  const beside = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(beside, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}
