import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { isOfVpn, rankAddresses } from '#electron/network-addresses.ts'

const card = (...addresses: readonly string[]): NetworkInterfaceInfo[] =>
  addresses.map((address) => ({
    address,
    netmask: '',
    mac: '',
    cidr: null,
    internal: address.startsWith('127.') || address === '::1',
    ...(address.includes(':') ? { family: 'IPv6', scopeid: 0 } : { family: 'IPv4' }),
  }))
const listed = (cards: Record<string, NetworkInterfaceInfo[]>, defaultAddress: string | null = null) =>
  rankAddresses(cards, defaultAddress).map(({ address }) => address)

test('the way to the internet comes first, then other real cards, IPv6, and virtual ones last', () => {
  const cards = {
    lo: card('127.0.0.1', '::1'),
    docker0: card('172.17.0.1'),
    tailscale0: card('100.101.1.1'),
    eth1: card('10.0.0.5', 'fd00::5'),
    eth2: card('203.0.113.7'),
    wlan0: card('192.168.1.20', 'fe80::1'),
  }
  expect(listed(cards, '192.168.1.20')).toEqual([
    '192.168.1.20',
    '10.0.0.5',
    '203.0.113.7',
    'fd00::5',
    '172.17.0.1',
    '100.101.1.1',
  ])
})

test('a VPN that is the way to the internet does not come first: the people in the room are not in it', () => {
  expect(listed({ utun4: card('10.8.0.2'), en0: card('192.168.1.20') }, '10.8.0.2')).toEqual([
    '192.168.1.20',
    '10.8.0.2',
  ])
})

test.each([
  'docker0',
  'veth12ab',
  'br-00ff',
  'virbr0',
  'vmnet8',
  'utun3',
  'tun0',
  'wg0',
  'vEthernet (WSL)',
  'VirtualBox Host-Only Network',
  'bridge100',
  'ZeroTier One',
])('the card %s is virtual', (name) =>
  expect(rankAddresses({ [name]: card('10.1.1.1') }, null)[0]?.isVirtual).toBe(true),
)

test.each(['en0', 'eth0', 'wlp3s0', 'Wi-Fi', 'Ethernet 2', 'enp0s31f6', 'br0'])('the card %s is real', (name) =>
  expect(rankAddresses({ [name]: card('10.1.1.1') }, null)[0]?.isVirtual).toBe(false),
)

test.each(['utun4', 'tun0', 'wg0', 'tailscale0', 'ppp0', 'OpenVPN TAP-Windows6', 'Tailscale'])(
  'the way out by %s is a VPN',
  (name) => {
    const cards = { eth0: card('192.168.1.20'), [name]: card('10.8.0.2') }
    expect(isOfVpn(cards, '10.8.0.2')).toBe(true)
    expect(isOfVpn(cards, '192.168.1.20')).toBe(false)
    expect(isOfVpn(cards, null)).toBe(false)
  },
)

test.each(['en0', 'bridge100', 'docker0', 'vEthernet (External)', 'Wi-Fi'])('the way out by %s is none', (name) =>
  expect(isOfVpn({ [name]: card('10.8.0.2') }, '10.8.0.2')).toBe(false),
)

test('link-local addresses are shown only when there is nothing else, and never the IPv6 ones', () => {
  expect(listed({ eth0: card('169.254.7.7', 'fe80::7') })).toEqual(['169.254.7.7'])
  expect(listed({ eth0: card('169.254.7.7'), wlan0: card('192.168.1.20') })).toEqual(['192.168.1.20'])
  expect(listed({ eth0: card('fe80::7', 'feb0::1') })).toEqual([])
})

test('a computer on no network has no address', () => {
  expect(listed({ lo: card('127.0.0.1', '::1') })).toEqual([])
  expect(listed({})).toEqual([])
})
