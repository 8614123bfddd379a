import { expect, test } from 'vitest'
import type { Advertisement } from '#electron/discovery-records.ts'
import { NearbyMeetings } from '#electron/nearby-meetings.ts'

const advertisement = (index: number, change: Partial<Advertisement> = {}): Advertisement => ({
  instance: `earshot-${index.toString(16).padStart(8, '0')}._earshot._tcp.local`,
  code: `k7mq2xvd${String(index).padStart(4, '0')}`,
  pin: 'p'.repeat(43),
  title: `Meeting ${index}`,
  name: 'Ann',
  isGuarded: false,
  former: [],
  port: 8001,
  addresses: [],
  ...change,
})
const titles = (meetings: NearbyMeetings) => meetings.list().map(({ title }) => title)

test('the address it came from is first, private ones that it names follow, a link-local IPv6 one is left out', () => {
  const meetings = new NearbyMeetings()
  meetings.hear(advertisement(1, { addresses: ['10.0.0.5', 'fd00::5'] }), '192.168.1.5', 0)
  meetings.hear(advertisement(1, { addresses: ['fd00::5', '10.0.0.6'] }), 'fe80::1%eth0', 0)
  expect(meetings.list()).toEqual([
    {
      id: expect.any(String) as string,
      code: 'k7mq2xvd0001',
      pin: 'p'.repeat(43),
      title: 'Meeting 1',
      name: 'Ann',
      isGuarded: false,
      former: [],
      addresses: ['192.168.1.5:8001', '10.0.0.5:8001', '[fd00::5]:8001', '10.0.0.6:8001'],
    },
  ])
})

test('a meeting without any address to connect to is not shown', () => {
  const meetings = new NearbyMeetings()
  expect(meetings.hear(advertisement(1), 'fe80::1%eth0', 0)).toBe(false)
  expect(meetings.isEmpty).toBe(true)
})

test('at most 8 addresses, however many senders add some', () => {
  const meetings = new NearbyMeetings()
  for (let index = 1; index < 20; index += 1) meetings.hear(advertisement(1), `192.168.1.${index}`, index)
  expect(meetings.list()[0]?.addresses).toHaveLength(8)
  expect(meetings.list()[0]?.addresses[0]).toBe('192.168.1.1:8001')
})

test('of one sender four meetings are kept, and those of another still find room', () => {
  const meetings = new NearbyMeetings()
  for (let index = 0; index < 10_000; index += 1) meetings.hear(advertisement(index), '192.168.1.66', index)
  meetings.hear(advertisement(20_000, { code: 'k7mq2xvdreal', title: 'Real' }), '192.168.1.5', 10_000)
  expect(titles(meetings)).toEqual(['Meeting 0', 'Meeting 1', 'Meeting 2', 'Meeting 3', 'Real'])
})

test('of 250 senders 50 meetings are kept, those that were there first', () => {
  const meetings = new NearbyMeetings()
  meetings.hear(advertisement(0), '192.168.1.5', 0)
  for (let sender = 6; sender < 255; sender += 1)
    for (let index = 0; index < 4; index += 1)
      meetings.hear(advertisement(sender * 4 + index), `192.168.1.${sender}`, sender)
  expect(titles(meetings)).toHaveLength(50)
  expect(titles(meetings)[0]).toBe('Meeting 0')
  expect(meetings.hear(advertisement(0, { title: 'Renamed' }), '192.168.1.5', 999)).toBe(true)
  expect(titles(meetings)[0]).toBe('Renamed')
})

test('what another sender says of an instance changes nothing of what the first said', () => {
  const meetings = new NearbyMeetings()
  meetings.hear(advertisement(1), '192.168.1.5', 0)
  meetings.hear(advertisement(1, { pin: 'x'.repeat(43), title: 'Trap' }), '192.168.1.66', 1)
  meetings.hear(advertisement(1, { title: 'Other title' }), '192.168.1.67', 2)
  const [real, trap] = meetings.list()
  expect(real).toMatchObject({ title: 'Meeting 1', pin: 'p'.repeat(43) })
  expect(trap).toMatchObject({ title: 'Trap', addresses: ['192.168.1.66:8001'] })
  expect(new Set(meetings.list().map(({ id }) => id)).size).toBe(2)
})

