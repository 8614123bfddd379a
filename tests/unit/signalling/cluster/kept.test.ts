import { expect, test } from 'vitest'
import { bookFields, KeptReader, type KeptTexts } from '#signalling/cluster/kept.ts'
import type { DoorRecord, RoomRecord } from '#signalling/domain/room-record.ts'
import { limits as wire, type ChatMessage } from '#signalling/protocol.ts'
import { defaultServerLimits } from '#signalling/server-limits.ts'
import type { Book } from '#signalling/store/book.ts'

const PEER = 'p'.repeat(22)
const record: RoomRecord = {
  ...{ code: '0123456789ab', title: 'Daily', capacity: 4, name: 'standup', emptyMs: 1000, door: null },
  peers: [
    {
      id: PEER,
      name: 'Ann',
      generation: 2,
      origin: '192.0.2.7',
      outbox: [
        {
          from: 'q'.repeat(22),
          signal: { kind: 'description', epoch: 'e', toEpoch: null, type: 'offer', sdp: 'v=0' },
        },
      ],
    },
    { id: 'r'.repeat(22), name: 'Bob', generation: 1, origin: '2001:db8:0:1::/64', outbox: null },
  ],
  former: [
    ['s'.repeat(22), 3],
    ['t'.repeat(22), null],
  ],
  forgottenUntil: 7,
}
const door: DoorRecord = {
  keyHash: 'k'.repeat(43),
  password: `${'s'.repeat(22)}.${'h'.repeat(43)}`,
  ...{ knock: true, locked: false, hosts: [PEER], hadHost: true, removed: [['u'.repeat(22), '192.0.2.8']] },
}
const message: ChatMessage = { id: 5, from: PEER, name: 'Ann', text: 'hi', at: 5, nonce: 'nonce-123' }
const book: Book = {
  appointment: { id: 'standup', code: record.code, title: '', created: 1, used: 2, tokenHash: Buffer.alloc(32, 9) },
  chats: [{ key: 'k', json: '{}' }],
  documents: [{ kind: 'transcript', format: 'markdown', at: 1, size: 3, text: '# a' }],
}
const bookTexts = (of: Partial<Book>) => bookFields(of).flatMap(([field, text]) => (text === null ? [] : [field, text]))
const empty: KeptTexts = { record: '', chat: [], book: [], claims: [], isCodeGone: false }

const read = (texts: Partial<KeptTexts>, id = 'standup') => {
  const unreadable: string[] = []
  const reader = new KeptReader(defaultServerLimits, (part) => unreadable.push(part))
  return { kept: reader.read({ ...empty, ...texts }, id), unreadable }
}
const readRecord = (changes: object, id?: string) => read({ record: JSON.stringify({ ...record, ...changes }) }, id)

test('what was written is read as it was', () => {
  const claims = ['ann', '{"fingerprint":"f","shownAt":3}']
  const texts = { record: JSON.stringify(record), chat: [JSON.stringify(message)], book: bookTexts(book), claims }
  const { kept, unreadable } = read(texts)
  const expected = { room: { record, chat: [message] }, book, claims: new Map([['ann', JSON.parse(claims[1]!)]]) }
  expect([kept, unreadable]).toEqual([expected, []])
})

test.each([door, { ...door, keyHash: '', password: null, hosts: [], removed: [] }])(
  'a door is read as it was',
  (written) => {
    expect(readRecord({ name: null, door: written }, record.code).kept.room?.record.door).toEqual(written)
  },
)

test.each([
  ['a password that is no hash', { password: 'sesame' }],
  ['a key that is no hash', { keyHash: 'key' }],
  ['no word on whether it is locked', { locked: undefined }],
  ['a host that is nobody', { hosts: ['Hal'] }],
  ['more hosts than are remembered', { hosts: Array(81).fill(PEER) }],
  ['more people removed than are remembered', { removed: Array(257).fill([PEER, '192.0.2.8']) }],
  ['an address that is far too long', { removed: [[PEER, 'x'.repeat(65)]] }],
])('a record whose door has %s is not believed', (_what, changes) => {
  const { kept, unreadable } = readRecord({ door: { ...door, ...changes } })
  expect([kept.room, unreadable]).toEqual([null, ['record']])
})

