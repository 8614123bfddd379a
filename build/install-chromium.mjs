import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { findSystemChromium } from './chromium.mjs'
import { Problem } from './problem.mjs'
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

const hasApt = () => runs('apt-get', '--version')

/** @returns {string[] | undefined} what to put before a command that needs to be root; undefined: cannot be. */
const asRoot = () => {
  if (process.getuid?.() === 0) return []
  return runs('sudo', '-n', 'true') ? ['sudo', '-n'] : undefined
}

const installDebianPackage = async (root) => {
  const prefix = asRoot()
  if (!prefix || !isDebian() || !hasApt()) return false
  const apt = [...prefix, 'apt-get', '-o', 'DPkg::Lock::Timeout=120']
  const options = { cwd: root, limitMs: 10 * minutes, otherwise: 'apt-get could not install chromium.' }
  await runQuietly([...apt, 'update', '-qq'], { ...options, saying: 'Reading the list of Debian packages' })
  const install = ['install', '-y', '-qq', '--no-install-recommends', 'chromium']
  await runQuietly([...apt, ...install], { ...options, saying: 'Installing Chromium' })
  return findSystemChromium() !== undefined
}

/** Playwright's own Chromium; with the system's libraries that it needs where Playwright can install them. */
const installPlaywrightsOwn = async (root, node) => {
  const withLibraries = process.getuid?.() === 0 && hasApt() ? ['--with-deps'] : []
  const cli = join(root, 'node_modules', 'playwright', 'cli.js')
  await runQuietly([node, cli, 'install', ...withLibraries, 'chromium'], {
    cwd: root,
    saying: "Downloading Playwright's Chromium",
    limitMs: 5 * minutes,
    otherwise: "Playwright's Chromium could not be downloaded.",
  })
  return true
}

const hasPlaywrightsOwn = async () => {
  const { chromium } = await import('playwright')
  return existsSync(chromium.executablePath())
}

/**
 * Gets a Chromium for the tests onto this machine: Debian's package where this may be installed (it brings the
 * libraries along), else Playwright's own.
 * @param {{ root: string, node: string }} places folder of package.json, and the Node to run Playwright with
 * @returns {Promise<void>} rejects with a `Problem` that says what to install
 */
export const installChromium = async ({ root, node }) => {
  if (await hasPlaywrightsOwn()) return
  for (const way of [installDebianPackage, installPlaywrightsOwn]) {
    const isThere = await way(root, node).catch((problem) => console.error(problem.message))
    if (isThere) return
  }
  throw new Problem(
    'The tests need Chromium, Chrome or Edge: install one of them, or set CHROMIUM_PATH to where it is, and run the same command again.',
  )
}
