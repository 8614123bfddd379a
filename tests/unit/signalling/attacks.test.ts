import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const document = read('docs/ATTACKS.md')
/** The last cell of each line of a table. */
const holders = document
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.includes('held by') && !line.includes('---'))
  .map((line) => line.split('|').at(-2)?.trim() ?? '')

test('each attempt that is listed names what holds it', () => {
  expect(holders.length).toBeGreaterThan(35)
  expect(holders.filter((holder) => holder === '')).toEqual([])
})

test('each rule that is said to hold an attempt exists', () => {
  const rules = new Set(Array.from(read('docs/PROTOCOL.md').matchAll(/^- \*\*([A-Z]\d+)\*\* /gm), ([, id]) => id))
  const named = holders.flatMap((holder) => Array.from(holder.matchAll(/\b[A-Z]\d+\b/g), ([id]) => id))
  expect(named.length).toBeGreaterThan(40)
  expect(named.filter((id) => !rules.has(id))).toEqual([])
})

test('each file that is said to hold an attempt exists', () => {
  const named = holders.flatMap((holder) => Array.from(holder.matchAll(/`([^`]+)`/g), ([, path = '']) => path))
  const isThere = (path: string) =>
    existsSync(join(root, path)) || globSync(`tests/**/${path}`, { cwd: root }).length > 0
  expect(named.filter((path) => !isThere(path))).toEqual([])
})
