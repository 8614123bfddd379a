import { expect, test } from 'vitest'
import { ClusterStore } from '#signalling/cluster/cluster-store.ts'
import type { Book } from '#signalling/store/book.ts'
import type { StoredClaim } from '#signalling/store/store.ts'
import { aReport, anAppointment, chat, keepAll } from '../store/store-fixture.ts'

const open = () => {
  const told: [id: string, what: Partial<Book> | StoredClaim | null][] = []
  const store = new ClusterStore({
    bookChanged: (id, book) => told.push([id, book]),
    claimChanged: (userId, claim) => told.push([userId, claim]),
  })
  /** What the journal was told since the last time. */
  return { store, news: () => told.splice(0) }
}
const BOOK: Book = { appointment: anAppointment('a'), chats: [chat('one')], documents: [aReport('text')] }

test('each change is told to the journal, with all of the part that has changed', () => {
  const { store, news } = open()
  const appointment = anAppointment('a')
  store.addAppointment(appointment)
  expect(news()).toEqual([['a', { appointment, chats: [], documents: [] }]])
  store.setCode('a', 'thr9dvx2qm7k')
  expect(news()).toEqual([['a', { appointment: { ...appointment, code: 'thr9dvx2qm7k' } }]])
  store.touch('a', 9)
  expect(news()).toEqual([['a', { appointment: { ...appointment, code: 'thr9dvx2qm7k', used: 9 } }]])
  store.writeChats('a', 0, [chat('one')])
  store.writeChats('a', 1, [chat('two')])
  expect(news()).toEqual([
    ['a', { chats: [chat('one')] }],
    ['a', { chats: [chat('one'), chat('two')] }],
  ])
  store.setDocument('a', aReport('text'))
  store.setDocument('a', { ...aReport('said'), kind: 'transcript' })
  store.removeDocument('a', 'report')
  expect(news().slice(1)).toEqual([
    ['a', { documents: [aReport('text'), { ...aReport('said'), kind: 'transcript' }] }],
    ['a', { documents: [{ ...aReport('said'), kind: 'transcript' }] }],
  ])
  store.removeAppointment('a')
  expect(news()).toEqual([['a', null]])
})

test('the journal finds each change made already', () => {
  const seen: unknown[] = []
  const store: ClusterStore = new ClusterStore({
    bookChanged: (id) => seen.push(store.book(id)),
    claimChanged: (userId) => seen.push(store.findClaim(userId)),
  })
  store.addAppointment(BOOK.appointment)
  store.writeChats('a', 0, BOOK.chats)
  store.setDocument('a', BOOK.documents[0]!)
  store.removeAppointment('a')
  store.keepClaim('ann', { fingerprint: 'one', shownAt: 1 })
  store.forgetClaims(2)
  expect(seen.slice(2)).toEqual([BOOK, null, { fingerprint: 'one', shownAt: 1 }, null])
})

test('the journal is told nothing of appointments that are not here, and nothing by reading', () => {
  const { store, news } = open()
  store.setCode('a', 'thr9dvx2qm7k')
  store.touch('a', 9)
  store.writeChats('a', 0, [chat('one')])
  store.setDocument('a', aReport('text'))
  store.removeDocument('a', 'report')
  store.removeAppointment('a')
  expect([store.findAppointment('a'), store.chats('a'), store.documents('a'), store.document('a', 'report')]).toEqual([
    null,
    [],
    [],
    null,
  ])
  store.logCall({ started: 1, ended: 2, kind: 'audio', outcome: 'ended' })
  expect([store.calls(1).length, store.usage()]).toEqual([1, { appointments: 0, size: 0 }])
  expect(news()).toEqual([])
})

test('a book that was loaded is there, one that was given away is not, and the journal is told of neither', () => {
  const { store, news } = open()
  store.load('a', BOOK)
  expect(store.findAppointment('a')).toEqual(BOOK.appointment)
  expect(store.book('a')).toEqual(BOOK)
  store.evict('a')
  expect([store.findAppointment('a'), store.book('a'), store.usage().size]).toEqual([null, null, 0])
  expect(news()).toEqual([])
})

test('claims that are loaded take the place of all, and the journal is told of later changes alone', () => {
  const { store, news } = open()
  store.keepClaim('ann', { fingerprint: 'one', shownAt: 1 })
  expect(news()).toEqual([['ann', { fingerprint: 'one', shownAt: 1 }]])
  const claims = new Map(['bob', 'cy'].map((userId, at) => [userId, { fingerprint: userId, shownAt: at }]))
  store.loadClaims(claims)
  expect([store.claims(), store.findClaim('ann'), store.countClaims()]).toEqual([claims, null, 2])
  expect(news()).toEqual([])
  store.forgetClaims(1)
  expect([news(), store.countClaims()]).toEqual([[['bob', null]], 1])
  store.loadClaims(new Map())
  expect([news(), store.countClaims()]).toEqual([[], 0])
})

test('pruning tells the journal what went', () => {
  const { store, news } = open()
  for (const [at, id] of ['old', 'middle', 'new'].entries())
    store.load(id, { ...BOOK, appointment: anAppointment(id, { used: at * 10 }) })
  expect(store.prune({ ...keepAll, unusedSince: 5 })).toBe(1)
  expect(news()).toEqual([['old', null]])
  expect(store.prune({ ...keepAll, appointments: 1 })).toBe(1)
  expect(news()).toEqual([['middle', null]])
})

test('closing forgets without telling the journal', () => {
  const { store, news } = open()
  store.load('a', BOOK)
  store.close()
  expect([store.book('a'), store.whole(() => 7), store.isLasting, news()]).toEqual([null, 7, true, []])
})
