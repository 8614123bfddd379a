import { describe, expect, test } from 'vitest'
import { formatLanEndpoint, isLanAddress, lanEndpointOf, parseLanEndpoint } from '#electron/lan-address.ts'

describe('parseLanEndpoint', () => {
  test.each([
    ['192.168.1.20:8001', { host: '192.168.1.20', port: 8001 }],
    ['10.0.0.5:1024', { host: '10.0.0.5', port: 1024 }],
    ['172.16.0.1:65535', { host: '172.16.0.1', port: 65_535 }],
    ['172.31.255.255:8001', { host: '172.31.255.255', port: 8001 }],
    ['169.254.3.4:8001', { host: '169.254.3.4', port: 8001 }],
    ['127.0.0.1:8001', { host: '127.0.0.1', port: 8001 }],
    ['[fd00::1]:8001', { host: 'fd00::1', port: 8001 }],
    ['[FD12:0:0:0:0:0:0:1]:8001', { host: 'fd12::1', port: 8001 }],
  ])('takes %s', (text, endpoint) => expect(parseLanEndpoint(text)).toEqual(endpoint))

  test.each([
    ['a public address', '8.8.8.8:8001'],
    ['the cloud’s metadata by another name', '0.0.0.0:8001'],
    ['just outside of RFC 1918', '172.32.0.1:8001'],
    ['carrier-grade NAT', '100.64.0.1:8001'],
    ['multicast', '224.0.0.251:5353'],
    ['broadcast', '255.255.255.255:8001'],
    ['another loopback address', '127.0.0.2:8001'],
    ['IPv6 loopback', '[::1]:8001'],
    ['link-local IPv6', '[fe80::1]:8001'],
    ['link-local IPv6 with a zone', '[fe80::1%25eth0]:8001'],
    ['public IPv6', '[2001:db8::1]:8001'],
    ['a public IPv4 address inside of an IPv6 one', '[::ffff:8.8.8.8]:8001'],
    ['a private IPv4 address inside of an IPv6 one', '[::ffff:192.168.1.1]:8001'],
    ['a well-known port', '192.168.1.1:80'],
    ['the last well-known port', '192.168.1.1:1023'],
    ['no port', '192.168.1.1'],
    ['a port that does not exist', '192.168.1.1:65536'],
    ['a name', 'router.local:8001'],
    ['localhost', 'localhost:8001'],
    ['an address as one number', '3232235777:8001'],
    ['an octal address', '0300.0250.1.1:8001'],
    ['a hexadecimal address', '0xc0.0xa8.1.1:8001'],
    ['a short address', '10.1:8001'],
    ['credentials', 'user@192.168.1.1:8001'],
    ['a path', '192.168.1.1:8001/x'],
    ['a fragment', '192.168.1.1:8001#x'],
    ['a scheme', 'https://192.168.1.1:8001'],
    ['a space', ' 192.168.1.1:8001'],
    ['a line break', '192.168.1.1:8001\n'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => expect(parseLanEndpoint(text)).toBeNull())

  test.each(['192.168.1.20:8001', '[fd00::1]:8001'])('is undone by formatLanEndpoint: %s', (text) =>
    expect(formatLanEndpoint(parseLanEndpoint(text)!)).toBe(text),
  )
})

test('lanEndpointOf reads addresses of servers on this network alone', () => {
  expect(lanEndpointOf('wss://192.168.1.20:8001/socket.io/?EIO=4')).toEqual({ host: '192.168.1.20', port: 8001 })
  expect(lanEndpointOf('https://[fd00::1]:8001')).toEqual({ host: 'fd00::1', port: 8001 })
  for (const address of [
    'https://meet.example:8001',
    'https://8.8.8.8:8001',
    'https://192.168.1.1',
    'file:///etc',
    'ftp://192.168.1.1:8001',
    'x',
  ])
    expect(lanEndpointOf(address), address).toBeNull()
})

test('a local network is one at home or at work, neither the internet nor this very computer', () => {
  const addresses = ['10.0.0.1', '172.20.10.2', '192.168.1.1', '169.254.3.4', 'fd00::1']
  const others = ['8.8.8.8', '172.32.0.1', '127.0.0.1', '127.0.0.2', '0.0.0.0', '::1', '::', 'fe80::1', '2001:db8::1']
  const hostile = ['::ffff:10.0.0.1', 'fd00::1%eth0', '224.0.0.251', 'localhost', '10.1', '']
  expect([...addresses, ...others, ...hostile].filter(isLanAddress)).toEqual(addresses)
})
