import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { migrate, migrations, NewerFile } from '#signalling/store/migrations.ts'
import { loadSqlite, openSqliteFile } from '#signalling/store/sqlite-file.ts'
import { SqliteStore } from '#signalling/store/sqlite-store.ts'
import { StoreFault } from '#signalling/store/store.ts'
import { aReport, anAppointment, chat, keepAll, makeFolder, openFile } from './store-fixture.ts'

const faultOf = (act: () => void): string => {
  try {
    act()
    return 'none'
  } catch (fault) {
    expect(fault).toBeInstanceOf(StoreFault)
    return (fault as StoreFault).kind
  }
}

describe('a file', () => {
  test('is for nobody else to read, and every commit of it is on the disk before it returns', async () => {
    const { database, path } = await openFile()
    new SqliteStore(database).addAppointment(anAppointment('a'))
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(database.pragma('synchronous', { simple: true })).toBe(2)
    expect(database.pragma('auto_vacuum', { simple: true })).toBe(2)
    if (process.platform === 'win32') return
    for (const part of ['', '-wal', '-shm']) expect((statSync(path + part).mode & 0o777).toString(8)).toBe('600')
  })

  test('is there as it was when it is opened again', async () => {
    const folder = makeFolder()
    const first = await openFile(folder)
    new SqliteStore(first.database).addAppointment(anAppointment('a'))
    first.database.close()
    const again = await openFile(folder)
    expect(new SqliteStore(again.database).findAppointment('a')).toEqual(anAppointment('a'))
    expect(again.logged).toEqual([])
  })

  test.each([
    ['is none of SQLite’s', (path: string) => writeFileSync(path, 'no database '.repeat(1000))],
    ['was cut short', (path: string) => truncateSync(path, 8192 + 100)],
    [
      'was written over',
      (path: string) => {
        const bytes = readFileSync(path)
        writeFileSync(path, bytes.fill(0xa5, 4096))
      },
    ],
  ])('that %s is set aside, which the log says, and a new one is begun', async (_, damage) => {
    const folder = makeFolder()
    const first = await openFile(folder)
    const filled = new SqliteStore(first.database)
    for (let at = 0; at < 50; at += 1) {
      filled.addAppointment(anAppointment(`a${at}`))
      filled.setDocument(`a${at}`, aReport('x'.repeat(2000)))
    }
    first.database.close()
    damage(first.path)
    const damaged = readFileSync(first.path)

    const again = await openFile(folder)
    expect(again.logged).toEqual(['store-set-aside'])
    const aside = readdirSync(folder).filter((name) => /^earshot\.db\.unreadable-\d+$/.test(name))
    expect(aside).toHaveLength(1)
    expect(readFileSync(join(folder, aside[0]!)).equals(damaged)).toBe(true)
    const store = new SqliteStore(again.database)
    expect(store.usage().appointments).toBe(0)
    store.addAppointment(anAppointment('a'))
    again.database.close()
    expect((await openFile(folder)).logged).toEqual([])
  })

  test('of an earlier release is brought up to date with what it holds', async () => {
    const folder = makeFolder()
    const old = (await loadSqlite())(join(folder, 'earshot.db'))
    migrate(old, migrations.slice(0, 1))
    expect(old.pragma('user_version', { simple: true })).toBe(1)
    old.exec(`INSERT INTO appointments (id, code, title, created, used) VALUES ('a', 'k7mq2xvd9thr', 'Visit', 1, 1)`)
    old.exec(`INSERT INTO chats VALUES ('a', 0, 'key of one', '{"text":"one"}')`)
    old.close()
    const { database, logged } = await openFile(folder)
    const store = new SqliteStore(database)
    expect(database.pragma('user_version', { simple: true })).toBe(migrations.length)
    expect([store.findAppointment('a'), store.chats('a')]).toEqual([anAppointment('a'), [chat('one')]])
    store.logCall({ started: 1, ended: 2, kind: 'audio', outcome: 'ended' })
    expect(store.calls(1)).toHaveLength(1)
    expect(logged).toEqual([])
  })

  test('whose migration fails stays as it was', async () => {
    const { database } = await openFile()
    const steps = [...migrations, 'CREATE TABLE more (a TEXT) STRICT; CREATE TABLE more (a TEXT) STRICT;']
    expect(() => migrate(database, steps)).toThrow('already exists')
    expect(database.pragma('user_version', { simple: true })).toBe(migrations.length)
    expect(database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'more'").get()).toBeUndefined()
  })

  test('of a later release is left alone', async () => {
    const folder = makeFolder()
    const { database, path } = await openFile(folder)
    database.pragma('user_version = 99')
    database.close()
    const load = await loadSqlite()
    expect(() => openSqliteFile(load, path, 1e8, () => undefined)).toThrow(NewerFile)
    expect(readdirSync(folder).filter((name) => name.includes('unreadable'))).toEqual([])
    expect(existsSync(path)).toBe(true)
  })
})

test('what is done whole is kept whole, also when something is pruned on the way', async () => {
  const { database } = await openFile()
  const store = new SqliteStore(database)
  store.addAppointment(anAppointment('a', { used: 5 }))
  store.addAppointment(anAppointment('b', { used: 1 }))
  const act = (isFailing: boolean) => () => {
    store.prune({ ...keepAll, appointments: 1, inUseSince: 3 })
    store.writeChats('a', 0, [chat('one')])
    if (isFailing) throw new Error('on the way')
  }
  expect(() => store.whole(act(true))).toThrow('on the way')
  expect([store.usage().appointments, store.chats('a')]).toEqual([2, []])
  store.whole(act(false))
  expect([store.findAppointment('b'), store.chats('a')]).toEqual([null, [chat('one')]])
})

describe('when nothing can be written', () => {
  test('a full disk refuses what is too much, changes nothing, and takes what fits afterwards', async () => {
    const { database } = await openFile(makeFolder(), 64 * 4096)
    const store = new SqliteStore(database)
    store.addAppointment(anAppointment('a'))
    store.setDocument('a', aReport('kept'))
    expect(faultOf(() => store.setDocument('a', aReport('x'.repeat(1_000_000))))).toBe('full')
    expect(
      faultOf(() =>
        store.writeChats(
          'a',
          0,
          Array.from({ length: 500 }, () => chat('x'.repeat(1000))),
        ),
      ),
    ).toBe('full')
    expect([store.document('a', 'report'), store.chats('a')]).toEqual([aReport('kept'), []])
    store.setDocument('a', aReport('fits'))
    expect(store.document('a', 'report')).toEqual(aReport('fits'))
  })

  test('a file that is read-only is read, and nothing is written', async () => {
    const { database } = await openFile()
    const store = new SqliteStore(database)
    store.addAppointment(anAppointment('a'))
    database.pragma('query_only = ON')
    expect(faultOf(() => store.addAppointment(anAppointment('b')))).toBe('read-only')
    expect(faultOf(() => store.writeChats('a', 0, [chat('one')]))).toBe('read-only')
    expect([store.findAppointment('a'), store.chats('a')]).toEqual([anAppointment('a'), []])
  })

  test('a file that is broken under way is a fault of that request alone', async () => {
    const { database } = await openFile()
    const store = new SqliteStore(database)
    store.addAppointment(anAppointment('a'))
    expect(faultOf(() => store.addAppointment(anAppointment('a')))).toBe('broken')
    store.addAppointment(anAppointment('b'))
    expect(store.usage().appointments).toBe(2)
  })

  test('rooms are there as they were saved last, until they are removed or too old', async () => {
    const folder = makeFolder()
    const first = await openFile(folder)
    const { rooms } = new SqliteStore(first.database)
    for (const json of ['{"title":"a"}', '{"title":"b"}']) rooms.saveRoom('k7mq2xvd9thr', json, 5)
    rooms.saveRoom('thr9dvx2qm7k', '{}', 9)
    first.database.close()
    const again = new SqliteStore((await openFile(folder)).database).rooms
    expect(again.findRoom('k7mq2xvd9thr')).toBe('{"title":"b"}')
    for (const code of ['', "k7mq2xvd9thr' --", '__proto__']) expect(again.findRoom(code)).toBeNull()
    again.forgetRooms(9)
    again.removeRoom('nowhere')
    expect(['k7mq2xvd9thr', 'thr9dvx2qm7k'].map((code) => again.findRoom(code))).toEqual([null, '{}'])
    again.removeRoom('thr9dvx2qm7k')
    expect(again.findRoom('thr9dvx2qm7k')).toBeNull()
  })

  test('a room that can not be saved is a fault, and the one before stays', async () => {
    const { database } = await openFile()
    const { rooms } = new SqliteStore(database)
    rooms.saveRoom('k7mq2xvd9thr', '{"title":"a"}', 5)
    database.pragma('query_only = ON')
    expect(faultOf(() => rooms.saveRoom('k7mq2xvd9thr', '{"title":"b"}', 6))).toBe('read-only')
    expect(faultOf(() => rooms.removeRoom('k7mq2xvd9thr'))).toBe('read-only')
    expect(rooms.findRoom('k7mq2xvd9thr')).toBe('{"title":"a"}')
  })
})
