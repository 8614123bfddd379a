import { expect, test } from 'vitest'
import type { HostAddress } from '#electron/ipc.ts'
import { en } from '#renderer/texts/en.ts'
import { cardsOf } from '#renderer/ui/host/cards.ts'

const at = (card: string, address = '192.168.1.20', isVirtual = false): HostAddress => ({
  card,
  family: address.includes(':') ? 'IPv6' : 'IPv4',
  address,
  isVirtual,
})
const namesOf = (...addresses: readonly HostAddress[]) => cardsOf(addresses, 8001, en.reach).map(({ name }) => name)

test.each([
  ['wlan0', 'Wi-Fi'],
  ['wlp3s0', 'Wi-Fi'],
  ['wlx00c0caa1b2c3', 'Wi-Fi'],
  ['Wi-Fi', 'Wi-Fi'],
  ['Wi-Fi 2', 'Wi-Fi'],
  ['eth0', 'Ethernet'],
  ['eno1', 'Ethernet'],
  ['enp3s0f1', 'Ethernet'],
  ['ens33', 'Ethernet'],
  ['enx00e04c680001', 'Ethernet'],
  ['Ethernet 3', 'Ethernet'],
  ['usb0', 'USB network'],
  ['bnep0', 'Bluetooth'],
  ['tun0', 'VPN'],
  ['utun4', 'VPN'],
  ['wg-home', 'VPN'],
  ['ProtonVPN', 'VPN'],
  ['docker0', 'Virtual network'],
  ['br-3f2a1c9e77aa', 'Virtual network'],
  ['vEthernet (WSL)', 'Virtual network'],
  ['VirtualBox Host-Only Network', 'Virtual network'],
])('%s is called %s', (card, name) => {
  expect(namesOf(at(card))).toEqual([name])
})

test.each([
  ['en0', 'Network card en0'],
  ['ib0', 'Network card ib0'],
  ['Local Area Connection', 'Local Area Connection'],
])('%s, which may be anything, is called %s', (card, name) => {
  expect(namesOf(at(card))).toEqual([name])
})

test('two cards of one kind are told apart by what the system calls them', () => {
  expect(namesOf(at('enp3s0'), at('enp4s0'), at('Ethernet 2'))).toEqual([
    'Ethernet (enp3s0)',
    'Ethernet (enp4s0)',
    'Ethernet 2',
  ])
})

test('the addresses of one card stand together, and virtual cards last', () => {
  const cards = cardsOf([at('docker0', '172.17.0.1', true), at('wlan0'), at('wlan0', 'fd00::1')], 8002, en.reach)
  expect(cards).toEqual([
    {
      card: 'wlan0',
      name: 'Wi-Fi',
      isVirtual: false,
      addresses: [
        { family: 'IPv4', authority: '192.168.1.20:8002' },
        { family: 'IPv6', authority: '[fd00::1]:8002' },
      ],
    },
    {
      card: 'docker0',
      name: 'Virtual network',
      isVirtual: true,
      addresses: [{ family: 'IPv4', authority: '172.17.0.1:8002' }],
    },
  ])
})
