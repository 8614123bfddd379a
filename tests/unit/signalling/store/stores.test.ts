import { describe, expect, test } from 'vitest'
import { ClusterStore } from '#signalling/cluster/cluster-store.ts'
import { MemoryStore } from '#signalling/store/memory-store.ts'
import { SqliteStore } from '#signalling/store/sqlite-store.ts'
import type { Store } from '#signalling/store/store.ts'
import { aReport, anAppointment, chat, keepAll, openFile } from './store-fixture.ts'

const kinds: readonly [string, () => Promise<Store>][] = [
  ['in a file', async () => new SqliteStore((await openFile()).database)],
  ['in memory', () => Promise.resolve(new MemoryStore())],
  [
    'of several processes',
    () => Promise.resolve(new ClusterStore({ bookChanged: () => undefined, claimChanged: () => undefined })),
  ],
]

describe.each(kinds)('a store %s', (_, open) => {
  test('finds an appointment as it was added, and nothing under another id', async () => {
    const store = await open()
    const appointment = anAppointment('a', { tokenHash: Buffer.from([1, 2, 3]) })
    store.addAppointment(appointment)
    expect(store.findAppointment('a')).toEqual(appointment)
    store.touch('a', 9)
    store.setCode('a', 'thr9dvx2qm7k')
    expect(store.findAppointment('a')).toEqual({ ...appointment, used: 9, code: 'thr9dvx2qm7k' })
    for (const id of ['A', 'b', '', '__proto__', "a' OR 1=1 --"]) expect(store.findAppointment(id)).toBeNull()
  })

  test('keeps the first chats and puts others in the place of the rest', async () => {
    const store = await open()
    store.addAppointment(anAppointment('a'))
    store.addAppointment(anAppointment('b'))
    store.writeChats('b', 0, [chat('other')])
    store.writeChats('a', 0, [chat('one'), chat('three')])
    store.writeChats('a', 1, [chat('two'), chat('three')])
    store.writeChats('a', 3, [chat('four')])
    expect(store.chats('a')).toEqual(['one', 'two', 'three', 'four'].map(chat))
    expect(store.chats('b')).toEqual([chat('other')])
    expect(store.chats('c')).toEqual([])
  })

  test('keeps who an id belongs to, and forgets those that were not shown for long', async () => {
    const store = await open()
    store.keepClaim('ann', { fingerprint: 'one', shownAt: 1 })
    store.keepClaim('ann', { fingerprint: 'two', shownAt: 5 })
    store.keepClaim('bob', { fingerprint: 'three', shownAt: 2 })
    expect(store.findClaim('ann')).toEqual({ fingerprint: 'two', shownAt: 5 })
    expect([store.findClaim('__proto__'), store.countClaims()]).toEqual([null, 2])
    store.forgetClaims(5)
    expect([store.findClaim('bob'), store.countClaims()]).toEqual([null, 1])
  })

  test('keeps one document of each kind', async () => {
    const store = await open()
    store.addAppointment(anAppointment('a'))
    store.setDocument('a', { ...aReport('said'), kind: 'transcript' })
    store.setDocument('a', aReport('first'))
    store.setDocument('a', { ...aReport('second'), format: 'markdown' })
    expect(store.documents('a')).toEqual([
      { kind: 'report', format: 'markdown', at: 5, size: 6 },
      { kind: 'transcript', format: 'text', at: 5, size: 4 },
    ])
    expect(store.document('a', 'report')).toEqual({ ...aReport('second'), format: 'markdown' })
    store.removeDocument('a', 'report')
    expect(store.document('a', 'report')).toBeNull()
    expect(store.documents('b')).toEqual([])
  })

  test('counts what it holds, and forgets an appointment with everything of it', async () => {
    const store = await open()
    for (const id of ['a', 'b']) store.addAppointment(anAppointment(id))
    store.writeChats('a', 0, [chat('one'), chat('two')])
    store.setDocument('a', aReport('x'.repeat(100)))
    const size = chat('one').json.length + chat('two').json.length + 100
    expect(store.usage()).toEqual({ appointments: 2, size })
    store.removeAppointment('a')
    expect(store.usage()).toEqual({ appointments: 1, size: 0 })
    store.addAppointment(anAppointment('a'))
    expect([store.chats('a'), store.documents('a')]).toEqual([[], []])
  })

  const filled = async () => {
    const store = await open()
    for (const [at, id] of ['old', 'middle', 'new'].entries()) {
      store.addAppointment(anAppointment(id, { used: at * 10 }))
      store.setDocument(id, aReport('x'.repeat(100)))
    }
    store.addAppointment(anAppointment('empty', { used: 15 }))
    const left = () => ['old', 'middle', 'new', 'empty'].filter((id) => store.findAppointment(id) !== null)
    return { store, left }
  }

  test.each([
    ['nothing while it is within its limits', {}, ['old', 'middle', 'new', 'empty']],
    ['what was unused for too long', { unusedSince: 10 }, ['middle', 'new', 'empty']],
    ['first what holds nothing', { appointments: 3 }, ['old', 'middle', 'new']],
    ['then what was unused longest', { appointments: 2 }, ['middle', 'new']],
    ['so much that the size is kept', { size: 250 }, ['middle', 'new']],
    ['nothing that is in use', { appointments: 0, inUseSince: 10 }, ['middle', 'new', 'empty']],
  ])('prunes %s', async (_, changes, kept) => {
    const { store, left } = await filled()
    expect(store.prune({ ...keepAll, ...changes })).toBe(4 - kept.length)
    expect(left()).toEqual(kept)
    expect(store.usage().appointments).toBe(kept.length)
  })

  test('logs calls, newest first, and drops the oldest', async () => {
    const store = await open()
    const calls = [1, 2, 3, 4].map((at) => ({ started: at, ended: at + 1, kind: 'audio', outcome: 'ended' }))
    for (const call of calls) store.logCall(call)
    expect(store.calls(3)).toEqual(calls.slice(1).reverse())
    store.prune({ ...keepAll, callsSince: 3 })
    expect(store.calls(9)).toEqual(calls.slice(1).reverse())
    store.prune({ ...keepAll, calls: 2 })
    expect(store.calls(9)).toEqual(calls.slice(2).reverse())
  })
})
