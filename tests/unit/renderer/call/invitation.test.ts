import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanLine, formatRoomCode, limits } from '#signalling/protocol.ts'
import { formatInvitation, isCode, parseInvitation, roomInPath, roomPath } from '#renderer/call/invitation.ts'

const CODE = 'k7mq2xvd9thr'
/** Of an invitation that is its room alone. */
const plain = { secret: null, host: null }
const ID = '3f2a1c9e-77aa-4c0e-9d55-0b1e2f3a4b5c'

describe('an invitation', () => {
  it.each([
    ['k7mq2xvd9thr', null, CODE],
    [' K7MQ-2XVD-9THR ', null, 'K7MQ-2XVD-9THR'],
    ['k7mq 2xvd 9thr', null, 'k7mq 2xvd 9thr'],
    ['http://192.168.1.20:8001/r/k7mq-2xvd-9thr', 'http://192.168.1.20:8001', 'k7mq-2xvd-9thr'],
    ['https://meet.example.org/r/k7mq2xvd9thr/', 'https://meet.example.org', CODE],
    ['https://meet.example.org/r/k7mq2xvd9thr?x=1#y', 'https://meet.example.org', CODE],
    ['192.168.1.20:8001/r/k7mq2xvd9thr', 'http://192.168.1.20:8001', CODE],
    ['study.local:8001/r/k7mq2xvd9thr', 'http://study.local:8001', CODE],
    ['192.168.1.20:8001', 'http://192.168.1.20:8001', null],
    ['192.168.1.20', 'http://192.168.1.20', null],
    ['[::1]:8001', 'http://[::1]:8001', null],
    ['[fd00::1]:8001/r/k7mq2xvd9thr', 'http://[fd00::1]:8001', CODE],
    ['localhost:8001', 'http://localhost:8001', null],
    ['earshot://192.168.1.20:8001/r/k7mq2xvd9thr', 'https://192.168.1.20:8001', CODE],
    ['laptop:8001', 'http://laptop:8001', null],
    ['study.local', 'http://study.local', null],
    ['http://192.168.1.20:8001/', 'http://192.168.1.20:8001', null],
  ])('%s names server %s and room %s', (text, serverUrl, code) => {
    expect(parseInvitation(text)).toEqual({ ok: true, serverUrl, code, ...plain })
  })

  it.each([
    ['42', '42'],
    ['hello', 'hello'],
    ['Tuesday at nine', 'Tuesday at nine'],
    [ID, ID],
    ['2024.11.05', '2024.11.05'],
    ['appointment.42', 'appointment.42'],
    ['appt_42#b', 'appt_42#b'],
    // These read as codes, too: the server is asked for both.
    ['appointment1', 'appointment1'],
    ['September123', 'September123'],
    ['Sprechstunde für Ümläut', 'Sprechstunde für Ümläut'],
    ['a\u202eb\u200bc', 'abc'],
    ['n'.repeat(limits.roomName), 'n'.repeat(limits.roomName)],
  ])('may be the name of a meeting: %s', (text, code) => {
    expect(parseInvitation(text)).toEqual({ ok: true, serverUrl: null, code, ...plain })
  })

  it.each([
    [`http://192.168.1.20:8001/r/${ID}/`, ID],
    ['http://192.168.1.20:8001/r/42', '42'],
    ['http://192.168.1.20:8001/r/Tuesday%20at%20nine?name=Ada', 'Tuesday at nine'],
    ['http://192.168.1.20:8001/r/a%2Fb%3Ac', 'a/b:c'],
    ['192.168.1.20:8001/r/Spr%C3%A4che', 'Spräche'],
    ['http://192.168.1.20:8001/r/100%', '100%'],
    ['192.168.1.20:8001 42', '42'],
    ['192.168.1.20:8001 k7mq-2xvd-9thr', 'k7mq-2xvd-9thr'],
    ['http://192.168.1.20:8001  Tuesday at nine', 'Tuesday at nine'],
  ])('may hold a name after an address: %s', (text, code) => {
    expect(parseInvitation(text)).toEqual({ ok: true, serverUrl: 'http://192.168.1.20:8001', code, ...plain })
  })

  it.each([
    '',
    '   ',
    '\u200b\u202e',
    'n'.repeat(limits.roomName + 1),
    'a/b',
    'a\\b',
    'a:b',
    'javascript:alert(1)',
    'javascript:alert(1) 42',
    'data:text/html,x',
    'file:///etc/passwd',
    'earshot://192.168.1.20:8001',
    'earshot://192.168.1.20:8001/',
    'earshot:///r/k7mq2xvd9thr',
    'earshot:k7mq2xvd9thr',
    'EARSHOT://192.168.1.20:8001/r/k7mq2xvd9thr',
    'earshot://ann:secret@192.168.1.20:8001/r/k7mq2xvd9thr',
    'earshot://javascript:alert(1)/r/k7mq2xvd9thr',
    'earshot://192.168.1.20:8001/elsewhere/k7mq2xvd9thr',
    'ftp://192.168.1.20/r/k7mq2xvd9thr',
    'http://ann:secret@192.168.1.20:8001/r/k7mq2xvd9thr',
    'http://192.168.1.20:8001/r/',
    'http://192.168.1.20:8001/r/%20',
    `http://192.168.1.20:8001/r/${'n'.repeat(limits.roomName + 1)}`,
    'http://192.168.1.20:8001/r/a/b',
    'http://192.168.1.20:8001/elsewhere/k7mq2xvd9thr',
    'http://192.168.1.20:99999/r/k7mq2xvd9thr',
    'http://',
    '[::1',
    `http://192.168.1.20/r/${'k'.repeat(3000)}`,
  ])('is not read out of "%s"', (text) => {
    expect(parseInvitation(text)).toEqual({ ok: false })
  })

  it('comes back from the link that was made of it', () => {
    const code = fc.string({
      unit: fc.constantFrom(...Array.from('0123456789abcdefghjkmnpqrstvwxyz')),
      minLength: 12,
      maxLength: 12,
    })
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: limits.roomName })
      .map(cleanLine)
      .filter((text) => text !== '' && text.length <= limits.roomName && text !== '.' && text !== '..')
    const server = fc.oneof(
      fc.ipV4().map((address) => `http://${address}`),
      fc.ipV6().map((address) => `http://[${address}]`),
      fc.webAuthority({ withIPv4: true, withPort: true }).map((authority) => `https://${authority}`),
    )
    fc.assert(
      fc.property(server, fc.oneof(code, name), (serverUrl, room) => {
        fc.pre(URL.canParse(serverUrl))
        const expected = { ok: true, serverUrl: new URL(serverUrl).origin, code: room, ...plain }
        expect(parseInvitation(formatInvitation({ serverUrl, code: room, ...plain }))).toEqual(expected)
        expect(roomInPath(roomPath(room))).toBe(room)
      }),
    )
    fc.assert(
      fc.property(code, (room) => {
        const typed = formatRoomCode(room)
        expect(isCode(typed)).toBe(true)
        expect(parseInvitation(typed)).toEqual({ ok: true, serverUrl: null, code: typed, ...plain })
      }),
    )
  })

  it('is looked for in any text without throwing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.string({ unit: 'binary' })), (text) => {
        const invitation = parseInvitation(text)
        if (invitation.ok) expect(invitation.code ?? invitation.serverUrl).not.toBeNull()
      }),
    )
  })
})
