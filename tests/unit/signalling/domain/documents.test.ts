import { expect, test } from 'vitest'
import { cleanDocument } from '#signalling/protocol.ts'
import type { RoomBooks } from '#signalling/domain/documents.ts'
import { noBooks } from '#signalling/domain/documents.ts'
import { ResumeTokens } from '#signalling/domain/resume-tokens.ts'
import { Rooms } from '#signalling/domain/rooms.ts'
import { Session } from '#signalling/domain/session.ts'
import type { Fact } from '#signalling/domain/facts.ts'
import { defaultServerLimits } from '#signalling/server-limits.ts'
import { ManualClock, valueOf } from '#tests/helpers/signalling-domain.ts'

const CODE = 'k7mq2xvd9thr'
const report = { kind: 'report', format: 'text', at: 1, size: 4 } as const
const codes: string[] = []
const books: RoomBooks = {
  open: (name) => (name === 'visit' ? { title: 'First visit', code: CODE } : null),
  opened: (_, code) => codes.push(code),
  documents: (name) => (name === 'visit' ? [report] : []),
  document: (name, kind) => (name === 'visit' && kind === 'report' ? { ...report, text: 'text' } : null),
}

const open = (changes: { rooms?: number } = {}) => {
  const clock = new ManualClock()
  const limits = { ...defaultServerLimits, ...changes }
  const rooms = new Rooms({ limits, clock, tokens: new ResumeTokens(Buffer.alloc(32)), books })
  const visit = () => {
    const facts: Fact[] = []
    return { session: new Session(rooms, (fact) => facts.push(fact), { origin: '192.0.2.1' }), facts }
  }
  return { clock, rooms, visit }
}

test('a name that is known opens a room of that name, also after the former one has expired', () => {
  const { clock, rooms, visit } = open()
  const first = valueOf(visit().session.look('visit'))
  expect(first).toMatchObject({ code: CODE, title: 'First visit', peers: [] })
  expect(codes.splice(0)).toEqual([])
  expect(valueOf(rooms.open('visit')).code).toBe(first.code)
  clock.advance(defaultServerLimits.emptyRoomMs)
  const { code } = valueOf(visit().session.look('visit'))
  expect(code).not.toBe(CODE)
  expect(codes.splice(0)).toEqual([code])
  expect(visit().session.look('other')).toMatchObject({ code: 'room-not-found' })
})

test('a server that is full opens no room for a name that is known', () => {
  const { rooms, visit } = open({ rooms: 1 })
  valueOf(rooms.create({}))
  expect(visit().session.join('visit', 'Ann')).toMatchObject({ code: 'server-full' })
})

test('documents are those of the room’s name, and a change is told to those inside alone', () => {
  const { rooms, visit } = open()
  const [ann, looking, apart] = [visit(), visit(), visit()]
  expect(valueOf(ann.session.join('visit', 'Ann')).documents).toEqual([report])
  valueOf(looking.session.look('visit'))
  valueOf(apart.session.enter(valueOf(rooms.create({})), 'Cy'))
  rooms.documentsChanged('visit')
  rooms.documentsChanged('other')
  expect(ann.facts).toEqual([['documents:changed', { documents: [report] }]])
  expect([looking.facts, apart.facts]).toEqual([[], []])
  expect(ann.session.readDocument('report')).toEqual({ ok: true, value: { ...report, text: 'text' } })
  expect(ann.session.readDocument('transcript')).toMatchObject({ code: 'document-not-found' })
  expect(apart.session.readDocument('report')).toMatchObject({ code: 'document-not-found' })
  expect(looking.session.readDocument('report')).toMatchObject({ code: 'not-in-room' })
})

test('without books no name is known and no room has documents', () => {
  expect([noBooks.open('visit'), noBooks.documents('visit'), noBooks.document('visit', 'report')]).toEqual([
    null,
    [],
    null,
  ])
})

test.each([
  ['a\r\nb\rc\nd', 'a\nb\nc\nd'],
  ['\n\n  - one\n\n\n\ttwo  \n', '\n\n  - one\n\n\n\ttwo  \n'],
  ['\u202eevil\u0000\u200b\ud800', 'evil'],
  [`z${'\u0351'.repeat(9)}`, `z${'\u0351'.repeat(4)}`],
])('the text of a document keeps its lines and loses what can not be seen (%#)', (text, cleaned) => {
  expect(cleanDocument(text)).toBe(cleaned)
})