test('a goodbye counts for the sender who says it; what others said is only doubted', () => {
  const meetings = new NearbyMeetings()
  meetings.hear(advertisement(1), '192.168.1.5', 5000)
  expect(meetings.forget(advertisement(1).instance, '192.168.1.66', 2000)).toBe(false)
  expect(titles(meetings)).toEqual(['Meeting 1'])
  expect(meetings.hasSilent(2001)).toBe(true)
  meetings.hear(advertisement(1), '192.168.1.5', 6000)
  expect(meetings.hasSilent(6000)).toBe(false)
  expect(meetings.forget(advertisement(1).instance, '192.168.1.5', 3000)).toBe(true)
  expect(titles(meetings)).toEqual([])
})

test('a doubt makes nobody younger', () => {
  const meetings = new NearbyMeetings()
  meetings.hear(advertisement(1), '192.168.1.5', 1000)
  meetings.forget(advertisement(1).instance, '192.168.1.66', 2000)
  expect(meetings.forgetBefore(1001)).toBe(true)
})

test('a meeting heard on two cards is there until neither is heard, in the place it had', () => {
  const meetings = new NearbyMeetings()
  meetings.hear(advertisement(1), '192.168.1.5', 0)
  meetings.hear(advertisement(2), '192.168.1.6', 1000)
  meetings.hear(advertisement(1), '10.0.0.5', 2000)
  meetings.hear(advertisement(2), '192.168.1.6', 2000)
  expect(meetings.forgetBefore(500)).toBe(true)
  expect(titles(meetings)).toEqual(['Meeting 1', 'Meeting 2'])
  expect(meetings.list()[0]?.addresses).toEqual(['10.0.0.5:8001'])
  expect(meetings.hasSilent(2000)).toBe(false)
  expect(meetings.hasSilent(2001)).toBe(true)
  meetings.forgetBefore(2001)
  expect(titles(meetings)).toEqual([])
})

test('what each says of the computers before counts, at most five in all, and nobody crowds out another', () => {
  const [own, ...made] = ['a', '1', '2', '3', '4', '5', '6'].map((letter) => letter.repeat(43))
  const meetings = new NearbyMeetings()
  const former = () => meetings.list()[0]?.former
  meetings.hear(advertisement(1, { former: made.slice(0, 5) }), '192.168.1.66', 0)
  meetings.hear(advertisement(1, { former: made.slice(1) }), '192.168.1.67', 0)
  expect(meetings.hear(advertisement(1, { former: [own!] }), '192.168.1.5', 1)).toBe(true)
  expect(former()).toHaveLength(5)
  expect(former()).toContain(own)
  expect(meetings.hear(advertisement(1, { former: [own!, made[0]!] }), '192.168.1.5', 2)).toBe(true)
  meetings.forget(advertisement(1).instance, '192.168.1.66', 0)
  meetings.forget(advertisement(1).instance, '192.168.1.67', 0)
  expect(former()).toEqual([own, made[0]])
})

test('who goes on with a meeting is another than who hosted it before', () => {
  const meetings = new NearbyMeetings()
  meetings.hear(advertisement(1), '192.168.1.5', 0)
  meetings.hear(advertisement(1, { pin: 'h'.repeat(43), former: ['p'.repeat(43)] }), '192.168.1.6', 1)
  expect(meetings.list().map(({ pin, former }) => [pin[0], former.map(([letter]) => letter)])).toEqual([
    ['p', []],
    ['h', ['p']],
  ])
})

test('the same words again are no change, other words are', () => {
  const meetings = new NearbyMeetings()
  expect(meetings.hear(advertisement(1), '192.168.1.5', 0)).toBe(true)
  expect(meetings.hear(advertisement(1), '192.168.1.5', 1)).toBe(false)
  expect(meetings.hear(advertisement(1, { isGuarded: true }), '192.168.1.5', 2)).toBe(true)
})
