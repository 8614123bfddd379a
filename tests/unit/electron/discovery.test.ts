import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LinkPlace } from '#electron/discovery-cards.ts'
import { announcementOf, goodbyeOf } from '#electron/discovery-records.ts'
import { Discovery } from '#electron/discovery.ts'
import type { NearbyMeeting } from '#electron/ipc.ts'
import type { Log } from '#electron/log.ts'
import type { Cards } from '#electron/network-addresses.ts'
import { longestMeeting, standup as meeting } from '../../helpers/announced-meeting.ts'
import {
  freeUdpPort,
  loopbackCards,
  MulticastListener,
  MulticastPeer,
  whyNoLoopbackMulticast,
} from '../../helpers/multicast-peer.ts'

const reason = await whyNoLoopbackMulticast()
if (reason !== null) console.log(`skipped: ${reason}`)
const playing = test.skipIf(reason !== null)

const lo: LinkPlace = { key: '', card: 'lo', family: 'IPv4', interface: '', addresses: [], isOnLink: () => true }
const instanceOf = (index: number) => `Earshot-${index.toString(16).padStart(8, '0')}._earshot._tcp.local`
const codeOf = (index: number) => `k7mq${String(index).padStart(8, '0')}`

interface Computer {
  readonly discovery: Discovery
  /** What was told, oldest first. */
  readonly told: (readonly NearbyMeeting[])[]
  readonly warnings: string[]
}
let port: number
const open: { close: () => unknown }[] = []
beforeEach(async () => {
  port = await freeUdpPort()
})
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

const start = (readCards: () => Cards = loopbackCards): Computer => {
  const warnings: string[] = []
  const log: Log = {
    error: () => undefined,
    warn: (line) => warnings.push(line),
    info: () => undefined,
    scoped: () => log,
  }
  const told: (readonly NearbyMeeting[])[] = []
  const discovery = new Discovery({ log, onNearby: (meetings) => told.push(meetings), readCards, port })
  open.push(discovery)
  return { discovery, told, warnings }
}
/** With its Home on the screen. */
const startWatching = (readCards?: () => Cards): Computer => {
  const computer = start(readCards)
  computer.discovery.watch(true)
  return computer
}
const peer = async (address: string, from?: number): Promise<MulticastPeer> => {
  const opened = await MulticastPeer.open(port, address, from)
  open.push(opened)
  return opened
}
const titles = ({ discovery }: Computer) => discovery.nearby().map(({ title }) => title)
const expectTitles = async (computer: Computer, ...expected: readonly string[]) =>
  await expect.poll(() => titles(computer), { timeout: 15_000 }).toEqual(expected)

playing('a hosted meeting appears, changes, and vanishes when it ends', async () => {
  const host = start()
  const home = start()
  expect(home.discovery.watch(true)).toEqual([])
  host.discovery.announce(meeting)
  await expectTitles(home, 'Standup')
  expect(home.discovery.nearby()).toEqual([
    {
      id: expect.any(String) as string,
      code: meeting.code,
      pin: meeting.pin,
      title: 'Standup',
      name: 'Ann',
      isGuarded: true,
      former: [],
      addresses: ['127.0.0.1:8001'],
    },
  ])
  const [{ id }] = home.discovery.nearby() as [NearbyMeeting]
  host.discovery.announce({ ...meeting, title: 'Retro', isGuarded: false })
  await expectTitles(home, 'Retro')
  expect(home.discovery.nearby()[0]).toMatchObject({ id, isGuarded: false })
  host.discovery.announce(null)
  await expectTitles(home)
  await expect.poll(() => home.told.at(-1)).toEqual([])
})

playing('whoever opens the app later is told, too, and a meeting is gone when the app of its host quits', async () => {
  const host = start()
  host.discovery.announce(meeting)
  const home = startWatching()
  await expectTitles(home, 'Standup')
  const ended = host.discovery.close()
  await expectTitles(home)
  await ended
})

playing('a meeting whose host crashed vanishes by itself, one whose host goes on stays', async () => {
  const host = start()
  host.discovery.announce({ ...meeting, code: codeOf(1), title: 'Alive' })
  const home = startWatching()
  await expectTitles(home, 'Alive')
  const crashed = await peer('127.0.0.9')
  await crashed.say(announcementOf(instanceOf(2), { ...meeting, title: 'Crashed' }, lo))
  await expectTitles(home, 'Alive', 'Crashed')
  await expectTitles(home, 'Alive')
})

playing('nobody sees the own meeting, and the other app on the same computer does', async () => {
  const host = start()
  const home = start()
  host.discovery.watch(true)
  home.discovery.watch(true)
  host.discovery.announce(meeting)
  home.discovery.announce({ ...meeting, code: codeOf(2), title: 'Other' })
  await expectTitles(home, 'Standup')
  await expectTitles(host, 'Other')
})

