import { expect, test } from 'vitest'
import { findHost } from '#electron/host-finder.ts'
import type { NearbyMeeting } from '#electron/ipc.ts'
import { createSelfSigned } from '#tests/helpers/self-signed.ts'
import {
  findClosedAddress,
  startMuteHost,
  startPlainHost,
  startSlowHost,
  startTlsHost,
} from '#tests/helpers/tls-host.ts'

const nobody = () => []
/** As usual, in a network where everything happens at once. */
const quick = { staggerMs: 20, nearbyAfterMs: 40, nearbyWithinMs: 200, successorsAfterMs: 80, limitMs: 2000 }
const announced = (pin: string, ...addresses: string[]): NearbyMeeting => ({
  id: 'one',
  code: 'k7mq2xvd9thr',
  title: '',
  name: '',
  isGuarded: false,
  former: [],
  pin,
  addresses,
})

test('finds the computer whose key it is, and sends it nothing beside the handshake', async () => {
  const identity = await createSelfSigned()
  const host = await startTlsHost(identity)
  const found = await findHost({ pin: identity.pin, addresses: [host.address] }, nobody)
  expect(found).toEqual({ ok: true, serverUrl: `https://127.0.0.1:${String(host.port)}`, pin: identity.pin })
  await host.allClosed()
  expect(host.connections()).toBe(1)
  expect(host.received()).toBe('')
})

test('finds it by its key when its certificate was made anew, has run out, or is not valid yet', async () => {
  const { keys, pin } = await createSelfSigned()
  for (const validDays of [
    [-1, 365],
    [-30, -1],
    [1, 30],
  ] as const) {
    const host = await startTlsHost(await createSelfSigned({ keys, validDays }))
    expect(await findHost({ pin, addresses: [host.address] }, nobody)).toMatchObject({ ok: true })
  }
})

test('whoever is at a typed address is taken, whatever its key, and told by it', async () => {
  const identity = await createSelfSigned()
  const host = await startTlsHost(identity)
  const closed = await findClosedAddress()
  const found = await findHost({ pin: null, addresses: [closed, host.address] }, nobody, quick)
  expect(found).toEqual({ ok: true, serverUrl: `https://${host.address}`, pin: identity.pin })
})

test('at a typed address without TLS nobody is found, and no announcement helps', async () => {
  const [plain, announcing] = await Promise.all([startPlainHost(), createSelfSigned()])
  const other = await startTlsHost(announcing)
  const nearby = () => [announced(announcing.pin, other.address)]
  expect(await findHost({ pin: null, addresses: [plain.address] }, nearby, quick)).toEqual({
    ok: false,
    problem: 'unreachable',
  })
  expect(other.connections()).toBe(0)
})

test('another computer at the address is told from none', async () => {
  const [wanted, other] = await Promise.all([createSelfSigned(), createSelfSigned()])
  const host = await startTlsHost(other)
  const closed = await findClosedAddress()
  expect(await findHost({ pin: wanted.pin, addresses: [closed, host.address] }, nobody, quick)).toEqual({
    ok: false,
    problem: 'wrong-key',
  })
  expect(host.received()).toBe('')
  expect(await findHost({ pin: wanted.pin, addresses: [closed] }, nobody, quick)).toEqual({
    ok: false,
    problem: 'unreachable',
  })
})

test('what speaks no TLS, or nothing at all, is nobody', async () => {
  const { pin } = await createSelfSigned()
  const [plain, mute] = await Promise.all([startPlainHost(), startMuteHost()])
  const limited = { ...quick, limitMs: 300 }
  expect(await findHost({ pin, addresses: [plain.address, mute.address] }, nobody, limited)).toEqual({
    ok: false,
    problem: 'unreachable',
  })
  expect(mute.connections()).toBe(1)
  await mute.allClosed()
})

test('an address that hangs does not hold up the next, and is let go when that has answered', async () => {
  const identity = await createSelfSigned()
  const [mute, host] = await Promise.all([startMuteHost(), startTlsHost(identity)])
  const found = await findHost({ pin: identity.pin, addresses: [mute.address, host.address] }, nobody)
  expect(found).toMatchObject({ ok: true, serverUrl: `https://${host.address}` })
  await mute.allClosed()
})

