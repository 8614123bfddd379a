import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { findSystemChromium } from './chromium.mjs'
import { hasApt, installDebianPackage } from './debian-package.mjs'
import { Problem } from './problem.mjs'
import { runQuietly } from './run-quietly.mjs'

const minutes = 60_000

const installDebiansOwn = async (root) =>
  (await installDebianPackage({ root, name: 'chromium', title: 'Chromium' })) && findSystemChromium() !== undefined

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
  for (const way of [installDebiansOwn, installPlaywrightsOwn]) {
    const isThere = await way(root, node).catch((problem) => console.error(problem.message))
    if (isThere) return
  }
  throw new Problem(
    'The tests need Chromium, Chrome or Edge: install one of them, or set CHROMIUM_PATH to where it is, and run the same command again.',
  )
}
