import { describe, expect, test } from 'vitest'
import type { HostAddress, HostState } from '#electron/ipc.ts'
import { parseInvitation } from '#renderer/call/invitation.ts'
import { linkTo } from '#renderer/state/invitation-link.ts'
import { code, greenRoomState, identity, joinedState } from '../ui/doubles.ts'

const secret = 'secretsecretsecretsecA'
const serverUrl = 'http://127.0.0.1:8002'
const running = (...addresses: HostAddress[]): HostState => ({
  phase: 'running',
  url: serverUrl,
  port: 8002,
  takenPort: 8001,
  addresses,
  identity,
})
const address = (literal: string, isVirtual = false): HostAddress => ({
  card: isVirtual ? 'docker0' : 'Wi-Fi',
  family: literal.includes(':') ? 'IPv6' : 'IPv4',
  address: literal,
  isVirtual,
})
const linkOf = (host: HostState, state = greenRoomState({ serverUrl, secret })) => linkTo(state, host, null)
const addressesOf = (host: HostState) => {
  const invitation = parseInvitation(linkOf(host) ?? '')
  return invitation.ok ? invitation.host?.addresses : undefined
}

test('a meeting of this computer is offered over https, by its key, its addresses and the secret', () => {
  const link = linkOf(running(address('192.168.1.20'), address('10.0.0.5')))
  expect(link).toMatch(/^https:\/\/192\.168\.1\.20:8002\/r\/k7mq2xvd9thr#/)
  expect(parseInvitation(link!)).toEqual({
    ok: true,
    serverUrl: 'https://192.168.1.20:8002',
    ...{ code, secret },
    host: { pin: identity.pin, addresses: ['192.168.1.20:8002', '10.0.0.5:8002'] },
  })
})

test('real cards come first, four addresses are told at most, and none that others could not come by', () => {
  const host = running(
    address('172.17.0.1', true),
    ...['fe80::1', '169.254.3.4', '127.0.0.1', '2001:db8::1', '192.168.1.20', 'fd00::1', '10.0.0.5', '10.0.0.6'].map(
      (each) => address(each),
    ),
  )
  expect(addressesOf(host)).toEqual(['192.168.1.20:8002', '[fd00::1]:8002', '10.0.0.5:8002', '10.0.0.6:8002'])
  expect(addressesOf(running(address('172.17.0.1', true), address('192.168.1.20')))).toEqual([
    '192.168.1.20:8002',
    '172.17.0.1:8002',
  ])
})

test('two computers and a cable find each other by link-local addresses', () => {
  expect(addressesOf(running(address('fe80::1'), address('169.254.3.4')))).toEqual(['169.254.3.4:8002'])
})

test('a computer with a public address only is offered by it, without a key that would lead there', () => {
  expect(parseInvitation(linkOf(running(address('203.0.113.7')))!)).toMatchObject({
    serverUrl: 'https://203.0.113.7:8002',
    secret,
    host: null,
  })
})

test('a computer on no network has no link to give', () => {
  expect(linkOf(running())).toBeNull()
  expect(linkOf(running(address('fe80::1')))).toBeNull()
})

test('a meeting on a server elsewhere is offered by that server, with the secret', () => {
  const state = greenRoomState({ serverUrl: 'https://meet.example', secret })
  expect(parseInvitation(linkOf(running(address('192.168.1.20')), state)!)).toEqual({
    ok: true,
    ...{ serverUrl: 'https://meet.example', code, secret, host: null },
  })
  const plain = greenRoomState({ serverUrl: 'https://meet.example' })
  expect(linkOf({ phase: 'off' }, plain)).toBe('https://meet.example/r/k7mq2xvd9thr')
})

describe('a meeting that another computer hosts by now', () => {
  const known = { pin: 'first-host'.padEnd(42, '-') + 'A', addresses: ['192.168.1.77:8001'] }
  const next = { pin: 'next-host'.padEnd(42, '-') + 'A', addresses: ['192.168.1.30:8001', '10.0.0.5:8001'] }
  const moved = (addresses: readonly string[]) =>
    joinedState({
      serverUrl: 'https://192.168.1.30:8001',
      secret,
      hosting: { phase: 'other', host: { pin: next.pin, addresses }, name: 'Ben' },
    })
  const hostIn = (state: ReturnType<typeof moved>, host: HostState = { phase: 'off' }) => {
    const invitation = parseInvitation(linkTo(state, host, known)!)
    return invitation.ok ? invitation.host : undefined
  }

  test('is offered at that one, by its key, also by a computer that hosts something else', () => {
    expect(hostIn(moved(next.addresses))).toEqual(next)
    expect(hostIn(moved(next.addresses), running(address('192.168.1.20')))).toEqual(next)
  })

  test('is offered by what leads to a computer of the network around, four addresses at most', () => {
    const told = [
      '203.0.113.7:8001',
      'no address',
      '',
      ...Array.from({ length: 6 }, (_, index) => `10.0.0.${index}:8001`),
    ]
    expect(hostIn(moved(told))?.addresses).toEqual(['10.0.0.0:8001', '10.0.0.1:8001', '10.0.0.2:8001', '10.0.0.3:8001'])
    expect(hostIn(moved(['no address']))).toEqual(known)
  })

  test('is offered at the first one while none hosts it, and at this one when it does', () => {
    const lost = joinedState({ serverUrl: 'https://192.168.1.77:8001', secret, hosting: { phase: 'lost', heir: null } })
    expect(hostIn(lost)).toEqual(known)
    const own = joinedState({ serverUrl, secret, hosting: { phase: 'own', former: [known.pin] } })
    expect(hostIn(own, running(address('192.168.1.20')))).toEqual({
      pin: identity.pin,
      addresses: ['192.168.1.20:8002'],
    })
  })
})