test('of two that hold the key the first to answer wins', async () => {
  const identity = await createSelfSigned()
  const slow = await startSlowHost(identity)
  const host = await startTlsHost(identity)
  const found = await findHost({ pin: identity.pin, addresses: [slow.address, host.address] }, nobody)
  expect(found).toMatchObject({ ok: true, serverUrl: `https://${host.address}` })
  slow.answer()
  await slow.allClosed()
})

test('one that is slow is waited for', async () => {
  const identity = await createSelfSigned()
  const slow = await startSlowHost(identity)
  const finding = findHost({ pin: identity.pin, addresses: [slow.address] }, nobody)
  await slow.isAsked
  slow.answer()
  expect(await finding).toMatchObject({ ok: true, serverUrl: `https://${slow.address}` })
})

test('the right computer wins over one that answers first with another key', async () => {
  const [identity, other] = await Promise.all([createSelfSigned(), createSelfSigned()])
  const [wrong, right] = await Promise.all([startTlsHost(other), startTlsHost(identity)])
  const found = await findHost({ pin: identity.pin, addresses: [wrong.address, right.address] }, nobody)
  expect(found).toMatchObject({ ok: true, serverUrl: `https://${right.address}` })
})

test('an invitation whose address is out of date works when its computer announces itself', async () => {
  const [identity, other] = await Promise.all([createSelfSigned(), createSelfSigned()])
  const host = await startTlsHost(identity)
  const stranger = await startTlsHost(other)
  const wanted = { pin: identity.pin, addresses: [await findClosedAddress()] }
  const nearby = () => [announced(other.pin, stranger.address), announced(identity.pin, host.address)]
  expect(await findHost(wanted, nearby)).toMatchObject({ ok: true, serverUrl: `https://${host.address}` })
  expect(stranger.connections()).toBe(0)
})

test('so it does when somebody else has the address by now, and when the announcement comes late', async () => {
  const [identity, other] = await Promise.all([createSelfSigned(), createSelfSigned()])
  const [host, stranger] = await Promise.all([startTlsHost(identity), startTlsHost(other)])
  let asked = 0
  const late = () => {
    asked += 1
    return asked > 3 ? [announced(identity.pin, host.address)] : []
  }
  const found = await findHost({ pin: identity.pin, addresses: [stranger.address] }, late, quick)
  expect(found).toMatchObject({ ok: true, serverUrl: `https://${host.address}` })
})

test('whoever announces somebody else’s key gains nothing', async () => {
  const [identity, other] = await Promise.all([createSelfSigned(), createSelfSigned()])
  const liar = await startTlsHost(other)
  const wanted = { pin: identity.pin, addresses: [] }
  expect(await findHost(wanted, () => [announced(identity.pin, liar.address)], quick)).toEqual({
    ok: false,
    problem: 'wrong-key',
  })
  expect(liar.received()).toBe('')
})

test('only computers on this network are ever asked, and only as many as an invitation holds', async () => {
  const { pin } = await createSelfSigned()
  const hosts = await Promise.all(Array.from({ length: 9 }, () => startMuteHost()))
  const elsewhere = ['localhost', '127.0.0.2', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433', '127.1'].map(
    (name) => `${name}:${String(hosts[0]!.port)}`,
  )
  const limited = { ...quick, limitMs: 400 }
  await findHost({ pin, addresses: elsewhere }, () => [announced(pin, ...elsewhere)], limited)
  expect(hosts[0]!.connections()).toBe(0)
  await findHost({ pin, addresses: hosts.map(({ address }) => address) }, nobody, limited)
  expect(hosts.map((host) => host.connections())).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0])
})

test('however much is announced, each address is asked once, and sixteen in all', async () => {
  const { pin } = await createSelfSigned()
  const hosts = await Promise.all(Array.from({ length: 18 }, () => startMuteHost()))
  const addresses = hosts.map(({ address }) => address)
  const flood = () => Array.from({ length: 50 }, () => announced(pin, ...addresses))
  await findHost({ pin, addresses: [] }, flood, { ...quick, limitMs: 800 })
  expect(hosts.map((host) => host.connections())).toEqual(
    Array.from({ length: 18 }, (_, index) => (index < 16 ? 1 : 0)),
  )
})
