import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readServerKey } from '#signalling/store/server-key.ts'

const makeFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-key-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}
const silent = () => undefined

test('a missing key is made, for the owner alone, and read again after that', async () => {
  const dataDir = join(await makeFolder(), 'new', 'folder')
  const key = await readServerKey(dataDir, silent)
  expect(key).toHaveLength(32)
  expect(await readServerKey(dataDir, silent)).toEqual(key)
  if (process.platform !== 'win32') expect((await stat(join(dataDir, 'server.key'))).mode & 0o777).toBe(0o600)
})

test.each(['', 'short', 'x'.repeat(33)])('a file that is no key is set aside and replaced (%#)', async (content) => {
  const dataDir = await makeFolder()
  await writeFile(join(dataDir, 'server.key'), content, { mode: 0o644 })
  const events: string[] = []
  const key = await readServerKey(dataDir, (_level, event) => void events.push(event))
  expect(events).toEqual(['server-key-replaced'])
  expect(await readFile(join(dataDir, 'server.key'))).toEqual(key)
  const aside = (await readdir(dataDir)).find((name) => name.startsWith('server.key.unreadable-'))
  expect(await readFile(join(dataDir, aside ?? ''), 'utf8')).toBe(content)
})

test('without a folder each key is a new one', async () => {
  expect(await readServerKey(undefined, silent)).not.toEqual(await readServerKey(undefined, silent))
})

test('a folder that can not be used is Node’s own error', async () => {
  const file = join(await makeFolder(), 'file')
  await writeFile(file, '')
  await expect(readServerKey(file, silent)).rejects.toMatchObject({ code: 'EEXIST' })
})
