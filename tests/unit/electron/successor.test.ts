import type { RequestListener } from 'node:http'
import { beforeAll, describe, expect, test } from 'vitest'
import { findHost } from '#electron/host-finder.ts'
import type { FoundHost, NearbyMeeting } from '#electron/ipc.ts'
import { isSuccessor } from '#electron/successor.ts'
import { createSelfSigned, type SelfSigned } from '#tests/helpers/self-signed.ts'
import {
  findClosedAddress,
  startHttpsHost,
  startMuteHost,
  startSlowHost,
  startTlsHost,
} from '#tests/helpers/tls-host.ts'
import { makeWill, signStep } from '#tests/helpers/wills.ts'

const code = 'k7mq2xvd9thr'
/** As usual, in a network where everything happens at once. */
const quick = { staggerMs: 20, nearbyAfterMs: 40, nearbyWithinMs: 300, successorsAfterMs: 80, limitMs: 5000 }
const nobody: FoundHost = { ok: false, problem: 'unreachable' }

/** The computer of the invitation, the one that goes on after it, and somebody else. */
let first: SelfSigned
let heir: SelfSigned
let other: SelfSigned
beforeAll(async () => {
  ;[first, heir, other] = await Promise.all([createSelfSigned(), createSelfSigned(), createSelfSigned()])
})

const goingOn = (pin: string, former: readonly string[], ...addresses: string[]): NearbyMeeting => ({
  ...{ id: `${code}.${pin}`, code, title: '', name: '', isGuarded: false },
  ...{ pin, former, addresses },
})
const answer =
  (text: string, status = 200): RequestListener =>
  (_, answering) =>
    void answering.writeHead(status, { 'content-type': 'application/json' }).end(text)
const showing = (pin: string, will: unknown) => answer(JSON.stringify({ pin, will }))
/** The heir with a will of the first. */
const startHeir = () => startHttpsHost(heir, showing(heir.pin, makeWill(code, first, heir)))
/** Looks for the first, which is gone. */
const find = async (meetings: readonly NearbyMeeting[], timing = quick) =>
  findHost({ pin: first.pin, addresses: [await findClosedAddress()], code }, () => meetings, timing)

describe('an invitation to a computer that is gone', () => {
  test('leads to the one that goes on with its room, which is asked for its will and nothing more', async () => {
    const host = await startHeir()
    expect(await find([goingOn(heir.pin, [first.pin], host.address)])).toEqual({
      ok: true,
      serverUrl: `https://${host.address}`,
      pin: heir.pin,
    })
    await host.allClosed()
    expect(host.paths).toEqual([`/succession/${code}`])
    expect(host.connections()).toBe(1)
  })

  test('does so from each computer that hosted the room before', async () => {
    const [second, third] = await Promise.all([createSelfSigned(), createSelfSigned()])
    const host = await startHttpsHost(heir, showing(heir.pin, makeWill(code, first, second, third, heir)))
    const meetings = [goingOn(heir.pin, [first.pin, second.pin, third.pin], host.address)]
    for (const { pin } of [first, second, third])
      expect(await findHost({ pin, addresses: [], code }, () => meetings, quick)).toMatchObject({ pin: heir.pin })
  })

  test('does so when its address hangs, when another computer has it by now, and when the announcement comes late', async () => {
    const [host, mute, stranger] = await Promise.all([startHeir(), startMuteHost(), startTlsHost(other)])
    for (const { address } of [mute, stranger]) {
      let asked = 0
      const late = () => {
        asked += 1
        return asked > 5 ? [goingOn(heir.pin, [first.pin], host.address)] : []
      }
      const found = await findHost({ pin: first.pin, addresses: [address], code }, late, quick)
      expect(found).toMatchObject({ ok: true, pin: heir.pin })
    }
    expect(stranger.received()).toBe('')
  })

  test('waits for a will that takes its time', async () => {
    const will = makeWill(code, first, heir)
    const asked = Promise.withResolvers<undefined>()
    const mayAnswer = Promise.withResolvers<undefined>()
    const host = await startHttpsHost(heir, (request, answering) => {
      asked.resolve(undefined)
      void mayAnswer.promise.then(() => showing(heir.pin, will)(request, answering))
    })
    const finding = find([goingOn(heir.pin, [first.pin], host.address)], { ...quick, nearbyWithinMs: 100 })
    await asked.promise
    mayAnswer.resolve(undefined)
    expect(await finding).toMatchObject({ ok: true, pin: heir.pin })
  })
})