test('nothing is read where nothing was written', () => {
  expect(read({})).toEqual({ kept: { room: null, book: null, claims: new Map() }, unreadable: [] })
})

test.each([
  ['another name', { name: 'other' }],
  ['a code that is none', { code: 'ABC' }],
  ['more people than any room holds', { peers: Array.from({ length: 17 }, () => record.peers[1]) }],
  ['a capacity beyond all', { capacity: wire.roomCapacity + 1 }],
  ['a title that is too long', { title: 'x'.repeat(wire.title + 1) }],
  ['a generation that is none', { former: [[PEER, 0.5]] }],
  ['more who left than are remembered', { former: Array.from({ length: 1001 }, () => [PEER, 1]) }],
  ['more signals than wait', { peers: [{ ...record.peers[0], outbox: Array(65).fill(record.peers[0]!.outbox![0]) }] }],
  ['a signal that is none', { peers: [{ ...record.peers[0], outbox: [{ from: PEER, signal: { kind: 'x' } }] }] }],
  ['something that is missing', { peers: undefined }],
])('a record with %s is not believed', (_what, changes) => {
  const { kept, unreadable } = readRecord(changes)
  expect([kept.room, unreadable]).toEqual([null, ['record']])
})

test('a record of a later release that knows more is read', () => {
  expect(readRecord({ colour: 'green' })).toEqual({
    kept: { room: { record, chat: [] }, book: null, claims: new Map() },
    unreadable: [],
  })
})

test('an unnamed room is kept under its code', () => {
  expect(readRecord({ name: null }, record.code).kept.room?.record.name).toBeNull()
  expect(readRecord({ name: null }, 'standup').kept.room).toBeNull()
})

test('of a chat the messages that can be read are kept, in their order, and never more than are told', () => {
  const chat = Array.from({ length: wire.chatHistory + 1 }, (_, id) => JSON.stringify({ ...message, id }))
  const { kept, unreadable } = read({ record: JSON.stringify(record), chat: ['{', ...chat.reverse(), '{"id":1}'] })
  expect(kept.room?.chat.map(({ id }) => id)).toEqual(Array.from({ length: wire.chatHistory }, (_, n) => n + 1))
  expect(unreadable).toEqual(['chat'])
})

test('a book without an appointment, or with that of another, is none', () => {
  for (const texts of [bookTexts({ chats: [] }), bookTexts(book)]) {
    const { kept, unreadable } = read({ book: texts }, 'other')
    expect([kept.book, unreadable]).toEqual([null, ['book']])
  }
})

test('of a book what can not be read is left out', () => {
  const [document] = book.documents
  const longer = bookTexts({ ...book, documents: [{ ...document!, size: 4 }] })
  expect(read({ book: longer })).toMatchObject({ kept: { book: { ...book, documents: [] } }, unreadable: ['book'] })
  const chats = Array.from({ length: 2 }, () => ({ key: 'k', json: 'x'.repeat(defaultServerLimits.storedChatsSize) }))
  const larger = bookTexts({ ...book, chats })
  expect(read({ book: larger })).toMatchObject({ kept: { book: { ...book, chats: [] } }, unreadable: ['book'] })
})

test('a book whose room has expired forgets its code', () => {
  expect(read({ book: bookTexts(book), isCodeGone: true }).kept.book?.appointment.code).toBe('')
})

test('a change of documents names those that went', () => {
  expect(bookFields({ documents: book.documents })).toEqual([
    ['document:report', null],
    ['document:transcript', JSON.stringify(book.documents[0])],
  ])
})
