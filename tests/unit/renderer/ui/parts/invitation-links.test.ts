import { expect, test } from 'vitest'
import type { HostState } from '#electron/ipc.ts'
import { hostAuthority, invitationLinks } from '#renderer/ui/parts/invitation-links.ts'
import { code } from '../doubles.ts'

const running = (addresses: Extract<HostState, { phase: 'running' }>['addresses']): HostState => ({
  phase: 'running',
  url: 'http://127.0.0.1:8002',
  port: 8002,
  takenPort: 8001,
  addresses,
})

test('a meeting of this computer is offered by its addresses, virtual ones last', () => {
  const links = invitationLinks(
    'http://127.0.0.1:8002',
    code,
    running([
      { card: 'docker0', family: 'IPv4', address: '172.17.0.1', isVirtual: true },
      { card: 'Wi-Fi', family: 'IPv4', address: '192.168.1.20', isVirtual: false },
      { card: 'Wi-Fi', family: 'IPv6', address: 'fd00::1', isVirtual: false },
    ]),
  )
  expect(links.link).toMatch(/^http:\/\/192\.168\.1\.20:8002\/r\//)
  expect(links.addresses.map(({ authority }) => authority)).toEqual([
    '192.168.1.20:8002',
    '[fd00::1]:8002',
    '172.17.0.1:8002',
  ])
})

test('a computer on no network has no link to give', () => {
  expect(invitationLinks('http://127.0.0.1:8002', code, running([])).link).toBeNull()
})

test('a meeting on a server elsewhere is offered by that server', () => {
  const links = invitationLinks('https://meet.example', code, running([]))
  expect(links.link).toMatch(/^https:\/\/meet\.example\/r\//)
  expect(links).toMatchObject({ addresses: [], isOnlyHere: false })
})

test('a name that means another computer elsewhere is said to be so', () => {
  expect(invitationLinks('http://localhost:8001', code, { phase: 'off' }).isOnlyHere).toBe(true)
})

test('IPv6 addresses stand in brackets', () => {
  expect(hostAuthority({ card: 'en0', family: 'IPv6', address: 'fe80::1', isVirtual: false }, 1)).toBe('[fe80::1]:1')
})
