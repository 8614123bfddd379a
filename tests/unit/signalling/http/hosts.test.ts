import { expect, test } from 'vitest'
import { Hosts } from '#signalling/http/hosts.ts'

const hosts = new Hosts(['https://meet.example.org:8443'], 'Laptop.local')

test.each([
  '127.0.0.1',
  '127.0.0.1:80',
  '[::1]:8001',
  'LOCALHOST',
  'laptop.local:1',
  'LAPTOP.LOCAL',
  'meet.example.org',
])('the server answers to %s', (host) => expect(hosts.isOwnHost(host)).toBe(true))

test.each([
  undefined,
  '',
  'evil',
  'laptop',
  'a.meet.example.org',
  'localhost@evil',
  'localhost/..',
  'localhost ',
  ':80',
  '[::1',
  'lo\ncalhost',
])('the server does not answer to %j', (host) => expect(hosts.isOwnHost(host)).toBe(false))

test('a machine that is called without .local is found with it as well', () => {
  const { isOwnHost } = { isOwnHost: (host: string) => new Hosts([], 'Laptop').isOwnHost(host) }
  expect([isOwnHost('laptop'), isOwnHost('laptop.local')]).toEqual([true, true])
})

test('an origin is compared whole, with its scheme and port', () => {
  const isAllowed = (origin: string | undefined) => hosts.isAllowedOrigin(origin, 'Laptop.local:8001')
  expect(isAllowed(undefined)).toBe(true)
  expect(isAllowed('http://laptop.local:8001')).toBe(true)
  expect(isAllowed('https://laptop.local:8001')).toBe(true)
  expect(isAllowed('https://meet.example.org:8443')).toBe(true)
  expect(isAllowed('app://bundle')).toBe(true)
  for (const origin of ['http://laptop.local', 'https://meet.example.org', 'ftp://laptop.local:8001', 'null', ''])
    expect(isAllowed(origin), origin).toBe(false)
})
