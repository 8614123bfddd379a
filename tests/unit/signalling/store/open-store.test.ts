import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '#signalling/store/open-store.ts'
import { openFile, anAppointment, makeFolder } from './store-fixture.ts'

const open = async (dataDir: string | undefined, load?: () => Promise<never>) => {
  const logged: string[] = []
  const log = (level: string, event: string) => logged.push(`${level} ${event}`)
  const store = await openStore(dataDir, { limits: { storeFileBytes: 1e8 }, log, ...(load ? { load } : {}) })
  onTestFinished(() => store.close())
  return { store, logged }
}

test('a folder keeps what is stored in it', async () => {
  const folder = makeFolder()
  const first = await open(folder)
  first.store.addAppointment(anAppointment('a'))
  expect([first.store.isLasting, first.logged]).toEqual([true, []])
  expect((await open(folder)).store.findAppointment('a')).toEqual(anAppointment('a'))
})

test('without a folder everything is kept in memory, and nothing is said', async () => {
  const { store, logged } = await open(undefined)
  expect([store.isLasting, logged]).toEqual([false, []])
})

test('where SQLite does not run, everything is kept in memory, which the log says', async () => {
  const { store, logged } = await open(makeFolder(), () => Promise.reject(new Error('no binary for this system')))
  expect([store.isLasting, logged]).toEqual([false, ['error store-unusable']])
  store.addAppointment(anAppointment('a'))
  expect(store.findAppointment('a')).not.toBeNull()
})

test('a file that can not be used is left as it is, and everything is kept in memory', async () => {
  const folder = makeFolder()
  mkdirSync(join(folder, 'earshot.db'))
  const { store, logged } = await open(folder)
  expect([store.isLasting, logged]).toEqual([false, ['error store-unusable']])
  const newer = makeFolder()
  const { database } = await openFile(newer)
  database.pragma('user_version = 99')
  expect((await open(newer)).store.isLasting).toBe(false)
})
