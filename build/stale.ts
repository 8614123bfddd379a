import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Target {
  /** Files and folders that the build reads, relative to the root. What does not exist counts as empty. */
  readonly inputs: readonly string[]
  /** A file that the build leaves behind. */
  readonly output: string
  /** Where this keeps what the inputs were at the last build. */
  readonly stamp: string
}

const filesIn = (path: string): string[] => {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) return []
  if (!stats.isDirectory()) return [path]
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => filesIn(join(path, name)))
}

/** Changes when an input is edited, added, removed or renamed. Reads no contents: a touched file counts as edited. */
const fingerprint = (root: string, inputs: readonly string[]): string => {
  const hash = createHash('sha256')
  for (const file of inputs.flatMap((input) => filesIn(join(root, input)))) {
    const { mtimeMs, size } = statSync(file)
    hash.update(`${file} ${String(mtimeMs)} ${String(size)}\n`)
  }
  return hash.digest('hex')
}

/**
 * Runs `build` when the target was never built from the inputs as they are now. Resolves with whether it did.
 * What is edited during the build makes the target stale again.
 */
export const buildIfStale = async (root: string, target: Target, build: () => Promise<unknown>): Promise<boolean> => {
  const stamp = join(root, target.stamp)
  const now = fingerprint(root, target.inputs)
  const isFresh = existsSync(join(root, target.output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now
  if (isFresh) return false
  await build()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, now)
  return true
}
