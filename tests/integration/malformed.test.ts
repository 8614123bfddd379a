import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { errorCodes, limits as wire, type RequestName } from '#signalling/protocol.ts'
import { startSignallingServer, type SignallingServer } from '#signalling/server.ts'
import {
  anOffer,
  connect,
  fillRoom,
  next,
  request,
  valueOf,
  type Client,
  type Member,
} from '../helpers/signalling-client.ts'
import { createHostSigner } from '../helpers/host-keys.ts'
import { createSelfSigned } from '../helpers/self-signed.ts'
import { openRaw, openRawSession } from '../helpers/signalling-raw.ts'

/** Two people who mind their own business, and a server that everything below is thrown at. */
let server: SignallingServer
const OWNER_KEY = 'o'.repeat(22)
const faults: unknown[] = []
const trap = (fault: unknown) => faults.push(fault)

beforeAll(async () => {
  process.on('uncaughtException', trap)
  process.on('unhandledRejection', trap)
  const fast = { burst: 1e6, perSecond: 1e6 }
  server = await startSignallingServer({
    host: '127.0.0.1',
    ...{ tls: await createSelfSigned(), succession: { ownerKey: OWNER_KEY } },
    limits: { roomRate: fast, chatRate: fast, signalRate: fast },
    log: (level, event) => {
      if (level === 'error') faults.push(event)
    },
  })
})
afterAll(async () => {
  await server.close()
  process.off('uncaughtException', trap)
  process.off('unhandledRejection', trap)
})

let [ann, bob]: [Member, Member] = [] as never
let nonce = 0
beforeEach(async () => {
  ;[ann, bob] = await fillRoom(server.url, 'Ann', 'Bob')
})

/** The bystanders still signal and chat, saw nothing strange, and the process had no fault. */
const expectUnharmed = async () => {
  const received = next(bob.socket, 'signal:received')
  ann.socket.emit('signal:send', { to: bob.joined.peerId, signal: anOffer() })
  expect(await received).toEqual({ from: ann.joined.peerId, signal: anOffer() })
  const posted = next(ann.socket, 'chat:posted')
  nonce += 1
  valueOf(await request(bob.socket, 'chat:send', { nonce: `nonce-${nonce}-x`, text: 'well' }))
  expect((await posted).text).toBe('well')
  const names = new Set([...ann.facts, ...bob.facts].map(([name]) => name))
  expect([...names].sort()).toEqual(['chat:posted', 'peer:joined', 'session:opened', 'signal:received'])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(faults).toEqual([])
}

const valid: Record<RequestName, () => Record<string, unknown>> = {
  'room:create': () => ({ title: 'Plans', capacity: 4 }),
  'room:look': () => ({ code: ann.joined.room.code }),
  'room:join': () => ({ code: ann.joined.room.code, name: 'Eve' }),
  'room:leave': () => ({}),
  'peer:resume': () => ({ token: ann.joined.token }),
  'signal:send': () => ({ to: ann.joined.peerId, signal: anOffer() }),
  'chat:send': () => ({ nonce: 'nonce-0001', text: 'hi' }),
  'ice:refresh': () => ({}),
  'document:read': () => ({ kind: 'report' }),
  'room:knock': () => ({ code: ann.joined.room.code, name: 'Eve' }),
  'room:change': () => ({ title: 'Plans', capacity: 4, password: null, knock: true, locked: true }),
  'room:end': () => ({}),
  'knock:answer': () => ({ id: bob.joined.peerId, admit: true }),
  'peer:mute': () => ({ id: bob.joined.peerId }),
  'peer:remove': () => ({ id: bob.joined.peerId }),
  'peer:promote': () => ({ id: bob.joined.peerId }),
  'heir:stand': () => ({ pin: 'p'.repeat(43) }),
  'room:adopt': () => ({
    ...{ ownerKey: OWNER_KEY, code: 'k7mq2xvd9thr', estate: '{}', you: ann.joined.peerId },
    will: [createHostSigner().sign('k7mq2xvd9thr', 'p'.repeat(43))],
    people: [{ id: ann.joined.peerId, name: 'Ann' }],
  }),
  'chat:merge': () => ({
    messages: [{ id: 1, from: ann.joined.peerId, name: 'Ann', text: 'hi', at: 1, nonce: 'nonce-0001' }],
  }),
}
/** Those that may be asked for with nothing at all. */
const bare: readonly RequestName[] = ['room:create', 'room:leave', 'ice:refresh', 'room:change', 'room:end']
/** Requests whose sender has to be inside of a room, to be refused for nothing but the payload. */
const inside: readonly RequestName[] = [
  ...(['chat:send', 'signal:send', 'room:change', 'room:end'] as const),
  ...(['knock:answer', 'peer:mute', 'peer:remove', 'peer:promote'] as const),
  ...(['heir:stand', 'chat:merge'] as const),
]
const names = Object.keys(valid) as RequestName[]
const required = names.filter((name) => !bare.includes(name))

