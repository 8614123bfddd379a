import { expect, test } from 'vitest'
import { Addresses, isAddressRange } from '#signalling/http/addresses.ts'
import { defaultServerLimits } from '#signalling/server-limits.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

const addressOf = (remoteAddress: string, forwarded?: string, proxies = ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32']) =>
  new Addresses(defaultServerLimits, new ManualClock(), proxies).of({
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    socket: { remoteAddress },
  })

test('[B10] what a trusted proxy says about its client is believed', () => {
  expect(addressOf('127.0.0.1', '198.51.100.7')).toBe('198.51.100.7')
  expect(addressOf('::ffff:127.0.0.1', ' 198.51.100.7 ')).toBe('198.51.100.7')
  expect(addressOf('2001:db8::9', '2001:470::7')).toBe('2001:470::7')
})

test('[B10] what the client itself wrote in front is not', () => {
  expect(addressOf('127.0.0.1', '203.0.113.9, 198.51.100.7')).toBe('198.51.100.7')
})

test('[B10] proxies behind proxies are looked through', () => {
  expect(addressOf('127.0.0.1', '203.0.113.9, 198.51.100.7, 10.1.2.3')).toBe('198.51.100.7')
})

test('[B10] anybody else may write what they want', () => {
  expect(addressOf('192.0.2.1', '198.51.100.7')).toBe('192.0.2.1')
  expect(addressOf('127.0.0.1', '198.51.100.7', [])).toBe('127.0.0.1')
})

test.each([undefined, '', ',', 'unknown', '_hidden', '198.51.100.7:4711', '10.0.0.1'])(
  '[B10] a proxy that names no client is counted itself: %j',
  (forwarded) => {
    expect(addressOf('127.0.0.1', forwarded)).toBe('127.0.0.1')
  },
)

test('an address or a range is one, anything else is not', () => {
  expect(['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0'].filter(isAddressRange)).toHaveLength(5)
  expect(
    ['', '10.0.0', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/8/8', '10.0.0.0/x', 'host'].filter(isAddressRange),
  ).toEqual([])
})
