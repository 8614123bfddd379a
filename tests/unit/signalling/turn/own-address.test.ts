import { expect, test } from 'vitest'
import { relayHost } from '#signalling/turn/own-address.ts'

const inNetwork = () => '192.168.1.20'

test('the relay is where the client found the server', () => {
  for (const [header, expected] of [
    ['192.168.1.30:8001', '192.168.1.30'],
    ['Ann.local:8001', 'ann.local'],
    ['[fd79::1]:8001', '[fd79::1]'],
    ['meet.example.org', 'meet.example.org'],
  ] as const)
    expect(relayHost(header, undefined, inNetwork)).toBe(expected)
})

test('a page on this machine is told its address in the network, where there is one', () => {
  for (const header of ['localhost:8001', '127.0.0.1:8001', '127.8.9.1', '[::1]:8001'])
    for (const listening of [undefined, '::', '0.0.0.0'])
      expect(relayHost(header, listening, inNetwork)).toBe('192.168.1.20')
  expect(relayHost('localhost:8001', undefined, () => null)).toBe('127.0.0.1')
  expect(relayHost('[::1]:8001', undefined, () => null)).toBe('[::1]')
})

test('a server that listens on one address alone is not reached at another', () => {
  expect(relayHost('localhost:8001', '127.0.0.1', inNetwork)).toBe('127.0.0.1')
  expect(relayHost('127.0.0.1:8001', '127.0.0.1', inNetwork)).toBe('127.0.0.1')
})

test('what is no host makes no address', () => {
  for (const header of ['', ' ', 'a b', 'a/b', 'a?transport=udp', 'a@b', 'a'.repeat(256), '[::1', 'é'])
    expect(relayHost(header, undefined, inNetwork)).toBeNull()
})