const nest = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
/** What no field of any request may be. */
const wrong: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, Infinity, [], {}, [[]], '', ' ', '\u0000', '\ud800', '\u202e', 1.5, 2 ** 53),
  fc.constantFrom<unknown>('__proto__', 'constructor', 'x'.repeat(40_000), nest(500), Buffer.from('binary')),
  fc.constant(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')),
  fc.jsonValue({ maxDepth: 3 }),
)

/** Sends what it is given, typed or not; answers the refusal's code, or null when the connection was ended instead. */
const send = ({ socket }: Client, name: string, ...args: unknown[]): Promise<unknown> => {
  const untyped = socket as unknown as { emit: (name: string, ...args: unknown[]) => void }
  return Promise.race([
    new Promise((resolve) => untyped.emit(name, ...args, resolve)),
    new Promise((resolve) => socket.once('disconnect', () => resolve(null))),
  ])
}

const expectRefusedOrEnded = (answer: unknown, why: string) => {
  if (answer === null) return
  expect(answer, why).toMatchObject({ ok: false, message: expect.any(String) })
  expect(errorCodes).toContain((answer as { code: never }).code)
}

/** Someone who is allowed everything, so that only the payload can be why a request is refused. */
const hostile = async (name: RequestName): Promise<Client> => {
  const client = await connect(server.url)
  if (!inside.includes(name)) return client
  const { code, hostKey } = valueOf(await request(client.socket, 'room:create', {}))
  valueOf(await request(client.socket, 'room:join', { code, name: 'Eve', hostKey }))
  if (name === 'chat:merge') valueOf(await request(client.socket, 'heir:stand', { pin: createHostSigner().pin }))
  return client
}

describe.each(names)('%s', (name) => {
  test('[A3] whatever is sent instead of the payload is refused', async () => {
    let client = await hostile(name)
    const isPlain = (value: unknown) => JSON.stringify(value) === '{}' && bare.includes(name)
    await fc.assert(
      fc.asyncProperty(wrong, async (payload) => {
        fc.pre(!isPlain(payload))
        if (client.socket.disconnected) client = await hostile(name)
        expectRefusedOrEnded(await send(client, name, payload), JSON.stringify(payload).slice(0, 80))
      }),
      { numRuns: 40 },
    )
    await expectUnharmed()
  })

  test('[A3] an argument too few, too many or in the wrong place is refused', async () => {
    const client = await hostile(name)
    const payload = valid[name]()
    for (const args of [[], [payload, payload], [payload, 'no function'], [payload, null, {}], ['x', payload]])
      expectRefusedOrEnded(await send(client, name, ...args), JSON.stringify(args))
    await expectUnharmed()
  })

  test('[A3] a field that is not of the protocol is refused', async () => {
    const client = await hostile(name)
    for (const extra of [
      '{"from":"x"}',
      '{"__proto__":{"polluted":1}}',
      '{"constructor":1}',
      `{"${'k'.repeat(9000)}":1}`,
    ]) {
      const payload = { ...valid[name](), ...(JSON.parse(extra) as object) }
      const own = JSON.parse(
        `{${[JSON.stringify(payload).slice(1, -1), extra.slice(1, -1)].filter(Boolean).join(',')}}`,
      )
      const answer = await send(client, name, own)
      expect(answer).toMatchObject({ code: 'bad-request' })
      expect((answer as { message: string }).message.length).toBeLessThan(300)
    }
    await expectUnharmed()
  })
})

test.each(required)('[A3] %s without one of its fields, or with a wrong one, is refused', async (name) => {
  let client = await hostile(name)
  await fc.assert(
    fc.asyncProperty(fc.nat(9), fc.option(wrong, { nil: undefined }), async (at, value) => {
      if (client.socket.disconnected) client = await hostile(name)
      const payload = valid[name]()
      const keys = Object.keys(payload)
      const key = keys[at % keys.length]!
      // These may be nearly any string.
      fc.pre(!(typeof value === 'string' && ['text', 'name', 'nonce'].includes(key)))
      expectRefusedOrEnded(await send(client, name, { ...payload, [key]: value }), key)
    }),
    { numRuns: 60 },
  )
  await expectUnharmed()
})

test('[A3] a signal with anything wrong inside is refused', async () => {
  let client = await hostile('signal:send')
  const candidates = { candidate: '', sdpMid: null, sdpMLineIndex: 0, usernameFragment: null }
  const shapes = [anOffer(), { kind: 'candidates', epoch: 'e', toEpoch: null, candidates: [candidates] }]
  await fc.assert(
    fc.asyncProperty(fc.nat(1), fc.nat(9), wrong, async (which, at, value) => {
      // Texts for a browser are not looked into here, and nothing known of a peer yet is null.
      fc.pre(typeof value !== 'string' && JSON.stringify(value) !== 'null')
      if (client.socket.disconnected) client = await hostile('signal:send')
      const shape = shapes[which]!
      const key = Object.keys(shape)[at % Object.keys(shape).length]!
      const signal = { ...shape, [key]: value }
      const answer = await send(client, 'signal:send', { to: ann.joined.peerId, signal })
      if (answer !== null) expect(answer, key).toMatchObject({ code: 'bad-request' })
    }),
    { numRuns: 60 },
  )
  await expectUnharmed()
})

