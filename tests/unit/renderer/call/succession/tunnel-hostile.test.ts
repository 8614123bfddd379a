import { expect, it } from 'vitest'
import { limits, type PeerId, type Result } from '#signalling/protocol.ts'
import type { HostWord } from '#renderer/call/control-message.ts'
import { randomId } from '#renderer/call/random-id.ts'
import type { TunnelWord } from '#renderer/call/succession/tunnel-guest.ts'
import { TunnelHost } from '#renderer/call/succession/tunnel-host.ts'
import { FarSignalling, fakeTime, guestId, makeTunnel, offer, pass, patience, settled, wireUp } from './tunnel-ends.ts'

const request = (name: string, payload: unknown, id: number | null = 1): TunnelWord => ({
  kind: 'tunnel-request',
  ...{ id, name, payload },
})

it.for([
  ...['room:create', 'room:adopt', 'heir:stand', 'chat:merge'],
  ...['room:erase', '', 'toString', '__proto__', 'constructor'],
])('refuses to ask the server for "%s"', async (name) => {
  const { far, guest, host, wire } = makeTunnel()
  await guest.connect(patience)
  host.take(guestId, request(name, {}))
  await settled()
  expect(wire.toGuest.at(-1)).toMatchObject({
    kind: 'tunnel-answer',
    id: 1,
    answer: { ok: false, code: 'bad-request' },
  })
  expect(far[0]!.requests).toEqual([])
})

it('refuses what the server would cut the connection for, also when it is only long in bytes', async () => {
  const { far, guest, host, wire } = makeTunnel()
  await guest.connect(patience)
  for (const text of ['x'.repeat(limits.frameBytes), '語'.repeat(limits.frameBytes / 2)])
    host.take(guestId, request('chat:send', { nonce: 'nonce-of-eve', text }))
  host.take(guestId, request('signal:send', { to: randomId(), signal: { ...offer, sdp: '語'.repeat(30_000) } }, null))
  await settled()
  expect(wire.toGuest.slice(1)).toMatchObject([
    { kind: 'tunnel-answer', answer: { ok: false, code: 'bad-request' } },
    { kind: 'tunnel-answer', answer: { ok: false, code: 'bad-request' } },
  ])
  expect(far[0]).toMatchObject({ requests: [], signals: [] })
})

it.for([
  { name: 'signal:send', payload: { to: 'nobody', signal: offer } },
  { name: 'signal:send', payload: { to: guestId, signal: { kind: 'description' } } },
  { name: 'signal:send', payload: null },
  { name: 'chat:send', payload: { to: guestId, signal: offer } },
])('drops $name without a number and with $payload', async ({ name, payload }) => {
  const { far, guest, host, log } = makeTunnel()
  await guest.connect(patience)
  host.take(guestId, request(name, payload, null))
  expect(far[0]).toMatchObject({ requests: [], signals: [] })
  expect(log).toContain('warn A guest of the tunnel sent a malformed signal')
})

it('tells whoever asks without a tunnel that there is none', async () => {
  const { far, host, wire } = makeTunnel()
  host.take(guestId, request('room:leave', {}))
  await settled()
  expect(wire.toGuest).toEqual([{ kind: 'tunnel-close' }])
  expect(far).toEqual([])
})

it('opens few connections for a guest that opens without end, and one at a time', async () => {
  fakeTime()
  const { far, host } = makeTunnel()
  for (let count = 0; count < 100; count++) host.take(guestId, { kind: 'tunnel-open' })
  expect(far.length).toBeLessThanOrEqual(5)
  expect(far.filter(({ isClosed }) => !isClosed)).toEqual([])
  await pass(2000)
  host.take(guestId, { kind: 'tunnel-open' })
  expect(far.filter(({ isClosed }) => !isClosed)).toHaveLength(1)
})

