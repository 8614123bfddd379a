import { expect, test } from 'vitest'
import { limits, type Signal } from '#signalling/protocol.ts'
import {
  type Client,
  anOffer,
  codeOf,
  connect,
  fillRoom,
  joinRoom,
  next,
  request,
  startTestServer,
  valueOf,
} from '../helpers/signalling-client.ts'

const candidates: Signal = {
  kind: 'candidates',
  epoch: 'e1',
  toEpoch: 'e9',
  candidates: [
    {
      candidate: 'candidate:1 1 udp 1 192.168.1.2 9 typ host',
      sdpMid: '0',
      sdpMLineIndex: 0,
      usernameFragment: 'abcd',
    },
    { candidate: '', sdpMid: null, sdpMLineIndex: null, usernameFragment: null },
  ],
}

test('[S1] a signal reaches the one it is for and nobody else, with the sender as the server knows it', async () => {
  const { url } = await startTestServer()
  const [ann, bob, cy] = await fillRoom(url, 'Ann', 'Bob', 'Cy')
  for (const signal of [anOffer(), candidates]) {
    const received = next(bob.socket, 'signal:received')
    expect(await request(ann.socket, 'signal:send', { to: bob.joined.peerId, signal })).toEqual({ ok: true, value: {} })
    expect(await received).toEqual({ from: ann.joined.peerId, signal })
  }
  valueOf(await request(cy.socket, 'room:leave', {}))
  expect(cy.facts.map(([name]) => name)).not.toContain('signal:received')
})

test('[S2] a signal for a peer of another room, for nobody or for oneself goes nowhere', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillRoom(url, 'Ann')
  const [eve] = await fillRoom(url, 'Eve')
  for (const to of [eve.joined.peerId, 'A'.repeat(22), ann.joined.peerId])
    expect(codeOf(await request(ann.socket, 'signal:send', { to, signal: anOffer() }))).toBe('peer-not-found')
  expect(eve.facts.map(([name]) => name)).toEqual(['session:opened'])
})

test.each([[], ['a', 'b'], {}, null, '__proto__', 'constructor', 'x'.repeat(30_000), 7])(
  '[S3] a signal whose target is no id is refused (%#)',
  async (to) => {
    const { url } = await startTestServer()
    const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
    const hostile = { to, signal: anOffer() } as never
    expect(codeOf(await request(ann.socket, 'signal:send', hostile))).toBe('bad-request')
    valueOf(await request(bob.socket, 'room:leave', {}))
    expect(bob.facts.map(([name]) => name)).toEqual(['session:opened'])
  },
)

test('[S3] fields that are not of the protocol are refused, a sender of the own choice among them', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const to = bob.joined.peerId
  for (const hostile of [
    { to, signal: anOffer(), from: bob.joined.peerId },
    { to, signal: { ...anOffer(), event: 'disconnect' } },
    { to, signal: { ...anOffer(), sdp: { toString: 'v=0' } } },
    { to, signal: { ...anOffer(), sdp: 'a'.repeat(limits.sdp + 1) } },
    { to, signal: { ...candidates, candidates: Array(limits.candidatesPerSignal + 1).fill(candidates.candidates[0]) } },
  ])
    expect(codeOf(await request(ann.socket, 'signal:send', hostile as never))).toBe('bad-request')
})

test('[S5] who looks and who is inside exchange signals, under the id that the one who looks then joins with', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillRoom(url, 'Ann')
  const bob = await connect(url)
  const { code } = ann.joined.room
  valueOf(await request(bob.socket, 'room:look', { code }))
  const atAnn = next(ann.socket, 'signal:received')
  valueOf(await request(bob.socket, 'signal:send', { to: ann.joined.peerId, signal: anOffer() }))
  const { from } = await atAnn
  const atBob = next(bob.socket, 'signal:received')
  valueOf(await request(ann.socket, 'signal:send', { to: from, signal: candidates }))
  expect(await atBob).toEqual({ from: ann.joined.peerId, signal: candidates })
  expect(valueOf(await request(bob.socket, 'room:join', { code, name: 'Bob' })).peerId).toBe(from)
})

test('[S6] who looks reaches nobody else who looks, is reached by them neither, nor by anybody afterwards', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillRoom(url, 'Ann')
  const [bob, cy] = [await connect(url), await connect(url)]
  const { code } = ann.joined.room
  for (const { socket } of [bob, cy]) valueOf(await request(socket, 'room:look', { code }))
  const send = (who: Client, to: string) => request(who.socket, 'signal:send', { to, signal: anOffer() })
  expect(codeOf(await send(bob, cy.session.peerId))).toBe('peer-not-found')
  expect(codeOf(await send(bob, bob.session.peerId))).toBe('peer-not-found')
  valueOf(await request(bob.socket, 'room:leave', {}))
  expect(codeOf(await send(bob, ann.joined.peerId))).toBe('not-in-room')
  expect(codeOf(await send(ann, bob.session.peerId))).toBe('peer-not-found')
})

test('[S4] signals arrive in the order they were sent', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const epochs = Array.from({ length: 100 }, (_, index) => `e${index}`)
  for (const epoch of epochs) ann.socket.emit('signal:send', { to: bob.joined.peerId, signal: anOffer(epoch) })
  const received = () =>
    bob.facts.flatMap(([name, fact]) => (name === 'signal:received' ? [(fact as { signal: Signal }).signal.epoch] : []))
  await expect.poll(received).toEqual(epochs)
})