test('[A4] names that are no request are refused with an answer, ignored without', async () => {
  const client = await hostile('chat:send')
  for (const name of ['room:destroy', 'peer:joined', '__proto__', 'constructor', 'toString', 'x'.repeat(9000), ''])
    expect(await send(client, name, {}), name).toMatchObject({ ok: false, code: 'bad-request' })
  const untyped = client.socket as unknown as { emit: (name: string, ...args: unknown[]) => void }
  untyped.emit('room:destroy', {})
  untyped.emit('error')
  valueOf(await request(client.socket, 'room:leave', {}))
  expect(client.facts.map(([name]) => name)).toEqual(['session:opened'])
  await expectUnharmed()
})

test('[A3] a request sent again and again without waiting is answered each time', async () => {
  const client = await connect(server.url)
  const payload = valid['room:join']()
  const answers = await Promise.all(Array.from({ length: 50 }, () => send(client, 'room:join', payload)))
  expect(answers.filter((answer) => (answer as { ok: boolean }).ok)).toHaveLength(1)
  await send(client, 'room:leave', {})
  await expect.poll(() => ann.facts.filter(([name]) => name === 'peer:left')).toHaveLength(1)
  expect(faults).toEqual([])
})

const frames: [what: string, frame: string][] = [
  ['a reserved name', '42["connect"]'],
  ['another reserved name', '42["disconnect",{}]'],
  ['a name that is an object', '42[{"a":1},{}]'],
  ['a name that is a number', '420[7,{}]'],
  ['no array', '42{"a":1}'],
  ['an empty array', '42[]'],
  ['no JSON', '42["room:leave",'],
  ['30,000 levels', `420["signal:send",${'['.repeat(30_000)}${']'.repeat(30_000)}]`],
  [
    '30,000 levels inside a signal',
    `420["signal:send",{"to":"x","signal":${'['.repeat(30_000)}${']'.repeat(30_000)}}]`,
  ],
  ['10,000 levels without end', `420["signal:send",${'{"a":'.repeat(10_000)}`],
  ['999,999 attachments', '45999999-["room:leave",{}]'],
  ['11 attachments', '4511-["room:leave",{"_placeholder":true,"num":0}]'],
  ['an attachment that is not there', '451-["room:leave",{"_placeholder":true,"num":9}]'],
  ['an absurd answer number', `42${'9'.repeat(500)}["room:leave",{}]`],
  ['an answer to nothing', '431234[]'],
  ['an answer that is no array', '431234{}'],
  ['a second connect', '40{}'],
  ['a disconnect', '41'],
  ['an error', '44{"message":"x"}'],
  ['an unknown packet', '49["x"]'],
  ['an unknown engine packet', '9'],
  ['a pong nobody asked for', '3'],
  ['an upgrade', '5'],
  ['nothing', ''],
]

test.each(frames)('[A6] a raw frame with %s harms nobody', async (_what, frame) => {
  const raw = await openRawSession(server.url)
  raw.send(frame)
  raw.send('42777["room:leave",{}]')
  await Promise.race([raw.closed, raw.frame('43777')])
  await expectUnharmed()
})

test('[A6] binary frames end that connection or are ignored', async () => {
  for (const bytes of [new Uint8Array(0), new Uint8Array(16), new Uint8Array(wire.frameBytes - 1)]) {
    const raw = await openRawSession(server.url)
    raw.send(bytes)
    raw.send('42777["room:leave",{}]')
    await Promise.race([raw.closed, raw.frame('43777')])
  }
  await expectUnharmed()
})

test('[A6] random frames, before and after the handshake, harm nobody', async () => {
  const text = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc
      .tuple(fc.constantFrom('4', '40', '42', '421', '43', '45', '451-', '46'), fc.json({ maxDepth: 3 }))
      .map((two) => two.join('')),
  )
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(text, { minLength: 1, maxLength: 10 }), async (isOpen, texts) => {
      const raw = await (isOpen ? openRawSession(server.url) : openRaw(server.url))
      for (const one of texts) raw.send(one)
      raw.socket.close()
      await raw.closed
    }),
    { numRuns: 60 },
  )
  await expectUnharmed()
})

test('[A6] a frame of ten megabytes ends that connection', async () => {
  const raw = await openRawSession(server.url)
  raw.send(`42["chat:send","${'a'.repeat(10 * 1024 * 1024)}"]`)
  await raw.closed
  await expectUnharmed()
})

test('[A6] many connections that end in the middle of something leave nothing behind', async () => {
  const { code } = ann.joined.room
  const came = Array.from({ length: 30 }, async (_, index) => {
    const raw = await openRawSession(server.url)
    raw.send(`421${JSON.stringify(['room:look', { code }])}`)
    if (index % 2 === 0) await raw.frame('431')
    raw.socket.close()
    await raw.closed
  })
  await Promise.all(came)
  await expectUnharmed()
})