describe('the computer of the invitation', () => {
  test('wins as long as it may still answer', async () => {
    const [slow, host] = await Promise.all([startSlowHost(first), startHeir()])
    const meetings = [goingOn(heir.pin, [first.pin], host.address)]
    const wanted = { pin: first.pin, addresses: [slow.address], code }
    const finding = findHost(wanted, () => meetings, { ...quick, successorsAfterMs: 4000 })
    await slow.isAsked
    slow.answer()
    expect(await finding).toMatchObject({ ok: true, serverUrl: `https://${slow.address}`, pin: first.pin })
    expect(host.connections()).toBe(0)
  })

  test('wins when it announces itself at another address', async () => {
    const [moved, host] = await Promise.all([startTlsHost(first), startHeir()])
    const meetings = [goingOn(heir.pin, [first.pin], host.address), goingOn(first.pin, [], moved.address)]
    const patient = { ...quick, successorsAfterMs: 4000 }
    expect(await find(meetings, patient)).toMatchObject({ ok: true, pin: first.pin })
    expect(host.connections()).toBe(0)
  })

  test('is held up by nobody who has its address announced where nothing answers', async () => {
    const [host, ...mutes] = await Promise.all([startHeir(), ...Array.from({ length: 8 }, () => startMuteHost())])
    const lie = goingOn(first.pin, [], ...mutes.map(({ address }) => address))
    expect(await find([lie, goingOn(heir.pin, [first.pin], host.address)])).toMatchObject({ ok: true, pin: heir.pin })
  })
})

test('who claims another room, or to come after others, is not asked', async () => {
  const host = await startHeir()
  const claim = goingOn(heir.pin, [first.pin], host.address)
  expect(await find([{ ...claim, code: 'k7mq2xvd9999' }])).toEqual(nobody)
  expect(await find([{ ...claim, former: [other.pin] }])).toEqual(nobody)
  expect(await find([{ ...claim, former: [] }])).toEqual(nobody)
  expect(host.connections()).toBe(0)
})

test('without a room, or without a key, nobody goes on for anybody', async () => {
  const host = await startHeir()
  const nearby = () => [goingOn(heir.pin, [first.pin], host.address)]
  const addresses = [await findClosedAddress()]
  expect(await findHost({ pin: first.pin, addresses }, nearby, quick)).toEqual(nobody)
  expect(await findHost({ pin: null, addresses, code }, nearby, quick)).toEqual(nobody)
  expect(host.connections()).toBe(0)
})

