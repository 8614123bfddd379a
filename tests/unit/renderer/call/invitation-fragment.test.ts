import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatFragment, parseFragment, readAuthority } from '#renderer/call/invitation-fragment.ts'
import { formatInvitation, parseInvitation } from '#renderer/call/invitation.ts'
import { toBase64Url } from '#renderer/call/trust/encoding.ts'

const code = 'k7mq2xvd9thr'
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((each) => toBase64Url(Uint8Array.from(each)))
const byte = fc.integer({ min: 0, max: 255 })
const host = fc.oneof(
  fc.tuple(byte, byte, byte).map(([a, b, c]) => `10.${String(a)}.${String(b)}.${String(c)}`),
  fc.tuple(byte, byte).map(([a, b]) => `192.168.${String(a)}.${String(b)}`),
  fc.tuple(fc.integer({ min: 16, max: 31 }), byte).map(([a, b]) => `172.${String(a)}.${String(b)}.1`),
  fc.tuple(byte, byte).map(([a, b]) => `169.254.${String(a)}.${String(b)}`),
  fc.ipV6().map((address) => `[fd00:${address.split(':').slice(-2).join('').slice(0, 4) || '0'}::1]`),
  fc.constantFrom('[fd00::1]', '[fc00:1:2:3:4:5:6:7]', '[fe80::1]', '[::1]', '127.0.0.1'),
)
const authority = fc
  .tuple(host, fc.integer({ min: 1024, max: 65_535 }))
  .map(([name, port]) => readAuthority(`${name}:${String(port)}`))
  .filter((each) => each !== null)
const pinned = fc.record({ pin: bytes(32), addresses: fc.array(authority, { minLength: 1, maxLength: 8 }) })

/** Bytes of a fragment: version 1, both flags, then what is given. */
const both = (...further: readonly number[]) => [1, 3, ...Array<number>(48).fill(7), ...further]
const link = (...fragment: readonly number[]) =>
  `https://192.168.1.20:8001/r/${code}#${toBase64Url(Uint8Array.from(fragment))}`

