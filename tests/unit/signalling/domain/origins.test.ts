import { expect, test } from 'vitest'
import { LOOPBACK, originOf } from '#signalling/domain/origins.ts'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:192.0.2.7', '192.0.2.7'],
  ['127.0.0.1', LOOPBACK],
  ['127.8.9.10', LOOPBACK],
  ['::ffff:127.0.0.1', LOOPBACK],
  ['::1', LOOPBACK],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('%j is known as %j', (address, origin) => {
  expect(originOf(address)).toBe(origin)
  expect(originOf(origin)).toBe(origin)
})

test('all addresses of one IPv6 network are one origin, however they are written, and those of another are not', () => {
  const near = [
    '2001:db8:0:7::1',
    '2001:db8:0:7:ffff:ffff:ffff:ffff',
    '2001:0db8:0000:0007:0:0:0:2',
    '2001:DB8::7:0:0:0:3',
  ]
  expect(new Set(near.map(originOf)).size).toBe(1)
  expect(originOf('2001:db8:0:8::1')).not.toBe(originOf(near[0]!))
})
