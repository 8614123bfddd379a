import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LinkPlace } from '#electron/discovery-cards.ts'
import type { MdnsAnswers, MdnsPacket } from '#electron/discovery-link.ts'
import { announcementOf, goodbyeOf, makeInstance, readAdvertisements } from '#electron/discovery-records.ts'
import type { Announced } from '#electron/discovery-records.ts'
import { standup } from '../../helpers/announced-meeting.ts'

const place: LinkPlace = {
  key: 'eth0',
  card: 'eth0',
  family: 'IPv4',
  interface: '192.168.1.5',
  addresses: ['192.168.1.5', 'fd00::5'],
  isOnLink: () => true,
}
const former = ['1', '2', '3', '4', '5'].map((digit) => digit.repeat(43))
const meeting: Announced = {
  ...standup,
  former: former.slice(0, 2),
  addresses: [
    { card: 'wlan0', family: 'IPv4', address: '10.0.0.9', isVirtual: false },
    { card: 'eth0', family: 'IPv4', address: '192.168.1.5', isVirtual: false },
  ],
}
const instance = 'Earshot-0a1b2c3d._earshot._tcp.local'
const packet = (answers: readonly unknown[], additionals: readonly unknown[] = []) =>
  ({ type: 'response', answers, additionals }) as unknown as MdnsPacket
const read = (answers: readonly unknown[], additionals: readonly unknown[] = []) =>
  readAdvertisements(packet(answers, additionals))
const withTexts = (...lines: readonly string[]) =>
  announcementOf(instance, meeting, place).map((answer) =>
    answer.type === 'TXT' ? { ...answer, data: lines.map((line) => Buffer.from(line)) } : answer,
  )
const required = ['v=1', `r=${meeting.code}`, `k=${meeting.pin}`, 'g=0'] as const
const textsOf = (answers: MdnsAnswers): string[] =>
  answers.flatMap((answer) => (answer.type === 'TXT' && Array.isArray(answer.data) ? answer.data.map(String) : []))

test('what is announced is what is read, in answers or in additional records', () => {
  const [pointer, ...rest] = announcementOf(instance, meeting, place)
  const expected = {
    meetings: [
      {
        instance: instance.toLowerCase(),
        code: meeting.code,
        pin: meeting.pin,
        title: 'Standup',
        name: 'Ann',
        isGuarded: true,
        former: meeting.former,
        port: 8001,
        addresses: ['192.168.1.5', 'fd00::5'],
      },
    ],
    goodbyes: [],
  }
  expect(read([pointer, ...rest])).toEqual(expected)
  expect(read([pointer], rest)).toEqual(expected)
})

test('addresses of other cards are not told', () => {
  const told = announcementOf(instance, meeting, place).filter(({ type }) => type === 'A' || type === 'AAAA')
  expect(told.map((answer) => ('data' in answer ? answer.data : ''))).toEqual(['192.168.1.5', 'fd00::5'])
})

test('an empty title and name, and that nobody hosted it before, are not told', () => {
  const texts = textsOf(announcementOf(instance, { ...meeting, title: '', name: '', former: [] }, place))
  expect(texts).toEqual(['v=1', `r=${meeting.code}`, `k=${meeting.pin}`, 'g=1'])
})

test('five computers before are told in one text, in their order', () => {
  const told = announcementOf(instance, { ...meeting, former }, place)
  expect(textsOf(told).filter((text) => text.startsWith('f='))).toEqual([`f=${former.join(',')}`])
  expect(read(told).meetings).toMatchObject([{ former }])
})

test('whoever says nothing of computers before follows none', () => {
  expect(read(withTexts(...required)).meetings).toMatchObject([{ former: [] }])
  expect(read(withTexts(...required, 'f=')).meetings).toMatchObject([{ former: [] }])
})

