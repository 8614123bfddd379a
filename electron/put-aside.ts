import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join, parse } from 'node:path'

/** Files that are kept; the last place is used again, so that a program that keeps damaging one fills no disk. */
const MAX_KEPT = 5

/**
 * Puts a file that cannot be used aside: `settings.json` becomes `settings.corrupt-<n>.json`. Answers its new name, and throws
 * Node's error when it cannot.
 */
export const putAside = (folder: string, fileName: string): string => {
  const { name, ext } = parse(fileName)
  const names = Array.from({ length: MAX_KEPT }, (_, index) => `${name}.corrupt-${String(index + 1)}${ext}`)
  const aside = names.find((candidate) => !existsSync(join(folder, candidate))) ?? `${name}.corrupt-${MAX_KEPT}${ext}`
  copyFileSync(join(folder, fileName), join(folder, aside))
  rmSync(join(folder, fileName))
  return aside
}