describe('no successor is', () => {
  const wills: Record<string, () => unknown> = {
    'who has a will for another room': () => makeWill('k7mq2xvd9999', first, heir),
    'who has somebody else’s will': () => makeWill(code, first, other),
    'who has a will of somebody else': () => makeWill(code, other, heir),
    'who named itself': () => makeWill(code, heir, heir),
    'who put the first in front of an own will': () => [
      signStep(first, code, other.pin),
      signStep(other, 'k7mq2xvd9999', heir.pin),
    ],
    'who has the signature of another step': () => [
      { ...signStep(first, code, heir.pin), signature: signStep(first, code, other.pin).signature },
    ],
    'who has no will': () => [],
    'who has null': () => null,
    'who has a will of nine steps': () => makeWill(code, first, ...Array.from({ length: 8 }, () => other), heir),
    'who has a key of no curve': () => [{ ...signStep(first, code, heir.pin), key: 'A'.repeat(122) }],
  }
  test.each(Object.entries(wills))('%s', async (_, make) => {
    const host = await startHttpsHost(heir, showing(heir.pin, make()))
    expect(await find([goingOn(heir.pin, [first.pin], host.address)])).toEqual(nobody)
    expect(host.paths).toHaveLength(1)
  })

  test('who answers for another key than the announced one', async () => {
    const host = await startHttpsHost(heir, showing(other.pin, makeWill(code, first, heir)))
    expect(await find([goingOn(heir.pin, [first.pin], host.address)])).toEqual(nobody)
  })

  test('who does not hold the key it announces; it gets nothing to see', async () => {
    const host = await startTlsHost(other)
    expect(await find([goingOn(heir.pin, [first.pin], host.address)])).toEqual(nobody)
    expect(host.received()).toBe('')
  })

  test('who answers something else', async () => {
    const will = makeWill(code, first, heir)
    const good = JSON.stringify({ pin: heir.pin, will })
    const listeners: RequestListener[] = [
      answer(good, 404),
      answer(good, 500),
      (_, answering) => void answering.writeHead(302, { location: `https://127.0.0.1/succession/${code}` }).end(),
      answer(''),
      answer('no JSON'),
      answer(JSON.stringify(will)),
      answer(good.slice(0, -1)),
      // Cut off in the middle of what it promised.
      (_, answering) => {
        answering.writeHead(200, { 'content-length': '100000' }).write(good)
        answering.socket?.end()
      },
      (request) => void request.socket.destroy(),
      (request) => void request.socket.end('nonsense\r\n\r\n'),
    ]
    for (const listener of listeners) {
      const host = await startHttpsHost(heir, listener)
      expect(await find([goingOn(heir.pin, [first.pin], host.address)], { ...quick, nearbyWithinMs: 100 })).toEqual(
        nobody,
      )
      expect(host.paths).toHaveLength(1)
    }
  })

  test('who says more than a will is long; it is not listened to until its end', async () => {
    const will = makeWill(code, first, heir)
    const padded = await startHttpsHost(heir, answer(JSON.stringify({ pin: heir.pin, will }).padEnd(16_385)))
    expect(await find([goingOn(heir.pin, [first.pin], padded.address)])).toEqual(nobody)
    const endless = await startHttpsHost(heir, (_, answering) => {
      answering.writeHead(200)
      const go = (): void => {
        while (answering.write(' '.repeat(65_536)));
        answering.once('drain', go)
      }
      go()
    })
    expect(await find([goingOn(heir.pin, [first.pin], endless.address)])).toEqual(nobody)
    await endless.allClosed()
  })

  test('who never answers to the end', async () => {
    const host = await startHttpsHost(heir, (_, answering) => void answering.writeHead(200).write('{'))
    const endpoint = { host: '127.0.0.1', port: host.port }
    const successor = { pin: heir.pin, endpoint }
    expect(await isSuccessor(successor, { pin: first.pin, code }, new AbortController().signal)).toBe(false)
    await host.allClosed()
    expect(await isSuccessor(successor, { pin: first.pin, code }, AbortSignal.abort())).toBe(false)
  }, 15_000)
})

test('a liar neither wins nor keeps the right one from being found', async () => {
  const [host, stranger] = await Promise.all([startHeir(), startTlsHost(other)])
  const liars = await Promise.all(
    [answer('no JSON'), showing(other.pin, makeWill(code, other, other)), () => undefined].map((listener) =>
      startHttpsHost(other, listener),
    ),
  )
  const lies = [
    ...liars.map(({ address }) => goingOn(other.pin, [first.pin], address)),
    goingOn(other.pin, [first.pin], host.address),
    goingOn(heir.pin, [first.pin], stranger.address, host.address),
  ]
  expect(await find(lies)).toMatchObject({ ok: true, serverUrl: `https://${host.address}`, pin: heir.pin })
})

test('however much is announced, each is asked once, and sixteen in all', async () => {
  const hosts = await Promise.all(Array.from({ length: 18 }, () => startMuteHost()))
  const claims = hosts.map(({ address }) => goingOn(other.pin, [first.pin], address, address))
  const nearby = () => [...claims, ...claims]
  await findHost({ pin: first.pin, addresses: [], code }, nearby, { ...quick, limitMs: 1000 })
  expect(hosts.map((host) => host.connections())).toEqual(
    Array.from({ length: 18 }, (_, index) => (index < 16 ? 1 : 0)),
  )
})

test('only computers on this network are ever asked', async () => {
  const host = await startMuteHost()
  const addresses = ['localhost', '127.0.0.2', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0'].map(
    (name) => `${name}:${String(host.port)}`,
  )
  expect(await find([goingOn(heir.pin, [first.pin], ...addresses)])).toEqual(nobody)
  expect(host.connections()).toBe(0)
})