playing('whoever stops watching knows of nothing, and is told nothing', async () => {
  const host = start()
  const home = startWatching()
  host.discovery.announce(meeting)
  await expectTitles(home, 'Standup')
  expect(home.discovery.watch(false)).toEqual([])
  home.told.splice(0)
  const other = startWatching()
  host.discovery.announce({ ...meeting, title: 'Retro' })
  await expectTitles(other, 'Retro')
  expect(home.discovery.nearby()).toEqual([])
  expect(home.told).toEqual([])
})

playing(
  'ten thousand spoofed services of one sender are four, and others are still seen',
  async () => {
    const home = start()
    home.discovery.watch(true)
    const host = start()
    host.discovery.announce({ ...meeting, title: 'Real' })
    await expectTitles(home, 'Real')
    const flooder = await peer('127.0.0.66')
    for (let index = 0; index < 10_000; index += 1)
      await flooder.say(announcementOf(instanceOf(index), { ...meeting, code: codeOf(index), title: 'Fake' }, lo))
    const late = await peer('127.0.0.7')
    const say = async () =>
      await late.say(announcementOf(instanceOf(99_999), { ...meeting, code: codeOf(7), title: 'Late' }, lo))
    await expect
      .poll(async () => await say().then(() => titles(home)), { timeout: 15_000, interval: 1000 })
      .toEqual(expect.arrayContaining(['Real', 'Late']))
    expect(titles(home).filter((title) => title === 'Fake').length).toBeLessThanOrEqual(4)
    expect(home.told.every((meetings) => meetings.length <= 6)).toBe(true)
  },
  60_000,
)

playing('a goodbye or another pin from somebody else leaves a meeting as it is', async () => {
  const home = startWatching()
  const listener = await MulticastListener.open(port)
  open.push(listener)
  const host = start()
  host.discovery.announce(meeting)
  const instance = `${/Earshot-[0-9a-f]{8}/.exec(String(await listener.heard('127.0.0.1')))?.[0] ?? ''}._earshot._tcp.local`
  await expectTitles(home, 'Standup')
  home.told.splice(0)
  const attacker = await peer('127.0.0.66')
  const trap = { ...meeting, pin: 'x'.repeat(43), title: 'Trap' }
  // As long as it takes the host to be asked and to answer some times.
  for (let heard = 0; heard < 5; heard += 1) {
    await attacker.say(announcementOf(instance, trap, lo))
    await attacker.say(goodbyeOf(instance, meeting, lo))
    await listener.heard('127.0.0.1')
  }
  expect(titles(home)).toContain('Standup')
  expect(home.told.every((meetings) => meetings.some(({ title }) => title === 'Standup'))).toBe(true)
  expect(home.discovery.nearby()[0]).toMatchObject({ pin: meeting.pin, addresses: ['127.0.0.1:8001'] })
})

playing('the goodbye of a host that changed its address takes the meeting away, too', async () => {
  const home = startWatching()
  const before = await peer('127.0.0.5')
  const after = await peer('127.0.0.6')
  await before.say(announcementOf(instanceOf(1), meeting, lo))
  await after.say(announcementOf(instanceOf(1), meeting, lo))
  await expect.poll(() => home.discovery.nearby()[0]?.addresses).toEqual(['127.0.0.5:8001', '127.0.0.6:8001'])
  await after.say(goodbyeOf(instanceOf(1), meeting, lo))
  await expectTitles(home)
})

playing('a packet from another port, or with public addresses, gives nobody an address to connect to', async () => {
  const home = startWatching()
  const stranger = await peer('127.0.0.8', await freeUdpPort())
  await stranger.say(announcementOf(instanceOf(1), { ...meeting, title: 'Stranger' }, lo))
  const host = await peer('127.0.0.5')
  const target = instanceOf(2).replace('._earshot._tcp', '')
  await host.say(announcementOf(instanceOf(2), meeting, lo), [
    { type: 'A', name: target, data: '8.8.8.8' },
    { type: 'AAAA', name: target, data: '2001:db8::1' },
    { type: 'A', name: target, data: '192.168.7.7' },
  ])
  await expectTitles(home, 'Standup')
  expect(home.discovery.nearby()[0]?.addresses).toEqual(['127.0.0.5:8001', '192.168.7.7:8001'])
})