test('[A2] without a wish for an answer a sent signal says nothing, and a refused one comes back as a fact', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const refused = next(ann.socket, 'request:refused')
  ann.socket.emit('signal:send', { to: bob.joined.peerId, signal: anOffer() })
  ann.socket.emit('signal:send', { to: 'A'.repeat(22), signal: anOffer() })
  expect(await refused).toMatchObject({ request: 'signal:send', code: 'peer-not-found' })
  expect(ann.facts.map(([name]) => name)).toEqual(['session:opened', 'peer:joined', 'request:refused'])
})

test('[M1] a message is stamped by the server and told to everyone but its sender', async () => {
  const { url } = await startTestServer()
  const [ann, bob, cy] = await fillRoom(url, 'Ann', 'Bob', 'Cy')
  const posted = Promise.all([next(bob.socket, 'chat:posted'), next(cy.socket, 'chat:posted')])
  const message = valueOf(await request(ann.socket, 'chat:send', { nonce: 'nonce-01', text: 'hello' }))
  expect(message).toEqual({
    id: expect.any(Number),
    from: ann.joined.peerId,
    name: 'Ann',
    text: 'hello',
    at: expect.any(Number),
    nonce: 'nonce-01',
  })
  expect(await posted).toEqual([message, message])
  expect(ann.facts.map(([name]) => name)).not.toContain('chat:posted')
})

test('[M2] a message sent again under its nonce is stored and told once', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const first = await request(ann.socket, 'chat:send', { nonce: 'nonce-01', text: 'hello' })
  expect(await request(ann.socket, 'chat:send', { nonce: 'nonce-01', text: 'hello' })).toEqual(first)
  const own = valueOf(await request(bob.socket, 'chat:send', { nonce: 'nonce-01', text: 'mine' }))
  const cy = await joinRoom(url, ann.joined.room.code, 'Cy')
  expect(cy.joined.chat).toEqual([valueOf(first), own])
  expect(bob.facts.filter(([name]) => name === 'chat:posted')).toHaveLength(1)
})

test('[M3] whoever comes late is given the latest messages, oldest first', async () => {
  const fast = { burst: 10_000, perSecond: 10_000 }
  const { url } = await startTestServer({ limits: { chatRate: fast } })
  const [ann] = await fillRoom(url, 'Ann')
  const count = limits.chatHistory + 3
  for (let index = 0; index < count; index += 1)
    valueOf(await request(ann.socket, 'chat:send', { nonce: `message-${index}`, text: String(index) }))
  const bob = await joinRoom(url, ann.joined.room.code, 'Bob')
  expect(bob.joined.chat.map(({ text }) => text)).toEqual(
    Array.from({ length: limits.chatHistory }, (_, index) => String(index + 3)),
  )
  const ids = bob.joined.chat.map(({ id }) => id)
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))
})

test('[M4] nobody chats from outside a room', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillRoom(url, 'Ann')
  valueOf(await request(ann.socket, 'room:leave', {}))
  expect(codeOf(await request(ann.socket, 'chat:send', { nonce: 'nonce-01', text: 'hi' }))).toBe('not-in-room')
})

test('[M5] text keeps its lines and its markup as they are, and loses what can not be seen', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillRoom(url, 'Ann')
  const say = async (nonce: string, text: string) =>
    valueOf(await request(ann.socket, 'chat:send', { nonce, text })).text
  expect(await say('nonce-01', '<img src=x onerror=alert(1)>\r\n\r\n\r\n\u202eok\u0000 ')).toBe(
    '<img src=x onerror=alert(1)>\n\nok',
  )
  expect(await say('nonce-02', `z${'\u0351'.repeat(50)}\ud800`)).toBe(`z${'\u0351'.repeat(4)}`)
  for (const text of ['', ' \n ', '\u200b', 'a'.repeat(limits.chatText + 1)])
    expect(codeOf(await request(ann.socket, 'chat:send', { nonce: 'nonce-03', text }))).toBe('bad-request')
})

const report: Signal = {
  kind: 'report',
  epoch: 'e1',
  toEpoch: null,
  report: { networks: ['192.168.1', 'fd00:0:0:1'], isHidden: false, hasVpn: true, sent: 12, heard: 0, answered: 0 },
}

test('[S7] a report on a link reaches the one it is for, and is not kept for a peer that is away', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const received = next(bob.socket, 'signal:received')
  expect(await request(ann.socket, 'signal:send', { to: bob.joined.peerId, signal: report })).toEqual({
    ok: true,
    value: {},
  })
  expect(await received).toEqual({ from: ann.joined.peerId, signal: report })
  const away = next(ann.socket, 'peer:away')
  bob.socket.disconnect()
  await away
  for (const signal of [report, candidates])
    expect(await request(ann.socket, 'signal:send', { to: bob.joined.peerId, signal })).toEqual({ ok: true, value: {} })
  const back = await connect(url)
  valueOf(await request(back.socket, 'peer:resume', { token: bob.joined.token }))
  await expect
    .poll(() => back.facts.filter(([name]) => name === 'signal:received').map(([, fact]) => fact))
    .toEqual([{ from: ann.joined.peerId, signal: candidates }])
})

test.each([
  ['an address', { networks: ['192.168.1.20'] }],
  ['17 networks', { networks: Array.from({ length: 17 }, () => '10.0.0') }],
  ['a negative count', { sent: -1 }],
  ['a huge count', { heard: 1_000_001 }],
  ['one field more', { name: 'Ann' }],
])('[S7] a report with %s is refused', async (_, part) => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const wrong = { ...report, report: { ...report.report, ...part } } as Signal
  expect(codeOf(await request(ann.socket, 'signal:send', { to: bob.joined.peerId, signal: wrong }))).toBe('bad-request')
  expect(bob.facts.map(([name]) => name)).not.toContain('signal:received')
})
