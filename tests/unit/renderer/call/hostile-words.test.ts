import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '#signalling/protocol.ts'
import { parseRemembered } from '#renderer/call/call-memory.ts'
import { parseControlMessage } from '#renderer/call/control-message.ts'
import { factNames, parseAnswer, parseConnectionRefusal, parseFact } from '#renderer/call/server-words.ts'

const ID = 'abcdefghijklmnopqrstuv'
const room = {
  ...{ code: 'k7mq2xvd9thr', title: '', capacity: 16 },
  peers: [{ id: ID, name: 'Ann', presence: 'present' }],
  door: { hasPassword: false, knock: true, locked: false },
  hosts: [ID],
}
/** Anything JSON can say, with the keys that have bitten others. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 6 }),
  fc.constant(JSON.parse('{"__proto__":{"isAdmin":true},"kind":"state","constructor":{}}') as unknown),
  fc.constantFrom(undefined, Symbol('s'), () => 1, new Date(), NaN, 1n),
)

describe('whatever comes', () => {
  it('from the other side of a link is a message of ours or nothing, and never throws', () => {
    const data = fc.oneof(
      anything,
      fc.string(),
      fc.json(),
      fc.uint8Array().map(({ buffer }) => buffer),
    )
    fc.assert(
      fc.property(data, (each) => {
        const message = parseControlMessage(each)
        expect(message === null || typeof message.kind === 'string').toBe(true)
      }),
    )
  })

  it('from a server is a fact or nothing, and never throws', () => {
    fc.assert(
      fc.property(fc.constantFrom(...factNames), anything, (name, said) => {
        const parsed = parseFact(name, said)
        if (parsed && said !== undefined) expect(parsed.fact).toBeTypeOf('object')
      }),
    )
  })

  it('as an answer is a result', () => {
    fc.assert(
      fc.property(anything, (said) => {
        const answer = parseAnswer('room:join', said)
        expect(answer.ok).toBe(false)
      }),
    )
    expect(parseAnswer('room:look', { ok: true, value: room })).toEqual({ ok: true, value: room })
    expect(parseAnswer('room:look', { ok: false, code: 'room-full', message: '' })).toMatchObject({ code: 'room-full' })
    expect(parseAnswer('room:look', { ok: false, code: 'made-up' })).toMatchObject({ ok: false, code: 'internal' })
  })

  it('from the memory of a tab is a call or nothing', () => {
    fc.assert(
      fc.property(anything, (kept) => {
        expect(parseRemembered(kept)).toBeNull()
      }),
    )
  })
})

describe('messages over a link', () => {
  it('are taken when they say exactly what they may', () => {
    const state = { kind: 'state', microphoneOn: true, cameraOn: false }
    expect(parseControlMessage(JSON.stringify(state))).toEqual(state)
    expect(parseControlMessage(JSON.stringify({ ...state, surplus: 1 }))).toBeNull()
    expect(parseControlMessage(JSON.stringify({ kind: 'moved', to: 'me' }))).toBeNull()
  })

  it('are not taken when they are too long, nested without end, or binary', () => {
    const padded = `{"kind":"bye"}${' '.repeat(limits.frameBytes)}`
    expect(parseControlMessage(padded)).toBeNull()
    expect(parseControlMessage(`${'['.repeat(30_000)}${']'.repeat(30_000)}`)).toBeNull()
    expect(parseControlMessage(new TextEncoder().encode('{"kind":"bye"}').buffer)).toBeNull()
  })
})

describe('words of a server', () => {
  it('about people are made harmless', () => {
    const peer = { id: ID, name: ' A\u202enn\n', presence: 'present', surplus: 1 }
    expect(parseFact('peer:joined', peer)?.fact).toEqual({ id: ID, name: 'Ann', presence: 'present' })
    expect(parseFact('peer:joined', { ...peer, id: '../x' })).toBeNull()
    expect(parseFact('room:changed', { ...room, peers: Array(17).fill(room.peers[0]) })).toBeNull()
  })

  it('about the door and those in front of it are complete and bounded, or nothing', () => {
    const { door, hosts } = room
    const details = { title: '', capacity: 16, door, hosts }
    expect(parseFact('room:updated', details)?.fact).toEqual(details)
    expect(parseFact('room:updated', { ...details, door: { ...door, locked: 'no' } })).toBeNull()
    expect(parseFact('room:updated', { ...details, hosts: ['me'] })).toBeNull()
    expect(parseFact('room:updated', { ...details, hosts: Array(17).fill(ID) })).toBeNull()
    expect(parseFact('room:changed', { ...room, door: undefined })).toBeNull()
    const knock = { id: ID, name: ' B\u202een\n', wasRemoved: false }
    expect(parseFact('knocks:changed', { knocks: [knock] })?.fact).toEqual({ knocks: [{ ...knock, name: 'Ben' }] })
    expect(parseFact('knocks:changed', { knocks: Array(21).fill(knock) })).toBeNull()
    expect(parseFact('knock:answered', { admitted: 1 })).toBeNull()
    expect(parseFact('peer:muted', { id: ID })).toBeNull()
    expect(parseAnswer('room:create', { ok: true, value: { code: room.code } })).toMatchObject({ code: 'internal' })
  })

  it('about ICE servers may only name ICE servers', () => {
    const session = (urls: unknown) => ({ peerId: ID, iceServers: [{ urls }] })
    expect(parseFact('session:opened', session('stun:10.0.0.1'))).not.toBeNull()
    expect(parseFact('session:opened', session('https://example.org'))).toBeNull()
  })

  it('that refuse a connection are known by their code', () => {
    expect(parseConnectionRefusal(Object.assign(new Error(), { data: { code: 'unsupported-version' } }))).toBe(
      'unsupported-version',
    )
    expect(parseConnectionRefusal(new Error('websocket error'))).toBeNull()
  })
})