playing('the longest meeting fits the smallest packet of IPv6, and is heard whole', async () => {
  const home = startWatching()
  const listener = await MulticastListener.open(port)
  open.push(listener)
  const host = await peer('127.0.0.5')
  const heard = listener.heard('127.0.0.5')
  const many = {
    ...lo,
    addresses: Array.from({ length: 9 }, (_, index) => `fd00:1111:2222:3333:4444:5555:6666:${index}`),
  }
  await host.say(announcementOf(instanceOf(1), longestMeeting, many))
  // RFC 8200, section 5: 1,280 bytes, of which 40 are its header and 8 that of UDP.
  expect((await heard).length).toBeLessThanOrEqual(1232)
  const { title, name, former } = longestMeeting
  await expect.poll(() => home.discovery.nearby()).toMatchObject([{ title, name, former }])
  expect(home.discovery.nearby()[0]?.addresses).toHaveLength(5)
})

playing('bytes of any kind, and announcements with bytes changed, are passed over', async () => {
  const home = startWatching()
  const listener = await MulticastListener.open(port)
  open.push(listener)
  const host = start()
  host.discovery.announce({ ...meeting, code: codeOf(1), title: 'Announced here' })
  await expectTitles(home, 'Announced here')
  const announcement = await listener.heard('127.0.0.1')
  const mark = Buffer.from('\x08_earshot\x04_tcp\x05local\x00')
  const pointers = [0xc0, 12, 0xc0, 0, 0xff, 0xff].map((byte) => Buffer.from([byte]))
  const noise = fc
    .array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constantFrom<Uint8Array>(mark, ...pointers)), {
      maxLength: 12,
    })
    .map((parts) => Buffer.concat([...parts, mark]))
  const changed = fc
    .array(fc.tuple(fc.nat(announcement.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
    .map((changes) => {
      const bytes = Buffer.from(announcement)
      for (const [index, byte] of changes) bytes[index] = byte
      return bytes
    })
  let sender = 0
  await fc.assert(
    fc.asyncProperty(fc.oneof(noise, changed), async (bytes) => {
      // Many senders, so that no packet is left out for being one too many of its sender.
      sender = (sender % 200) + 1
      const attacker = await MulticastPeer.open(port, `127.0.1.${sender}`)
      await attacker.sendBytes(bytes)
      attacker.close()
    }),
    { numRuns: 280 },
  )
  const late = await peer('127.0.0.7')
  const say = async () => await late.say(announcementOf(instanceOf(7), { ...meeting, title: 'Late' }, lo))
  await expect
    .poll(async () => await say().then(() => titles(home)), { interval: 500, timeout: 10_000 })
    .toEqual(expect.arrayContaining(['Announced here', 'Late']))
  expect([...home.warnings, ...host.warnings]).toEqual([])
})

playing('a card that cannot be used is said once, and the others go on', async () => {
  // An address that this computer does not have: joining there fails, as with a card that was just pulled out.
  const cards = (): Cards => ({ ...loopbackCards(), ghost: loopbackCards('10.255.255.1')['lo'] })
  const home = start(cards)
  const host = start(cards)
  home.discovery.watch(true)
  host.discovery.announce(meeting)
  await expectTitles(home, 'Standup')
  home.discovery.refresh()
  host.discovery.refresh()
  host.discovery.announce({ ...meeting, title: 'Retro' })
  await expectTitles(home, 'Retro')
  expect(home.warnings).toEqual([expect.stringMatching(/^No discovery on ghost \(IPv4\) for now: E[A-Z]+$/)])
})

playing('cards that come and go are followed', async () => {
  let cards: Cards = {}
  const home = startWatching(() => cards)
  const host = start()
  host.discovery.announce(meeting)
  expect(await home.discovery.checkMulticast()).toBe(false)
  cards = loopbackCards()
  home.discovery.refresh()
  await expectTitles(home, 'Standup')
  cards = {}
  home.discovery.refresh()
  await expectTitles(home)
  cards = loopbackCards()
  home.discovery.refresh()
  await expectTitles(home, 'Standup')
})

playing('cards that cannot even be listed are no end of the app', async () => {
  const home = start(() => {
    throw new Error('ERR_SYSTEM_ERROR')
  })
  home.discovery.watch(true)
  home.discovery.announce(meeting)
  expect(await home.discovery.checkMulticast()).toBe(false)
  home.discovery.refresh()
  expect(home.warnings).toEqual(['The network cards cannot be read: ERR_SYSTEM_ERROR'])
})

playing('an own question comes back where multicast works', async () => {
  const home = start()
  expect(await Promise.all([home.discovery.checkMulticast(), home.discovery.checkMulticast()])).toEqual([true, true])
  home.discovery.watch(true)
  expect(await home.discovery.checkMulticast()).toBe(true)
})

playing('after it was closed it does nothing, and closing twice is no error', async () => {
  const home = startWatching()
  home.discovery.announce(meeting)
  await home.discovery.close()
  await home.discovery.close()
  home.discovery.announce({ ...meeting, title: 'Late' })
  home.discovery.refresh()
  expect(home.discovery.watch(true)).toEqual([])
  expect(await home.discovery.checkMulticast()).toBe(false)
})
