import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { Reach } from '#signalling/http/reach.ts'

const own = () => ['127.0.0.1', '192.168.1.20', 'fd00::20', 'fe80::20']

test.each(['192.168.1.30', '::ffff:192.168.1.30', 'fd00::30', 'fe80::30%eth0'])(
  '%s is somebody else, and stays known as such',
  (remoteAddress) => {
    const reach = new Reach(own)
    reach.note({ remoteAddress })
    reach.note({ remoteAddress: '127.0.0.1' })
    expect(reach.wasReached).toBe(true)
  },
)

test.each([
  '127.0.0.1',
  '127.8.8.8',
  '::1',
  '192.168.1.20',
  '::ffff:192.168.1.20',
  'fd00::20',
  'fe80::20%eth0',
  undefined,
])('%s is nobody else', (remoteAddress) => {
  const reach = new Reach(own)
  reach.note({ remoteAddress })
  expect(reach.wasReached).toBe(false)
})

test('an address that this computer has lost since is somebody else’s', () => {
  let addresses = ['192.168.1.20']
  const reach = new Reach(() => addresses)
  reach.note({ remoteAddress: '192.168.1.20' })
  expect(reach.wasReached).toBe(false)
  addresses = ['192.168.1.21']
  reach.note({ remoteAddress: '192.168.1.20' })
  expect(reach.wasReached).toBe(true)
})

test('the addresses of this computer are its own without being told', () => {
  const reach = new Reach()
  for (const card of Object.values(networkInterfaces()))
    for (const { address } of card ?? []) reach.note({ remoteAddress: address })
  expect(reach.wasReached).toBe(false)
})
