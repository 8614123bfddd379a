import type { Announced } from '#electron/discovery.ts'
import { standup } from '../helpers/announced-meeting.ts'
import { DiscoveryProcess } from '../helpers/discovery-process.ts'
import { Lan, whyNoNamespaces, type IpVersions } from '../helpers/network-namespaces.ts'
import { expect, test } from 'playwright/test'

const reason = await whyNoNamespaces()
test.skip(reason !== null, reason ?? '')

const APPEARS_MS = 3000
const VANISHES_MS = 10_000
/** A card that comes while the app runs is looked for every 5 s. */
const NEW_CARD_MS = 5000 + APPEARS_MS

let lan: Lan
let computers: DiscoveryProcess[] = []

const startLan = async (names: readonly string[], versions?: IpVersions): Promise<void> => {
  lan = await Lan.create(names, versions)
}
/** The app on a computer, its Home on the screen. */
const start = async (name: string): Promise<DiscoveryProcess> => {
  const computer = new DiscoveryProcess(lan.prefix(name))
  computers.push(computer)
  const at = computer.order({ kind: 'watch', isWatching: true })
  await computer.titlesWithin([], at, 20_000)
  return computer
}
const announce = (computer: DiscoveryProcess, meeting: Announced | null): number =>
  computer.order({ kind: 'announce', meeting })
const report = (what: string, ms: number): void => console.log(`    ${what}: ${ms} ms`)

/** A second network, that of `host` and `guest` alone: 10.80.0.1 and 10.80.0.2. */
const layCable = async (host: string, guest: string): Promise<void> => {
  await lan.in(host, 'ip', 'link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'eth1', 'netns', lan.namespace(guest))
  for (const [index, name] of [host, guest].entries()) {
    await lan.in(name, 'sysctl', '-qw', 'net.ipv6.conf.eth1.disable_ipv6=1')
    await lan.in(name, 'ip', 'address', 'add', `10.80.0.${index + 1}/24`, 'dev', 'eth1')
    await lan.in(name, 'ip', 'link', 'set', 'eth1', 'up')
  }
}

test.afterEach(async () => {
  for (const computer of computers) await computer.close()
  computers = []
  await lan.close()
})

for (const versions of ['IPv4', 'IPv6', 'both'] as const) {
  test(`a meeting appears within 3 s and vanishes within 10 s of its end or of a crash (${versions})`, async () => {
    await startLan(['host', 'ann', 'ben'], versions)
    const [host, ann] = [await start('host'), await start('ann')]
    const hostedAt = announce(host, standup)
    report('appears to who watches', await ann.titlesWithin(['Standup'], hostedAt, APPEARS_MS))
    const [found] = ann.meetings
    expect(found?.addresses[0]).toBe(
      versions === 'IPv6' ? `[${lan.address6('host')}]:8001` : `${lan.address('host')}:8001`,
    )

    const ben = new DiscoveryProcess(lan.prefix('ben'))
    computers.push(ben)
    expect(await ben.checkMulticast()).toBe(true)
    const openedAt = ben.order({ kind: 'watch', isWatching: true })
    report('appears to who opens the app later', await ben.titlesWithin(['Standup'], openedAt, APPEARS_MS))

    const endedAt = announce(host, null)
    report('vanishes when it ends', await ann.titlesWithin([], endedAt, VANISHES_MS))
    await ben.titlesWithin([], endedAt, VANISHES_MS)

    await ann.titlesWithin(['Standup'], announce(host, standup), APPEARS_MS)
    await ben.titlesWithin(['Standup'], Date.now(), APPEARS_MS)
    const crashedAt = host.kill()
    report('vanishes when the host crashes', await ann.titlesWithin([], crashedAt, VANISHES_MS))
    report('and to the other', await ben.titlesWithin([], crashedAt, VANISHES_MS))
  })
}

test('a host with two cards is seen on both networks, at the address of each', async () => {
  await startLan(['host', 'ann', 'ben'])
  await layCable('host', 'ben')
  await lan.in('ben', 'ip', 'link', 'set', 'eth0', 'down')
  const [host, ann, ben] = [await start('host'), await start('ann'), await start('ben')]
  const hostedAt = announce(host, standup)
  report('appears on the first network', await ann.titlesWithin(['Standup'], hostedAt, APPEARS_MS))
  report('appears on the second', await ben.titlesWithin(['Standup'], hostedAt, APPEARS_MS))
  expect(ann.meetings[0]?.addresses).toEqual(['10.79.0.1:8001'])
  expect(ben.meetings[0]?.addresses).toEqual(['10.80.0.1:8001'])
  const endedAt = announce(host, null)
  report('vanishes on the first', await ann.titlesWithin([], endedAt, VANISHES_MS))
  report('vanishes on the second', await ben.titlesWithin([], endedAt, VANISHES_MS))
})

test('two who share two networks see each other once, and still when one network fails', async () => {
  await startLan(['host', 'ben'])
  await layCable('host', 'ben')
  const [host, ben] = [await start('host'), await start('ben')]
  announce(host, standup)
  await expect
    .poll(() => ben.meetings.map(({ addresses }) => addresses.toSorted()))
    .toEqual([['10.79.0.1:8001', '10.80.0.1:8001']])
  await lan.setPath('host', false)
  await expect.poll(() => ben.meetings.map(({ addresses }) => addresses)).toEqual([['10.80.0.1:8001']])
})

test('a card that is plugged in during the meeting is announced on by itself', async () => {
  await startLan(['host', 'ben'])
  await lan.in('ben', 'ip', 'link', 'set', 'eth0', 'down')
  const [host, ben] = [await start('host'), await start('ben')]
  announce(host, standup)
  await layCable('host', 'ben')
  report('appears on the new card', await ben.titlesWithin(['Standup'], Date.now(), NEW_CARD_MS))
})

test('a pulled cable takes a meeting away, and the cable back in brings it back', async () => {
  await startLan(['host', 'ann'])
  const [host, ann] = [await start('host'), await start('ann')]
  await ann.titlesWithin(['Standup'], announce(host, standup), APPEARS_MS)
  await lan.setPath('host', false)
  report('vanishes', await ann.titlesWithin([], Date.now(), VANISHES_MS))
  await lan.setPath('host', true)
  report('is back', await ann.titlesWithin(['Standup'], Date.now(), NEW_CARD_MS))
})

test('a network without any route to elsewhere, and one where a dead VPN has the route, are networks', async () => {
  await startLan(['host', 'ann'])
  await lan.in('ann', 'ip', 'route', 'del', 'default')
  await lan.addDeadCard('host', 'tun0', '10.200.0.2')
  const [host, ann] = [await start('host'), await start('ann')]
  report('appears', await ann.titlesWithin(['Standup'], announce(host, standup), APPEARS_MS))
  expect(ann.meetings[0]?.addresses).toEqual(['10.79.0.1:8001'])
})
