import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { placesOf } from '#electron/discovery-cards.ts'

const card = (...cidrs: readonly string[]): NetworkInterfaceInfo[] =>
  cidrs.map((cidr) => {
    const [address = ''] = cidr.split('/')
    const rest = { address, cidr, netmask: '', mac: '', internal: address.startsWith('127.') || address === '::1' }
    return address.includes(':')
      ? { ...rest, family: 'IPv6', scopeid: address.startsWith('fe80') ? 7 : 0 }
      : { ...rest, family: 'IPv4' }
  })
const summary = (cards: Record<string, NetworkInterfaceInfo[]>) =>
  placesOf(cards).map(({ card: name, interface: own, addresses }) => [name, own, ...addresses])
/** On Windows a zone is a number. */
const zone = (name: string) => (process.platform === 'win32' ? '::%7' : `::%${name}`)

test('each private IPv4 address of each card is a link, and each card with IPv6', () => {
  expect(
    summary({
      lo: card('127.0.0.1/8', '::1/128'),
      eth0: card('192.168.1.5/24', '10.1.1.5/16', 'fd00:1::5/64', 'fe80::5/64'),
      wlan0: card('192.168.2.5/24', 'fe80::6/64'),
    }),
  ).toEqual([
    ['eth0', '192.168.1.5', '192.168.1.5', '10.1.1.5', 'fd00:1::5'],
    ['eth0', '10.1.1.5', '192.168.1.5', '10.1.1.5', 'fd00:1::5'],
    ['eth0', zone('eth0'), '192.168.1.5', '10.1.1.5', 'fd00:1::5'],
    ['wlan0', '192.168.2.5', '192.168.2.5'],
    ['wlan0', zone('wlan0'), '192.168.2.5'],
  ])
})

test('public networks, and cards where nothing can be connected to, are left alone', () => {
  expect(
    summary({ ppp0: card('203.0.113.7/24'), veth1: card('fe80::7/64'), eth9: card('2001:db8::1/64', 'fe80::9/64') }),
  ).toEqual([])
})

test('a card with IPv6 alone is a link', () => {
  expect(summary({ eth0: card('fd00::5/64', 'fe80::5/64') })).toEqual([['eth0', zone('eth0'), 'fd00::5']])
})

test('a thousand cards are as many links as one can keep up', () => {
  const cards = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [`br${index}`, card(`10.0.${index % 256}.1/24`)]),
  )
  expect(placesOf(cards)).toHaveLength(32)
})

test('an IPv4 sender is on the link when it is in the subnet of the card', () => {
  const [place] = placesOf({ eth0: card('192.168.1.5/24') })
  const senders = [
    '192.168.1.99',
    '192.168.2.99',
    '10.0.0.1',
    '8.8.8.8',
    '127.0.0.1',
    'fd00::1',
    'fe80::1%eth0',
    'nonsense',
    '',
  ]
  expect(senders.filter((sender) => place?.isOnLink(sender))).toEqual(['192.168.1.99'])
})

test('a public sender is on no link, even in a subnet that claims the whole internet', () => {
  const [place] = placesOf({ eth0: card('192.168.1.5/0') })
  expect(place?.isOnLink('8.8.8.8')).toBe(false)
})

test.skipIf(process.platform === 'win32')(
  'an IPv6 sender is on the link of its zone, or in a subnet of the card',
  () => {
    const [place] = placesOf({ eth0: card('fd00::5/64', 'fe80::5/64') })
    const senders = [
      'fe80::9%eth0',
      'fe80::9%eth1',
      'fe80::9',
      'fd00::9',
      'fd00:0:0:1::9',
      '2001:db8::1',
      '10.0.0.1',
      '::1',
    ]
    expect(senders.filter((sender) => place?.isOnLink(sender))).toEqual(['fe80::9%eth0', 'fd00::9'])
  },
)

test('another address on a card makes its links other links', () => {
  const keys = (...cidrs: string[]) => placesOf({ eth0: card(...cidrs) }).map(({ key }) => key)
  expect(keys('192.168.1.5/24')).not.toEqual(keys('192.168.1.5/24', 'fd00::5/64').slice(0, 1))
  expect(keys('192.168.1.5/24')).not.toEqual(keys('192.168.1.5/16'))
})
