import { expect, test } from 'vitest'
import { Changes } from '#signalling/cluster/changes.ts'
import type { Kept } from '#signalling/cluster/cluster.ts'
import type { RoomRecord } from '#signalling/domain/room-record.ts'
import { limits, type ChatMessage } from '#signalling/protocol.ts'

const CODE = '0123456789ab'
const record: RoomRecord = {
  ...{ code: CODE, title: '', capacity: 16, name: 'standup', emptyMs: null, door: null },
  ...{ peers: [], former: [], forgottenUntil: null },
}
const message = (id: number): ChatMessage => ({ id, from: 'x'.repeat(22), name: 'Ann', text: 't', at: id, nonce: 'n' })
const room = { code: CODE, record }
const writtenRoom = ['room', CODE, JSON.stringify(record)]
const writtenMessage = (id: number) => ['post', String(id), JSON.stringify(message(id))]
const nothing = (): Kept => {
  throw new Error('nothing is to be written again')
}

test('a room that changes several times is written once, as it is in the end, with all messages', () => {
  const changes = new Changes()
  changes.room({ code: CODE, record: { ...record, title: 'before' } })
  changes.post(message(1))
  changes.room(room)
  changes.post(message(2))
  expect(changes.operations(nothing)).toEqual([[writtenRoom, writtenMessage(1), writtenMessage(2)]])
})

test('of a room that closes nothing is written, of the one that comes after it everything', () => {
  const changes = new Changes()
  changes.room({ code: 'former', record })
  changes.post(message(1))
  changes.close('former')
  expect(changes.operations(nothing)).toEqual([[['close', 'former', '']]])
  changes.room(room)
  changes.post(message(2))
  expect(changes.operations(nothing)).toEqual([[['close', 'former', ''], writtenRoom, writtenMessage(2)]])
})

test('no more messages wait than are kept', () => {
  const changes = new Changes()
  for (let id = 1; id <= limits.chatHistory + 3; id += 1) changes.post(message(id))
  const [operations] = changes.operations(nothing)
  expect([operations!.length, operations![0]]).toEqual([limits.chatHistory, writtenMessage(4)])
})

test('later changes of a book take the place of earlier ones, and one that went takes them with it', () => {
  const changes = new Changes()
  changes.book({ chats: [{ key: 'a', json: '1' }] })
  changes.book({ chats: [{ key: 'b', json: '2' }], documents: [] })
  const chats = ['book', 'chats', '[{"key":"b","json":"2"}]']
  const documents = ['report', 'transcript'].map((kind) => ['unbook', `document:${kind}`, ''])
  expect(changes.operations(nothing)).toEqual([[chats, ...documents]])
  changes.book(null)
  expect(changes.operations(nothing)).toEqual([[['nobook', '', '']]])
  changes.book({ chats: [] })
  expect(changes.operations(nothing)).toEqual([
    [
      ['nobook', '', ''],
      ['book', 'chats', '[]'],
    ],
  ])
})

test('what is written again begins from nothing and is asked for when it is written', () => {
  const changes = new Changes()
  changes.close('former')
  changes.post(message(1))
  changes.isRenewed = true
  const current: Kept = {
    room: { record, chat: [message(1), message(2)] },
    book: null,
    claims: new Map([['ann', { fingerprint: 'f', shownAt: 1 }]]),
  }
  expect(changes.operations(() => current)).toEqual([
    [
      ['close', 'former', ''],
      ['renew', '', ''],
      writtenRoom,
      writtenMessage(1),
      writtenMessage(2),
      ['claim', 'ann', '{"fingerprint":"f","shownAt":1}'],
    ],
  ])
})

test('a place is given away behind everything else, however many calls that takes', () => {
  const changes = new Changes()
  for (let n = 0; n < 2001; n += 1) changes.claim(`user ${n}`, n === 0 ? null : { fingerprint: 'f', shownAt: n })
  changes.isReleased = true
  const lists = changes.operations(nothing)
  expect(lists.map((list) => list.length)).toEqual([1000, 1000, 2])
  expect([lists[0]![0], lists[2]!.at(-1)]).toEqual([
    ['unclaim', 'user 0', ''],
    ['release', '', ''],
  ])
})
