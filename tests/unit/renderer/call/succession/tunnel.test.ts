import { expect, it, onTestFinished } from 'vitest'
import type { PeerId, Result } from '#signalling/protocol.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { refuse } from '#renderer/call/server-words.ts'
import { TunnelSignalling, type TunnelWord } from '#renderer/call/succession/tunnel-guest.ts'
import { TunnelHost } from '#renderer/call/succession/tunnel-host.ts'
import { expectConnected, makePair } from '../link-pair.ts'
import { ServerDouble } from '../server-double.ts'
import { fakeTime, guestId, makeTunnel, offer, pass, patience, settled, wireUp } from './tunnel-ends.ts'

it('brings a guest into the room of the server behind the link, with requests, answers and facts', async () => {
  const server = new ServerDouble()
  const { guest, wire } = wireUp({ openSignalling: server.open })
  const posted: string[] = []
  guest.on('chat:posted', ({ text }) => posted.push(text))

  expect(await guest.connect(patience)).toMatchObject({ ok: true, value: { peerId: server.clients[0]!.peerId } })
  expect(guest.isOnline).toBe(true)
  const joined = await guest.request('room:join', { code: server.code, name: 'Ada' })
  expect(joined).toMatchObject({ ok: true, value: { room: { peers: [{ name: 'Ada' }] }, chat: [] } })

  const other = server.open()
  await other.connect()
  await other.request('room:join', { code: server.code, name: 'Ben' })
  await other.request('chat:send', { nonce: 'nonce-of-ben', text: 'Hello' })
  await expect.poll(() => posted).toEqual(['Hello'])
  expect(await guest.request('room:end', {})).toMatchObject({ ok: false, code: 'not-host' })

  const received: PeerId[] = []
  other.on('signal:received', ({ from }) => received.push(from))
  guest.sendSignal(other.peerId, offer)
  await expect.poll(() => received).toEqual([server.clients[0]!.peerId])
  expect(wire.malformed).toEqual([])
})

it('tells a guest that the server behind the link is gone, and that it is back', async () => {
  const server = new ServerDouble()
  const { guest, heard } = wireUp({ openSignalling: server.open })
  await guest.connect(patience)
  const joined = await guest.request('room:join', { code: server.code, name: 'Ada' })
  if (!joined.ok) throw new Error(joined.code)

  server.crash()
  await expect.poll(() => heard).toEqual(['lost'])
  expect(guest.isOnline).toBe(false)
  expect(await guest.request('room:leave', {})).toMatchObject({ ok: false, code: 'disconnected' })

  server.restart()
  await expect.poll(() => guest.isOnline).toBe(true)
  expect(heard).toEqual(['lost', `opened ${server.clients.findLast(({ isOnline }) => isOnline)!.peerId}`])
  const { token } = joined.value
  expect(await guest.request('peer:resume', { token })).toMatchObject({
    ok: true,
    value: { peerId: joined.value.peerId },
  })
})

it('refuses requests at once while there is no session, and keeps none for later', async () => {
  const { far, guest } = makeTunnel()
  guest.sendSignal(randomId(), offer)
  expect(await guest.request('room:leave', {})).toMatchObject({ ok: false, code: 'disconnected' })
  expect(await guest.connect(patience)).toMatchObject({ ok: true })
  await settled()
  expect(far[0]).toMatchObject({ requests: [], signals: [] })
})

it('voids what is under way when the host renews its connection', async () => {
  const { far, guest, heard } = makeTunnel({ answers: () => new Promise(() => undefined) })
  await guest.connect(patience)
  const [connection] = far
  const pending = guest.request('room:leave', {})
  await expect.poll(() => connection!.requests).toHaveLength(1)

  connection!.events.emit('opened', connection!.session)
  expect(await pending).toMatchObject({ ok: false, code: 'disconnected' })
  expect(heard).toEqual(['lost', `opened ${connection!.session.peerId}`])
  expect(guest.isOnline).toBe(true)
})

it('opens another connection when the guest renews, and closes the former one', async () => {
  const { far, guest, heard } = makeTunnel()
  await guest.connect(patience)
  guest.renew()
  expect(heard).toEqual(['lost'])
  await expect.poll(() => guest.isOnline).toBe(true)
  expect(heard).toEqual(['lost', `opened ${far[1]!.session.peerId}`])
  expect(far.map(({ isClosed }) => isClosed)).toEqual([true, false])

  const facts: string[] = []
  guest.on('peer:left', ({ id }) => facts.push(id))
  far[0]!.events.emit('peer:left', { id: randomId(), reason: 'left' })
  const id = randomId()
  far[1]!.events.emit('peer:left', { id, reason: 'left' })
  await expect.poll(() => facts).toEqual([id])
})

it('closes the connection of a guest that closes, which is silent from then on', async () => {
  const { far, guest, heard, host } = makeTunnel({ answers: () => new Promise(() => undefined) })
  await guest.connect(patience)
  const pending = guest.request('room:leave', {})
  guest.close()
  expect(await pending).toMatchObject({ ok: false, code: 'disconnected' })
  await expect.poll(() => far[0]!.isClosed).toBe(true)

  guest.take({ kind: 'tunnel-fact', name: 'session:opened', fact: far[0]!.session })
  guest.take({ kind: 'tunnel-close' })
  guest.renew()
  guest.lost()
  host.close()
  await settled()
  expect(heard).toEqual([])
  expect(guest.isOnline).toBe(false)
  expect(far).toHaveLength(1)
})

