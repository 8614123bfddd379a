import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const readText = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // not there
  }
}

const readJson = (path) => {
  try {
    return JSON.parse(readText(path))
  } catch {
    return {} // not there, or cut short by an installation that was stopped
  }
}

const kinds = ['dependencies', 'devDependencies', 'overrides']
const asked = (root) => kinds.map((kind) => JSON.stringify(readJson(join(root, 'package.json'))[kind] ?? {}))
const stampFile = (root) => join(root, 'node_modules', '.installed')
const stamp = (root) =>
  createHash('sha256')
    .update([readText(join(root, 'package-lock.json')), ...asked(root)].join('\n'))
    .digest('hex')

/** Notes that `npm ci` has installed what is asked for now. */
export const rememberInstallation = (root) => writeFileSync(stampFile(root), stamp(root))

/**
 * Lists the packages of the lock file that are not installed in that version, as folders (`node_modules/...`). Counts as
 * installed what `rememberInstallation` noted, or what npm says it installed by hand: it writes
 * node_modules/.package-lock.json, last of all.
 * @param {string} root folder of package.json
 * @returns {string[]} empty when everything is there; packages for other systems do not count
 */
export const missingPackages = (root) => {
  if (readText(stampFile(root)) === stamp(root)) return []
  const { '': _own, ...locked } = readJson(join(root, 'package-lock.json')).packages ?? {}
  const installed = readJson(join(root, 'node_modules', '.package-lock.json')).packages ?? {}
  const required = Object.keys(locked).filter((path) => !locked[path].optional && !locked[path].extraneous)
  return required.filter((path) => installed[path]?.version !== locked[path].version)
}
