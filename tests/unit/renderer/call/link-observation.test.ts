import { expect, test } from 'vitest'
import * as v from 'valibot'
import { LinkReport } from '#signalling/protocol.ts'
import { readObservation, since } from '#renderer/call/link-observation.ts'

type Entry = Parameters<typeof readObservation>[0] extends Iterable<readonly [string, infer One]> ? One : never
const report = (...entries: readonly Omit<Entry, 'type'>[]) =>
  entries.map((entry, index) => [typeof entry['id'] === 'string' ? entry['id'] : `x${index}`, entry as Entry] as const)
const host = (address: string, networkType = 'ethernet') => ({
  type: 'local-candidate',
  candidateType: 'host',
  address,
  networkType,
})
const pair = (counts: object) => ({ type: 'candidate-pair', localCandidateId: 'l', remoteCandidateId: 'r', ...counts })

test('adds up the checks of all direct paths, and leaves out what goes through a relay', () => {
  const observed = readObservation(
    report(
      host('10.0.0.5'),
      { id: 'l', ...host('10.0.0.5') },
      { id: 'relayed', type: 'local-candidate', candidateType: 'relay', address: '10.0.0.9' },
      pair({ requestsSent: 4, requestsReceived: 2, responsesReceived: 1 }),
      pair({ requestsSent: 3, requestsReceived: 0 }),
      { ...pair({ requestsSent: 50, requestsReceived: 50, responsesReceived: 50 }), localCandidateId: 'relayed' },
    ),
    true,
  )
  expect(observed).toEqual({ networks: ['10.0.0'], isHidden: false, hasVpn: false, sent: 7, heard: 2, answered: 1 })
})

test('tells hidden addresses, as Chromium and as others hide them', () => {
  expect(readObservation(report(host('')), true)).toMatchObject({ networks: [], isHidden: true })
  expect(readObservation(report(host('8c0b6a0e.local')), true)).toMatchObject({ networks: [], isHidden: true })
})

test('tells a VPN only when there is no other card', () => {
  expect(readObservation(report(host('10.8.0.2', 'vpn')), true)?.hasVpn).toBe(true)
  expect(readObservation(report(host('10.8.0.2', 'vpn'), host('192.168.1.2')), true)?.hasVpn).toBe(false)
})

test('says nothing of a connection that may yet find an address, and that there is none of one that is done', () => {
  expect(readObservation(report(), false)).toBeNull()
  expect(readObservation(report(), true)).toMatchObject({ networks: [], isHidden: false, hasVpn: false })
})

test('is always a report that the server takes', () => {
  const many = Array.from({ length: 40 }, (_, index) => host(`10.0.${index}.1`))
  const observed = readObservation(
    report(...many, host('2001:db8::1'), pair({ requestsSent: 1e9, requestsReceived: 'x' })),
    true,
  )
  expect(v.safeParse(LinkReport, observed).success).toBe(true)
})

test('counts from a moment on, and anew when the counters did', () => {
  const at = (sent: number, heard: number) => ({
    networks: ['10.0.0'],
    isHidden: false,
    hasVpn: false,
    answered: 0,
    sent,
    heard,
  })
  expect(since(at(10, 8), at(14, 8))).toMatchObject({ sent: 4, heard: 0 })
  expect(since(at(10, 8), at(14, 2))).toMatchObject({ sent: 14, heard: 2 })
  expect(since(null, at(14, 2))).toMatchObject({ sent: 14, heard: 2 })
})
