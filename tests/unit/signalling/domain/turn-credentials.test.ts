import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { IceServers, type OwnRelay } from '#signalling/domain/turn-credentials.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

const turn = { urls: ['turn:turn.example.org'], secret: 'north', lifetimeMs: 3_600_000 }
const stun = { urls: ['stun:turn.example.org'] }

test('[I1] without a TURN server everybody is told the same, and nothing runs out', () => {
  expect(new IceServers([stun], null, new ManualClock()).for('a')).toEqual({ iceServers: [stun] })
})

test('[I1] the credential is the one of draft-uberti-behave-turn-rest: end and id, sealed with the shared secret', () => {
  const clock = new ManualClock()
  const { iceServers, iceLifetimeMs } = new IceServers([stun], turn, clock).for('opaque')
  const username = `${String(Math.floor(clock.now() / 1000) + 3600)}:opaque`
  const credential = createHmac('sha1', 'north').update(username).digest('base64')
  expect(iceServers).toEqual([stun, { urls: turn.urls, username, credential }])
  expect(iceLifetimeMs).toBe(3_600_000)
  expect(JSON.stringify(iceServers)).not.toContain('north')
})

test('[I1] each id has a credential of its own, and a later one ends later', () => {
  const clock = new ManualClock()
  const ice = new IceServers([], turn, clock)
  const [first, other] = [ice.for('a'), ice.for('b')]
  clock.advance(1000)
  const credentials = [first, other, ice.for('a')].map(({ iceServers }) => iceServers[0]?.credential)
  expect(new Set(credentials).size).toBe(3)
})

const relayOf = (lifetimeMs: number): OwnRelay => ({
  lifetimeMs,
  iceServerFor: (id, host) =>
    host === 'elsewhere' ? null : { urls: [`turn:${host}`], username: id, credential: 'own' },
})

test('[I4] the own relay comes last, for the host by which the client came, and what ends first ends all', () => {
  const clock = new ManualClock()
  const ice = (lifetimeMs: number) =>
    new IceServers([stun], turn, clock, relayOf(lifetimeMs)).for('a', '192.168.1.2:8001')
  expect(ice(1000).iceServers.map(({ urls }) => urls)).toEqual([stun.urls, turn.urls, ['turn:192.168.1.2:8001']])
  expect([ice(1000).iceLifetimeMs, ice(9_000_000).iceLifetimeMs]).toEqual([1000, 3_600_000])
  const alone = new IceServers([], null, clock, relayOf(1000))
  expect(alone.for('a', 'b')).toEqual({
    iceServers: [{ urls: ['turn:b'], username: 'a', credential: 'own' }],
    iceLifetimeMs: 1000,
  })
})

test('[I4] without a host, or with one that the relay is not at, there is no own relay', () => {
  const ice = new IceServers([stun], null, new ManualClock(), relayOf(1000))
  expect([ice.for('a'), ice.for('a', 'elsewhere')]).toEqual([{ iceServers: [stun] }, { iceServers: [stun] }])
})