it('gives up the first session after the deadline: silence is a timeout, no link is no way there', async () => {
  fakeTime()
  const silent = new TunnelSignalling({ tell: () => true, log: () => undefined })
  const unheard = new TunnelSignalling({ tell: () => false, log: () => undefined })
  const results = Promise.all([silent.connect(patience), unheard.connect(patience)])
  await pass(patience.deadlineMs)
  expect(await results).toMatchObject([
    { ok: false, code: 'timeout' },
    { ok: false, code: 'server-unreachable' },
  ])
})

it('gives up the first session when the host cannot open one so many times', async () => {
  fakeTime()
  const { far, guest } = makeTunnel({ connecting: () => Promise.resolve(false) })
  const result = guest.connect({ deadlineMs: 60_000, failures: 3 })
  await pass(5000)
  expect(await result).toMatchObject({ ok: false, code: 'server-unreachable' })
  expect(far).toHaveLength(3)
  expect(far.every(({ isClosed }) => isClosed)).toBe(true)
})

it('comes back by itself after the host closed the tunnel, for as long as that takes', async () => {
  fakeTime()
  const upAgain = { isUp: true }
  const { far, guest, heard, log } = makeTunnel({
    connecting: () => (upAgain.isUp ? Promise.resolve(true) : Promise.reject(new Error('no port'))),
  })
  await guest.connect(patience)
  upAgain.isUp = false
  guest.take({ kind: 'tunnel-close' })
  await pass(10_000)
  expect(guest.isOnline).toBe(false)
  expect(log).toContain('warn The tunnel of a guest did not open: Error: no port')

  upAgain.isUp = true
  await pass(1000)
  expect(heard).toEqual(['lost', `opened ${far.at(-1)!.session.peerId}`])
})

it('opens the tunnel again once the link is back', async () => {
  fakeTime()
  const { far, guest, heard, wire } = makeTunnel()
  await guest.connect(patience)
  wire.isUp = false
  guest.lost()
  expect(heard).toEqual(['lost'])
  await pass(20_000)
  expect(far).toHaveLength(1)

  wire.isUp = true
  await pass(1000)
  expect(heard).toEqual(['lost', `opened ${far[1]!.session.peerId}`])
  expect(far[0]!.isClosed).toBe(true)
})

it('no longer waits for an answer that is too late, and does not mistake it for another', async () => {
  fakeTime()
  const answers: ((answer: Result<unknown>) => void)[] = []
  const { guest } = makeTunnel({ answers: () => new Promise((resolve) => answers.push(resolve)) })
  await guest.connect(patience)
  const late = guest.request('room:leave', {})
  await pass(5000)
  expect(await late).toMatchObject({ ok: false, code: 'timeout' })

  const second = guest.request('room:knock', { code: 'k7mq2xvd9thr', name: 'Ada' }, 20_000)
  await pass(0)
  answers[0]!({ ok: true, value: {} })
  answers[1]!(refuse('room-locked'))
  expect(await second).toMatchObject({ ok: false, code: 'room-locked' })
})

it('leaves it to the guest to find out what the host finds out no more', async () => {
  fakeTime()
  const { guest, wire } = makeTunnel({ answers: () => refuse('timeout') as unknown as Result<unknown> })
  await guest.connect(patience)
  const unanswered = guest.request('room:leave', {})
  await pass(5000)
  expect(await unanswered).toMatchObject({ ok: false, code: 'timeout' })
  expect(wire.toGuest.filter(({ kind }) => kind === 'tunnel-answer')).toEqual([])
})

it('hands on facts that have no payload', async () => {
  const { far, guest, wire } = makeTunnel()
  await guest.connect(patience)
  const heard: string[] = []
  guest.on('session:removed', () => heard.push('removed'))
  guest.on('server:stopping', () => heard.push('stopping'))
  far[0]!.events.emit('session:removed', undefined)
  far[0]!.events.emit('server:stopping', undefined)
  await expect.poll(() => heard).toEqual(['removed', 'stopping'])
  expect(wire.malformed).toEqual([])
})

// --- Over a real link ---

it('goes over the control channel of a real link', async () => {
  const server = new ServerDouble()
  const { polite, impolite } = await makePair()
  const host = new TunnelHost({
    openSignalling: server.open,
    tell: (_to, word) => polite.link.tell(word),
    log: () => undefined,
  })
  const guest = new TunnelSignalling({ tell: (word) => impolite.link.tell(word), log: () => undefined })
  onTestFinished(() => {
    guest.close()
    host.close()
  })
  polite.link.on('host', (word) => {
    host.take(guestId, word as TunnelWord)
  })
  impolite.link.on('host', (word) => {
    guest.take(word as TunnelWord)
  })
  polite.link.offer()
  await expectConnected(polite, impolite)

  expect(await guest.connect(patience)).toMatchObject({ ok: true })
  expect(await guest.request('room:join', { code: server.code, name: 'Ada' })).toMatchObject({ ok: true })
  const posted: string[] = []
  guest.on('chat:posted', ({ text }) => posted.push(text))
  const texts = Array.from({ length: 60 }, (_, count) => `${count} ${'ü'.repeat(1900)}`)
  const other = server.open()
  await other.connect()
  const joined = await other.request('room:join', { code: server.code, name: 'Ben' })
  expect(joined).toMatchObject({ ok: true })
  for (const [count, text] of texts.entries())
    await other.request('chat:send', { nonce: `nonce-${1000 + count}`, text })
  await expect.poll(() => posted).toEqual(texts)

  guest.renew()
  await expect.poll(() => guest.isOnline).toBe(true)
  const again = await guest.request('room:join', { code: server.code, name: 'Ada' })
  if (!again.ok) throw new Error(again.code)
  expect(again.value.chat.at(-1)!.text).toBe(texts.at(-1))
  expect(again.value.chat.length).toBeLessThan(texts.length)
  expect(polite.link.view.phase).toBe('connected')
})
