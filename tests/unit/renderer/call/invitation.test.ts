import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatRoomCode } from '#signalling/protocol.ts'
import { formatInvitation, parseInvitation } from '#renderer/call/invitation.ts'

const CODE = 'k7mq2xvd9thr'

describe('an invitation', () => {
  it.each([
    ['k7mq2xvd9thr', null, CODE],
    [' K7MQ-2XVD-9THR ', null, CODE],
    ['k7mq 2xvd 9thr', null, CODE],
    ['http://192.168.1.20:8001/r/k7mq-2xvd-9thr', 'http://192.168.1.20:8001', CODE],
    ['https://meet.example.org/r/k7mq2xvd9thr/', 'https://meet.example.org', CODE],
    ['https://meet.example.org/r/k7mq2xvd9thr?x=1#y', 'https://meet.example.org', CODE],
    ['192.168.1.20:8001/r/k7mq2xvd9thr', 'http://192.168.1.20:8001', CODE],
    ['study.local:8001/r/k7mq2xvd9thr', 'http://study.local:8001', CODE],
    ['192.168.1.20:8001', 'http://192.168.1.20:8001', null],
    ['192.168.1.20', 'http://192.168.1.20', null],
    ['[::1]:8001', 'http://[::1]:8001', null],
    ['[fd00::1]:8001/r/k7mq2xvd9thr', 'http://[fd00::1]:8001', CODE],
    ['localhost:8001', 'http://localhost:8001', null],
    ['laptop:8001', 'http://laptop:8001', null],
    ['http://192.168.1.20:8001/', 'http://192.168.1.20:8001', null],
  ])('%s names server %s and room %s', (text, serverUrl, code) => {
    expect(parseInvitation(text)).toEqual({ ok: true, serverUrl, code })
  })

  it.each([
    '',
    '   ',
    'hello',
    'k7mq2xvd9th',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'ftp://192.168.1.20/r/k7mq2xvd9thr',
    'http://ann:secret@192.168.1.20:8001/r/k7mq2xvd9thr',
    'http://192.168.1.20:8001/r/nonsense',
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
    const server = fc.oneof(
      fc.ipV4().map((address) => `http://${address}`),
      fc.ipV6().map((address) => `http://[${address}]`),
      fc.webAuthority({ withIPv4: true, withPort: true }).map((authority) => `https://${authority}`),
    )
    fc.assert(
      fc.property(server, code, (serverUrl, room) => {
        fc.pre(URL.canParse(serverUrl))
        const expected = { ok: true, serverUrl: new URL(serverUrl).origin, code: room }
        expect(parseInvitation(formatInvitation(serverUrl, room))).toEqual(expected)
        expect(parseInvitation(formatRoomCode(room))).toEqual({ ok: true, serverUrl: null, code: room })
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
