import { describe, expect, test } from 'vitest'
import type { LinkReport } from '#signalling/protocol.ts'
import { findCause, networkOf, type Cause } from '../../../../renderer/call/diagnosis.ts'

const healthy: LinkReport = { networks: ['192.168.1'], isHidden: false, hasVpn: false, sent: 9, heard: 9, answered: 9 }
const nothingComes = { heard: 0, answered: 0 }
const seen = (part: Partial<LinkReport>): LinkReport => ({ ...healthy, ...part })
const hidden = { networks: [], isHidden: true }

describe('the network of an address', () => {
  test.each([
    ['192.168.1.20', '192.168.1'],
    ['10.0.0.1', '10.0.0'],
    ['fd00::5', 'fd00:0:0:0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
  ])('%s is in %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  test.each(['8c0b6a0e.local', '', 'fe80:::1', '1.2.3', '1.2.3.4.5', 'a:b'])('%s has none', (address) => {
    expect(networkOf(address)).toBeNull()
  })
})

describe('why two computers do not reach each other', () => {
  test('one has no address', () => {
    expect(findCause(seen({ networks: [] }), healthy)).toEqual({ kind: 'no-network', side: 'you' })
    expect(findCause(healthy, seen({ networks: [] }))).toEqual({ kind: 'no-network', side: 'they' })
  })

  test('one speaks IPv6 alone', () => {
    expect(findCause(seen({ ...nothingComes, networks: ['fd00:0:0:1'] }), seen(nothingComes))).toEqual({
      kind: 'ip-versions',
    })
  })

  test('nothing gets into one of them', () => {
    expect(findCause(seen(nothingComes), seen({ answered: 0 }))).toEqual({ kind: 'firewall', side: 'you' })
    expect(findCause(seen({ answered: 0 }), seen(nothingComes))).toEqual({ kind: 'firewall', side: 'they' })
  })

  test('they are on other networks', () => {
    expect(findCause(seen(nothingComes), seen({ ...nothingComes, networks: ['192.168.2'] }))).toEqual({
      kind: 'other-network',
    })
  })

  test('their network keeps them apart', () => {
    const apart = seen({ ...nothingComes, networks: ['10.9.0', '192.168.1'] })
    expect(findCause(seen(nothingComes), apart)).toEqual({ kind: 'isolated' })
  })

  test('the way out of one is a VPN, or that of both', () => {
    const [here, away] = [seen(nothingComes), seen({ ...nothingComes, hasVpn: true })]
    expect(findCause(here, away)).toEqual({ kind: 'vpn', side: 'they' })
    expect(findCause(away, here)).toEqual({ kind: 'vpn', side: 'you' })
    expect(findCause(away, away)).toEqual({ kind: 'vpn', side: 'both' })
  })

  test('a VPN that lets something by is not to blame', () => {
    expect(findCause(seen({ hasVpn: true, answered: 0 }), seen(nothingComes))).toEqual({
      kind: 'firewall',
      side: 'they',
    })
    expect(findCause(seen({ hasVpn: true }), healthy)).toBeNull()
  })

  test('neither finds the name of the other', () => {
    const nobody = seen({ ...hidden, ...nothingComes, sent: 0 })
    expect(findCause(nobody, nobody)).toEqual({ kind: 'names-blocked' })
  })

  test.each([
    ['too few checks were sent', seen({ ...nothingComes, sent: 2 }), seen(nothingComes)],
    ['nothing was sent yet', seen({ ...nothingComes, sent: 0 }), seen({ ...nothingComes, sent: 0 })],
    ['both hear each other', healthy, healthy],
    ['one hides its addresses', seen({ ...hidden, ...nothingComes }), seen(nothingComes)],
    ['one has got answers, and the other heard nothing', healthy, seen(nothingComes)],
    ['neither has an address', seen({ networks: [] }), seen({ networks: [] })],
  ])('says nothing while %s', (_why, you, they) => {
    expect(findCause(you, they)).toBeNull()
  })

  test('says the same on both sides', () => {
    const counts = [0, 2, 9]
    const observations = [[], ['192.168.1'], ['192.168.2', 'fd00:0:0:1'], ['fd00:0:0:1']].flatMap((networks) =>
      [false, true].flatMap((isHidden) =>
        [false, true].flatMap((hasVpn) =>
          counts.flatMap((sent) =>
            counts.map((heard) => ({ networks, isHidden, hasVpn, sent, heard, answered: Math.min(sent, heard) })),
          ),
        ),
      ),
    )
    const turn = (cause: Cause | null): Cause | null => {
      if (cause === null || !('side' in cause) || cause.side === 'both') return cause
      return { ...cause, side: cause.side === 'you' ? 'they' : 'you' }
    }
    for (const one of observations)
      for (const other of observations) expect(findCause(other, one)).toEqual(turn(findCause(one, other)))
  })
})
