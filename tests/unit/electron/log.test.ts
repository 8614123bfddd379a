import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { limitLines, openLog, type Log } from '#electron/log.ts'

const openTestLog = () => {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return { folder, log: openLog(folder, false), read: () => readFileSync(join(folder, 'main.log'), 'utf8') }
}
const recordLines = () => {
  const lines: string[] = []
  const write = (message: string) => void lines.push(message)
  const log: Log = { error: write, warn: write, info: write, scoped: () => log }
  return { lines, log }
}

test('a line says its level and scope, and stays one line', () => {
  const { log, read } = openTestLog()
  log.scoped('host').scoped('inner').warn('first\r\n[error] forged\u001b[31m')
  expect(read()).toMatch(/^\[.*\] \[warn\] +\[host inner\] first · \[error\] forged · \[31m\n$/)
})

test('the file is cut at its limit and one former file is kept, both for this person only', () => {
  const { folder, log } = openTestLog()
  for (let line = 0; line < 1200; line += 1) log.info('x'.repeat(4000))
  expect(readdirSync(folder).toSorted()).toEqual(['main.log', 'main.old.log'])
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size)
  expect(Math.max(...sizes)).toBeLessThan(2.1 * 1024 * 1024)
  if (process.platform !== 'win32') expect(statSync(join(folder, 'main.log')).mode & 0o777).toBe(0o600)
})

test('more lines than allowed are dropped, counted, and let through again later', () => {
  const { lines, log } = recordLines()
  let nowMs = 0
  const limited = limitLines(log, 2, 1000, () => nowMs)
  for (const line of ['a', 'b', 'c', 'd']) limited.info(line)
  expect(lines).toEqual(['a', 'b'])
  nowMs = 1000
  limited.error('e')
  expect(lines).toEqual(['a', 'b', '2 lines were dropped', 'e'])
})
