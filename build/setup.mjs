/**
 * Makes a clone ready and then runs one of its scripts with the right Node:
 *
 *   node build/setup.mjs [--browser] [script.ts arguments...]
 *
 * Installs the dependencies when they are missing or not those of the lock file, sees to it that Node 24 (package
 * `node`) is there, with `--browser` also a Chromium to test with. Does nothing, in some 30 ms, when all is there.
 * Plain JavaScript without dependencies, since it runs before anything is installed, on Node 20 and later.
 *
 * The script is run from here, and not by `&&` in package.json, because a shell remembers where it found `node` the
 * first time: after a first installation it would go on with the old one.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { findSystemChromium } from './chromium.mjs'
import { installChromium } from './install-chromium.mjs'
import { missingPackages, rememberInstallation } from './installed-packages.mjs'
import { Problem } from './problem.mjs'
import { runQuietly } from './run-quietly.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const packagedNode = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

const minutes = 60_000

/** @returns {[command: string, ...args: string[]]} npm as it was called, else the one on the path. */
const npm = (...args) => {
  const caller = process.env.npm_execpath ?? ''
  return /npm-cli\.c?js$/.test(caller) ? [process.execPath, caller, ...args] : ['npm', ...args]
}

const installPackages = async () => {
  const wanted = missingPackages(root)
  if (wanted.length === 0) return
  await runQuietly(npm('ci', '--no-audit', '--no-fund'), {
    cwd: root,
    saying: `Installing ${String(wanted.length)} packages`,
    limitMs: 20 * minutes,
    progress: () => 1 - missingFolders(wanted) / wanted.length,
    otherwise: 'The packages could not be installed: see npm above. When that is mended, run the same command again.',
  })
  rememberInstallation(root)
}

const missingFolders = (paths) => paths.filter((path) => !existsSync(join(root, path, 'package.json'))).length

/** Node can run TypeScript as it stands from 22.18 on (nodejs.org/api/typescript.html). */
const canRunTypeScript = (version) => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 18)
}

/** @returns {Promise<string>} path of a Node that runs TypeScript: the packaged one, else the one running this. */
const findNode = async () => {
  if (existsSync(packagedNode)) return packagedNode
  const otherwise =
    'Node 24 is missing because the install script of the package "node" was not run.' +
    ' Approve it once with "npm install-scripts approve node" and run "npm rebuild node",' +
    ' or install Node 24 yourself: https://nodejs.org'
  const rebuilt = runQuietly(npm('rebuild', 'node', '--foreground-scripts'), {
    cwd: root,
    saying: 'Installing Node 24',
    limitMs: 5 * minutes,
    otherwise,
  })
  await rebuilt.catch((problem) => {
    if (!canRunTypeScript(process.versions.node)) throw problem
  })
  if (existsSync(packagedNode)) return packagedNode
  if (canRunTypeScript(process.versions.node)) return process.execPath
  throw new Problem(otherwise)
}

const findBrowser = async (node) => {
  const wanted = process.env.CHROMIUM_PATH
  if (wanted && !existsSync(wanted)) throw new Problem(`CHROMIUM_PATH names no file: ${wanted}`)
  if (!findSystemChromium()) await installChromium({ root, node })
}

/**
 * A stopped npm takes its shell along, but not what the shell runs (npm/cli#5776): without this a server started by
 * `npm run server` outlives the npm it was started by.
 */
const stopWithNpm = (stop) => {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return
  const shell = process.ppid
  setInterval(() => process.ppid !== shell && stop(), 500).unref()
}

/** Runs the script with what this process was given, and ends as it ends. */
const run = (node, args) => {
  const path = `${join(modules, '.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH ?? ''}`
  const child = spawn(node, args, { stdio: 'inherit', cwd: root, env: { ...process.env, PATH: path } })
  // Ctrl+C reaches the child by itself; this process has to stay to hand on how it ended.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal))
  }
  stopWithNpm(() => child.kill('SIGTERM'))
  child.on('error', (error) => {
    console.error(
      `${node} could not be started (${error.message}). Delete node_modules and run the same command again.`,
    )
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
  })
}

try {
  const args = process.argv.slice(2)
  const needsBrowser = args[0] === '--browser'
  const [script, ...rest] = needsBrowser ? args.slice(1) : args
  await installPackages()
  const node = await findNode()
  if (needsBrowser) await findBrowser(node)
  if (script) run(node, [script, ...rest])
} catch (error) {
  console.error(error instanceof Problem ? error.message : error)
  process.exitCode = 1
}