it('has no more tunnels than a room has people, and room again for whoever comes after one is gone', () => {
  const far: FarSignalling[] = []
  const told: { to: PeerId; word: HostWord }[] = []
  const host = new TunnelHost({
    openSignalling: () => {
      const signalling = new FarSignalling(
        () => ({ ok: true, value: {} }),
        () => Promise.resolve(true),
      )
      far.push(signalling)
      return signalling
    },
    tell: (to, word) => told.push({ to, word }) > 0,
    log: () => undefined,
  })
  const ids = Array.from({ length: limits.roomCapacity + 1 }, () => randomId())
  for (const id of ids) host.take(id, { kind: 'tunnel-open' })
  expect(far).toHaveLength(limits.roomCapacity)
  expect(told).toEqual([{ to: ids.at(-1), word: { kind: 'tunnel-close' } }])

  host.forget(ids[0]!)
  expect(far[0]!.isClosed).toBe(true)
  host.take(ids[1]!, { kind: 'tunnel-close' })
  expect(far[1]!.isClosed).toBe(true)
  for (const id of [ids.at(-1)!, randomId()]) host.take(id, { kind: 'tunnel-open' })
  expect(far).toHaveLength(limits.roomCapacity + 2)

  told.length = 0
  host.close()
  expect(far.every(({ isClosed }) => isClosed)).toBe(true)
  expect(told.map(({ word }) => word.kind)).toEqual(Array(limits.roomCapacity).fill('tunnel-close'))
  host.take(ids[2]!, { kind: 'tunnel-open' })
  expect(far).toHaveLength(limits.roomCapacity + 2)
})

it('says that there is no tunnel when the host has no server now', async () => {
  fakeTime()
  const { guest } = wireUp({ openSignalling: () => null })
  const result = guest.connect({ deadlineMs: 60_000, failures: 2 })
  await pass(2000)
  expect(await result).toMatchObject({ ok: false, code: 'server-unreachable' })
})

it('brings no answer of a former connection into the next', async () => {
  const answers: ((answer: Result<unknown>) => void)[] = []
  const { guest, host, wire } = makeTunnel({ answers: () => new Promise((resolve) => answers.push(resolve)) })
  await guest.connect(patience)
  host.take(guestId, request('room:leave', {}))
  guest.renew()
  await expect.poll(() => guest.isOnline).toBe(true)
  answers[0]!({ ok: true, value: {} })
  await settled()
  expect(wire.toGuest.filter(({ kind }) => kind === 'tunnel-answer')).toEqual([])
})

// --- Hostile hosts ---

it.for<TunnelWord>([
  { kind: 'tunnel-fact', name: 'peer:joined', fact: { id: 'short', name: 'Eve', presence: 'present' } },
  { kind: 'tunnel-fact', name: 'chat:posted', fact: null },
  { kind: 'tunnel-fact', name: 'session:opened', fact: { peerId: guestId, iceServers: 'none' } },
  { kind: 'tunnel-fact', name: 'peer:erased', fact: {} },
  { kind: 'tunnel-fact', name: '__proto__', fact: {} },
  { kind: 'tunnel-open' },
  { kind: 'tunnel-request', id: 1, name: 'room:leave', payload: {} },
])('drops with a line in the log: %j', async (word) => {
  const { guest, heard, log } = makeTunnel()
  await guest.connect(patience)
  const facts: unknown[] = []
  guest.on('peer:joined', (fact) => facts.push(fact))
  guest.on('chat:posted', (fact) => facts.push(fact))
  guest.take(word)
  expect(facts).toEqual([])
  expect(heard).toEqual([])
  expect(guest.isOnline).toBe(true)
  expect(log.filter((line) => line.startsWith('warn'))).toHaveLength(1)
})

it('takes answers for what was asked alone, each once, and a malformed one for a failure', async () => {
  const { guest, wire } = makeTunnel({ answers: () => new Promise(() => undefined) })
  await guest.connect(patience)
  const [one, two] = [guest.request('room:leave', {}), guest.request('room:look', { code: 'k7mq2xvd9thr' })]
  await expect.poll(() => wire.toHost.filter(({ kind }) => kind === 'tunnel-request')).toHaveLength(2)
  const ids = wire.toHost.flatMap((word) => (word.kind === 'tunnel-request' ? [word.id!] : []))
  const answer = (id: number, said: unknown) => {
    guest.take({ kind: 'tunnel-answer', id, answer: said })
  }
  answer(4_000_000_000, { ok: true, value: {} })
  answer(ids[0]!, { ok: true, value: {} })
  answer(ids[0]!, { ok: false, code: 'room-full' })
  answer(ids[1]!, { ok: true, value: { code: 'k7mq2xvd9thr', peers: 'many' } })
  expect(await one).toEqual({ ok: true, value: {} })
  expect(await two).toMatchObject({ ok: false, code: 'internal' })
})

it('hears nothing of a session before it is opened', () => {
  const { guest } = makeTunnel({ connecting: () => new Promise(() => undefined) })
  const facts: unknown[] = []
  guest.on('peer:left', (fact) => facts.push(fact))
  void guest.connect(patience)
  guest.take({ kind: 'tunnel-fact', name: 'peer:left', fact: { id: randomId(), reason: 'left' } })
  expect(facts).toEqual([])
})
