import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const file = (folder: string): string => join(folder, 'running.txt')

/** Notes where the server of this profile listens, for a second start to find. */
export const rememberAddress = (folder: string, url: string): void => writeFileSync(file(folder), url)
export const forgetAddress = (folder: string): void => rmSync(file(folder), { force: true })

/** Address of the server that runs for this profile; null when none answers within a second. */
export const runningAddress = async (folder: string): Promise<string | null> => {
  try {
    const url = readFileSync(file(folder), 'utf8')
    const { ok } = await fetch(url, { signal: AbortSignal.timeout(1000) })
    return ok ? url : null
  } catch {
    return null // never started, or ended without a word
  }
}
