import { expect, test } from 'vitest'
import type { Book } from '#signalling/store/book.ts'
import { MemoryStore } from '#signalling/store/memory-store.ts'
import { aReport, anAppointment, chat, keepAll } from './store-fixture.ts'

const BOOK: Book = { appointment: anAppointment('a'), chats: [chat('one')], documents: [aReport('text')] }

test('a book holds all of an appointment, and takes the place of all that was kept of it', () => {
  const store = new MemoryStore()
  expect(store.book('a')).toBeNull()
  store.addAppointment(anAppointment('a', { title: 'Other' }))
  store.setDocument('a', { ...aReport('said'), kind: 'transcript' })
  store.keepBook('a', BOOK)
  expect(store.book('a')).toEqual(BOOK)
  expect(store.documents('a').map(({ kind }) => kind)).toEqual(['report'])
  store.writeChats('a', 1, [chat('two')])
  store.setDocument('a', aReport('another'))
  expect([store.book('a')?.chats, store.book('a')?.documents]).toEqual([['one', 'two'].map(chat), [aReport('another')]])
  expect(BOOK.chats).toHaveLength(1)
})

test('pruning says which appointments went, and leaves calls alone', () => {
  const store = new MemoryStore()
  for (const [at, id] of ['old', 'new'].entries()) store.addAppointment(anAppointment(id, { used: at * 10 }))
  const call = { started: 1, ended: 2, kind: 'audio', outcome: 'ended' }
  store.logCall(call)
  const retention = { ...keepAll, unusedSince: 5, callsSince: 5 }
  expect(store.pruneAppointments(retention)).toEqual(['old'])
  expect(store.calls(1)).toEqual([call])
  store.pruneCalls(retention)
  expect(store.calls(1)).toEqual([])
})