test('a goodbye has every record of the announcement with nothing left to live', () => {
  const goodbye = goodbyeOf(instance, meeting, place)
  expect(goodbye.map(({ type }) => type)).toEqual(announcementOf(instance, meeting, place).map(({ type }) => type))
  expect(goodbye.every((answer) => 'ttl' in answer && answer.ttl === 0)).toBe(true)
  expect(read(goodbye)).toEqual({ meetings: [], goodbyes: [instance.toLowerCase()] })
})

test('no two instances have a name in common, and it tells nothing', () => {
  const names = Array.from({ length: 100 }, makeInstance)
  expect(new Set(names).size).toBe(100)
  expect(names.every((name) => /^Earshot-[0-9a-f]{8}\._earshot\._tcp\.local$/.test(name))).toBe(true)
})

test('any title and name fit, cut between characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      const texts = textsOf(announcementOf(instance, { ...meeting, title: text, name: text }, place))
      expect(texts.every((line) => Buffer.byteLength(line) <= 255 && !line.includes('\ufffd'))).toBe(true)
      const told = texts.find((line) => line.startsWith('t='))?.slice(2) ?? ''
      expect(text.startsWith(told)).toBe(true)
    }),
  )
  const family = '👩‍👩‍👧‍👦'
  const [title] = textsOf(announcementOf(instance, { ...meeting, title: family.repeat(30) }, place)).slice(4)
  expect(title).toBe(`t=${family.repeat(10)}`)
})

test('text comes without what makes it lie about itself; HTML stays text', () => {
  const texts = [
    ...required,
    't=<img src=x onerror=alert(1)>',
    'n=An\u202en\u200b e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0000',
  ]
  const [found] = read(withTexts(...texts)).meetings
  expect(found?.title).toBe('<img src=x onerror=alert(1)>')
  expect(found?.name).toBe('Ann \u00e9\u0301\u0301\u0301\u0301')
})

test.each([
  ['no version', required.slice(1)],
  ['another version', ['v=2', ...required.slice(1)]],
  ['no code', required.filter((line) => !line.startsWith('r='))],
  ['a code of other letters', required.map((line) => line.replace(/^r=.*/, 'r=<script>xxxx'))],
  ['a short pin', required.map((line) => line.replace(/^k=.*/, 'k=abc'))],
  ['a pin of other letters', required.map((line) => line.replace(/^k=.*/, `k=${'/'.repeat(43)}`))],
  ['neither guarded nor open', required.map((line) => line.replace(/^g=.*/, 'g=yes'))],
  ['a title that is too long', [...required, `t=${'a'.repeat(81)}`]],
  ['a name of nothing but what cannot be seen', [...required, 'n=\u200b\u202e']],
  ['computers before without a key', [...required, 'f=abc']],
  ['computers before by keys of other letters', [...required, `f=${'/'.repeat(43)}`]],
  ['an empty place among the computers before', [...required, `f=${former[0]!},`]],
  ['six computers before', [...required, `f=${[...former, former[0]].join(',')}`]],
  ['seventeen texts', [...required, ...Array.from({ length: 13 }, (_, index) => `x${index}=1`)]],
  ['no text at all', []],
])('%s is no advertisement', (_, texts) => expect(read(withTexts(...texts)).meetings).toEqual([]))

test('unknown keys, keys without a value, empty values and second values are passed over', () => {
  const texts = ['', '=x', 'flag', '__proto__=x', 'V=1', ...required, 't=', 'n=Ann', 'n=Ben', 'x=1']
  expect(read(withTexts(...texts)).meetings).toMatchObject([{ title: '', name: 'Ann' }])
})

test.each([0, 80, 1023, 65_536, 1.5, '8001'])('port %s is no advertisement', (port) => {
  const answers = announcementOf(instance, meeting, place).map((answer) =>
    answer.type === 'SRV' ? { ...answer, data: { ...answer.data, port } } : answer,
  )
  expect(read(answers).meetings).toEqual([])
})

test.each([
  'Earshot-xyz._earshot._tcp.local',
  '<b>._earshot._tcp.local',
  `${'a'.repeat(200)}._earshot._tcp.local`,
  '.',
  '',
])('the instance %s is no advertisement', (name) =>
  expect(read(announcementOf(name, meeting, place))).toEqual({ meetings: [], goodbyes: [] }),
)

