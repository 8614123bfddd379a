import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { runQuietly } from './run-quietly.mjs'

const minutes = 60_000

const isDebian = () => {
  try {
    return /^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false // no Linux
  }
}

const runs = (program, ...args) => spawnSync(program, args, { stdio: 'ignore', timeout: 10_000 }).status === 0

export const hasApt = () => runs('apt-get', '--version')

/** @returns {string[] | undefined} what to put before a command that needs to be root; undefined: cannot be. */
const asRoot = () => {
  if (process.getuid?.() === 0) return []
  return runs('sudo', '-n', 'true') ? ['sudo', '-n'] : undefined
}

/**
 * Installs one of Debian's packages where that is allowed without asking.
 * @param {{ root: string, name: string, title: string }} what folder of package.json, the package, and how people call it
 * @returns {Promise<boolean>} false where packages cannot be installed; rejects with a `Problem` when it fails
 */
export const installDebianPackage = async ({ root, name, title }) => {
  const prefix = asRoot()
  if (!prefix || !isDebian() || !hasApt()) return false
  const apt = [...prefix, 'apt-get', '-o', 'DPkg::Lock::Timeout=120']
  const options = { cwd: root, limitMs: 10 * minutes, otherwise: `apt-get could not install ${name}.` }
  await runQuietly([...apt, 'update', '-qq'], { ...options, saying: 'Reading the list of Debian packages' })
  const install = ['install', '-y', '-qq', '--no-install-recommends', name]
  await runQuietly([...apt, ...install], { ...options, saying: `Installing ${title}` })
  return true
}
