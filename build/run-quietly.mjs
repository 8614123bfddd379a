import { spawn } from 'node:child_process'
import process from 'node:process'
import { Problem } from './problem.mjs'

const line = process.stderr.isTTY
  ? {
      start: () => undefined,
      tick: (text) => process.stderr.write(`\r\u001b[2K${text}`),
      end: (text) => process.stderr.write(`\r\u001b[2K${text}\n`),
    }
  : {
      start: (text) => process.stderr.write(`${text}...\n`),
      tick: () => undefined,
      end: (text) => process.stderr.write(`${text}\n`),
    }

const percent = (progress) => (progress ? ` ${String(Math.round(progress() * 100))} %` : '')

/**
 * Runs a command behind one line on standard error; shows its whole output only when it fails.
 * @param {string[]} command program and arguments
 * @param {object} options
 * @param {string} options.cwd
 * @param {string} options.saying what is being done, for example `Installing 544 packages`
 * @param {number} options.limitMs after this the command is stopped
 * @param {() => number} [options.progress] 0 to 1, asked once a second on a terminal
 * @param {string} options.otherwise the sentence to fail with
 * @returns {Promise<void>} rejects with a `Problem`
 */
export const runQuietly = ([program, ...args], { cwd, saying, limitMs, progress, otherwise }) =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const seconds = () => `${String(Math.round((performance.now() - startedAt) / 1000))} s`
    line.start(saying)
    const ticking = setInterval(() => line.tick(`${saying}...${percent(progress)} (${seconds()})`), 1000)
    // On Windows npm is a batch file, which only a shell starts; the arguments are our own words.
    const shell = process.platform === 'win32' && program === 'npm'
    const child = spawn(program, args, { cwd, shell, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs })
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
    const fail = (why) => {
      clearInterval(ticking)
      line.end(`${saying} failed after ${seconds()}${why}`)
      process.stderr.write(Buffer.concat(output))
      reject(new Problem(otherwise))
    }
    child.on('error', (error) => fail(` (${error.message})`))
    child.on('close', (code, signal) => {
      if (code !== 0) return fail(signal ? ` (${signal})` : '')
      clearInterval(ticking)
      line.end(`${saying}: done in ${seconds()}`)
      resolve()
    })
  })