test('public, loopback and foreign addresses are left out, at most 8 are kept', () => {
  const a = (data: unknown, name = 'Earshot-0a1b2c3d.local') => ({ type: 'A', name, data })
  const hostile = ['8.8.8.8', '127.0.0.1', '0.0.0.0', '224.0.0.251', 'undefined.undefined', 7, null].map((data) =>
    a(data),
  )
  const many = Array.from({ length: 20 }, (_, index) => a(`10.0.0.${index}`))
  const other = a('10.9.9.9', 'router.local')
  const six = ['2001:db8::1', '::1', 'fe80::1', '::ffff:8.8.8.8'].map((data) => ({ ...a(data), type: 'AAAA' }))
  const own = announcementOf(instance, meeting, { ...place, addresses: [] }).slice(0, 3)
  const [found] = read([...own, ...hostile, ...six, other, ...many.slice(0, 15)]).meetings
  expect(found?.addresses).toEqual([
    '10.0.0.0',
    '10.0.0.1',
    '10.0.0.2',
    '10.0.0.3',
    '10.0.0.4',
    '10.0.0.5',
    '10.0.0.6',
    '10.0.0.7',
  ])
})

test('of a packet full of instances four are read', () => {
  const answers = Array.from({ length: 10 }, (_, index) =>
    announcementOf(`Earshot-0000000${index}._earshot._tcp.local`, meeting, { ...place, addresses: [] }).slice(0, 3),
  ).flat()
  expect(read(answers).meetings).toHaveLength(4)
})

test('an instance of another service, or without its port or text, is no advertisement', () => {
  const all = announcementOf(instance, meeting, place)
  expect(
    read(all.map((answer) => (answer.type === 'PTR' ? { ...answer, name: '_http._tcp.local' } : answer))).meetings,
  ).toEqual([])
  for (const type of ['PTR', 'SRV', 'TXT'])
    expect(read(all.filter((answer) => answer.type !== type)).meetings).toEqual([])
})

test('records of any shape at all are passed over', () => {
  const record = fc.record(
    {
      type: fc.oneof(fc.constantFrom('PTR', 'SRV', 'TXT', 'A', 'AAAA', 'OPT'), fc.anything()),
      name: fc.oneof(fc.constantFrom('_earshot._tcp.local', instance), fc.anything()),
      ttl: fc.anything(),
      data: fc.oneof(fc.constant(instance), fc.anything(), fc.record({ port: fc.anything(), target: fc.anything() })),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(record, fc.anything()), { maxLength: 60 }), (records) => {
      expect(read(records).meetings).toEqual([])
      expect(read(records, announcementOf(instance, meeting, place)).meetings.length).toBeLessThanOrEqual(1)
    }),
  )
})

test('texts of any bytes are read in their form or not at all', () => {
  const bytes = fc.uint8Array({ maxLength: 255 }).map((data) => Buffer.from(data))
  const line = fc.oneof(
    bytes,
    fc
      .tuple(fc.constantFrom('v', 'r', 'k', 'g', 't', 'n', 'f'), bytes)
      .map(([key, value]) => Buffer.concat([Buffer.from(`${key}=`), value])),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const [pointer, service] = announcementOf(instance, meeting, place)
      const data = [...lines, ...required.map((text) => Buffer.from(text))]
      for (const found of read([pointer, service, { type: 'TXT', name: instance, data }]).meetings) {
        expect(found.title.length).toBeLessThanOrEqual(80)
        expect(found.name.length).toBeLessThanOrEqual(64)
        expect(found.code).toMatch(/^[0-9a-z]{12}$/)
        expect(found.pin).toMatch(/^[\w-]{43}$/)
        expect(found.former.every((pin) => /^[\w-]{43}$/.test(pin))).toBe(true)
        expect(found.title + found.name).not.toMatch(/[\p{Cc}\u202a-\u202e\u200b]/u)
      }
    }),
  )
})
