import { expect, test } from 'vitest'
import { hostAuthority, isFromLanHost, isHostedHere, isOnlyHere } from '#renderer/ui/parts/addresses.ts'

test('IPv6 addresses stand in brackets', () => {
  expect(hostAuthority({ card: 'en0', family: 'IPv6', address: 'fe80::1', isVirtual: false }, 1)).toBe('[fe80::1]:1')
  expect(hostAuthority({ card: 'en0', family: 'IPv4', address: '10.0.0.1', isVirtual: false }, 80)).toBe('10.0.0.1:80')
})

test.each(['http://localhost:8001', 'http://127.0.0.1:8001/r/a', 'https://[::1]:1', 'http://study.localhost'])(
  '%s means another computer elsewhere',
  (url) => expect(isOnlyHere(url)).toBe(true),
)
test.each(['http://192.168.1.20:8001', 'https://meet.example', 'not an address'])('%s does not', (url) =>
  expect(isOnlyHere(url)).toBe(false),
)

test('only the app hosts on the loopback address', () => {
  expect(isHostedHere('http://127.0.0.1:8001', 'linux')).toBe(true)
  expect(isHostedHere('http://127.0.0.1:8001', 'browser')).toBe(false)
  expect(isHostedHere('https://192.168.1.20:8001', 'linux')).toBe(false)
})

test.each([
  ['https://192.168.1.20:8001/r/k7mq2xvd9thr', true],
  ['https://[fd00::1]:8001/', true],
  ['https://study.local:8001/', true],
  ['http://192.168.1.20:8001/', false],
  ['https://meet.example/', false],
  ['https://8.8.8.8/', false],
])('the browser warned of %s: %s', (address, isWarned) => {
  expect(isFromLanHost(address)).toBe(isWarned)
})
