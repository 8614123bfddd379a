import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { findSystemChromium } from './chromium.mjs'
import { exitOf, shareSignals } from './run.ts'

/** Snap packages may not write to hidden folders of the home folder, which the usual place is in. */
const profileFolder = (browser: string, stateFolder: string): string =>
  realpathSync(browser).includes('/snap')
    ? join(homedir(), 'snap', 'chromium', 'common', basename(stateFolder))
    : join(stateFolder, 'browser')

/** Chromium's sandbox cannot start as root. */
export const rootArgs = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : []

/**
 * Opens an address in this machine's Chromium, Chrome or Edge as an app window, with a browser profile of its own.
 * Resolves when its last window is closed, with the browser's exit code; null when there is no such browser.
 */
export const openBrowserWindow = async (url: string, stateFolder: string): Promise<number | null> => {
  const browser = findSystemChromium()
  if (browser === undefined) return null
  const args = [
    `--app=${url}`,
    `--user-data-dir=${profileFolder(browser, stateFolder)}`,
    '--no-first-run',
    '--no-default-browser-check',
    ...rootArgs,
  ]
  const child = spawn(browser, args, { stdio: process.env['EARSHOT_DEBUG'] === '1' ? 'inherit' : 'ignore' })
  shareSignals(child)
  return await exitOf(child)
}