describe('an invitation with a secret', () => {
  it('comes back whole from the link that was made of it', () => {
    fc.assert(
      fc.property(fc.option(bytes(16)), pinned, fc.constantFrom('https', 'earshot'), (secret, wanted, scheme) => {
        const serverUrl = `https://${wanted.addresses[0]!}`
        const formatted = formatInvitation({ serverUrl, code, secret, host: wanted })
        const read = parseInvitation(formatted.replace('https', scheme))
        expect(read).toEqual({ ok: true, serverUrl, code, secret, host: wanted })
      }),
    )
    fc.assert(
      fc.property(
        bytes(16),
        fc.constantFrom('https://meet.example', 'http://192.168.1.20:8001'),
        (secret, serverUrl) => {
          const formatted = formatInvitation({ serverUrl, code, secret, host: null })
          expect(parseInvitation(formatted)).toEqual({ ok: true, serverUrl, code, secret, host: null })
        },
      ),
    )
  })

  it('has the length that a QR code can hold', () => {
    const addresses = ['192.168.1.20:8001', '10.0.0.5:8001', '172.16.0.9:8001', '[fd00:1:2:3:4:5:6:7]:8001']
    const wanted = { pin: 'A'.repeat(43), addresses }
    const formatted = formatInvitation({ serverUrl: '', code, secret: 'A'.repeat(22), host: wanted })
    expect(formatted.length).toBeLessThan(170)
  })

  it('is read without its scheme, too', () => {
    const typed = link(...both()).slice('https://'.length)
    expect(parseInvitation(typed)).toMatchObject({ ok: true, serverUrl: 'https://192.168.1.20:8001' })
  })

  it('leads to eight addresses at most', () => {
    const address = (last: number) => [4, 10, 0, 0, last, 0x1f, 0x41]
    const seven = Array.from({ length: 7 }, (_, at) => address(at)).flat()
    expect(parseInvitation(link(...both(...seven)))).toMatchObject({
      ok: true,
      host: { addresses: ['192.168.1.20:8001', '10.0.0.0:8001', ...Array(6).fill(expect.any(String))] as unknown },
    })
    expect(parseInvitation(link(...both(...seven, ...address(8))))).toEqual({ ok: false })
  })

  it.each<[string, string]>([
    ['another version', link(2, 3, ...Array<number>(48).fill(7))],
    ['version 0', link(0, 1, ...Array<number>(16).fill(7))],
    ['an unknown flag', link(1, 7, ...Array<number>(48).fill(7))],
    ['no flag', link(1, 0)],
    ['a secret that was cut', link(1, 1, ...Array<number>(15).fill(7))],
    ['a pin that was cut', link(1, 3, ...Array<number>(47).fill(7))],
    ['the head alone', `https://192.168.1.20:8001/r/${code}#AQ`],
    ['a byte too many', link(1, 1, ...Array<number>(17).fill(7))],
    ['an address without a pin', link(1, 1, ...Array<number>(16).fill(7), 4, 10, 0, 0, 1, 0x1f, 0x41)],
    ['an address that was cut', link(...both(4, 10, 0, 0, 1, 0x1f))],
    ['an unknown kind of address', link(...both(5, 10, 0, 0, 1, 0x1f, 0x41))],
    ['a public address', link(...both(4, 8, 8, 8, 8, 0x1f, 0x41))],
    ['a public IPv6 address', link(...both(6, 0x20, 1, ...Array<number>(14).fill(1), 0x1f, 0x41))],
    [
      'an IPv4 address in an IPv6 one',
      link(...both(6, ...Array<number>(10).fill(0), 255, 255, 192, 168, 1, 2, 0x1f, 0x41)),
    ],
    ['port 0', link(...both(4, 10, 0, 0, 1, 0, 0))],
    ['a well-known port', link(...both(4, 10, 0, 0, 1, 0, 80))],
    ['a sign at its end', `${link(...both())})`],
    ['unused bits', `${link(...both()).slice(0, -1)}d`],
    ['a pin over plain http', link(...both()).replace('https', 'http')],
    ['a pin for a name', link(...both()).replace('192.168.1.20', 'study.local')],
    ['a pin for a public address', link(...both()).replace('192.168.1.20', '8.8.8.8')],
    ['a pin for a well-known port', link(...both()).replace(':8001', '')],
    ['credentials', link(...both()).replace('https://', 'https://ann:secret@')],
  ])('is none with %s', (_what, text) => {
    expect(parseInvitation(text)).toEqual({ ok: false })
  })

  it.each(['', 'y', 'top', 'Agenda', 'section-2', ':~:text=tea%20time'])('is not seen in the anchor #%s', (anchor) => {
    expect(parseInvitation(`https://meet.example/r/${code}#${anchor}`)).toEqual({
      ok: true,
      ...{ serverUrl: 'https://meet.example', code, secret: null, host: null },
    })
  })
})

describe('the fragment', () => {
  it('is read out of any text and any bytes without throwing, and only in its one spelling', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...Array.from('AQgwBab-_=.')) }),
      fc.uint8Array({ maxLength: 220 }).map((each) => toBase64Url(Uint8Array.from(each))),
      fc.uint8Array({ maxLength: 220 }).map((each) => toBase64Url(Uint8Array.from([1, 3, ...each]))),
    )
    fc.assert(
      fc.property(text, (each) => {
        const read = parseFragment(each)
        if (read !== null && read !== 'damaged') expect(formatFragment(read)).toBe(each)
      }),
      { numRuns: 2000 },
    )
  })

  it('says nothing where there is nothing to say', () => {
    expect(formatFragment({ secret: null, pin: null, further: ['10.0.0.1:8001'] })).toBe('')
  })
})
