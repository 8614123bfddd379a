import { expect, it } from 'vitest'
import { limits } from '#signalling/protocol.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { TokenBucket } from '#renderer/call/token-bucket.ts'
import { fakeTime, joinedWith, makeTunnel, message, offer, pass, patience } from './tunnel-ends.ts'

it('leaves the oldest messages out of a chat that does not go over the link', async () => {
  const chat = Array.from({ length: limits.chatHistory }, (_, id) => message(id, 'ü"\n'.repeat(600)))
  const { guest, wire } = makeTunnel({ answers: () => ({ ok: true, value: joinedWith(chat) }) })
  await guest.connect(patience)
  const joined = await guest.request('peer:resume', { token: 'token' })
  if (!joined.ok) throw new Error(joined.code)
  expect(joined.value.chat.length).toBeGreaterThan(15)
  expect(joined.value.chat.at(-1)!.id).toBe(limits.chatHistory - 1)
  expect(joined.value.chat[0]!.id).toBe(limits.chatHistory - joined.value.chat.length)
  expect(wire.malformed).toEqual([])
  const answer = wire.toGuest.find(({ kind }) => kind === 'tunnel-answer')
  expect(JSON.stringify(answer).length).toBeLessThanOrEqual(limits.frameBytes)
})

it('keeps all of a chat that does', async () => {
  const chat = Array.from({ length: limits.chatHistory }, (_, id) => message(id))
  const { guest } = makeTunnel({ answers: () => ({ ok: true, value: joinedWith(chat) }) })
  await guest.connect(patience)
  const joined = await guest.request('room:join', { code: 'k7mq2xvd9thr', name: 'Ada' })
  expect(joined.ok && joined.value.chat).toEqual(chat)
})

it('refuses an answer that no control channel would carry', async () => {
  const text = 'x'.repeat(limits.documentText)
  const value = { kind: 'report', format: 'text', at: 1, size: text.length, text }
  const { guest, wire } = makeTunnel({ answers: () => ({ ok: true, value }) })
  await guest.connect(patience)
  expect(await guest.request('document:read', { kind: 'report' })).toMatchObject({ ok: false, code: 'internal' })
  expect(wire.malformed).toEqual([])
})

it('refuses a request of its own that no control channel would carry', async () => {
  const { far, guest, wire } = makeTunnel()
  await guest.connect(patience)
  const text = 'x'.repeat(limits.frameBytes)
  expect(await guest.request('chat:send', { nonce: 'nonce-of-ada', text })).toMatchObject({
    ok: false,
    code: 'bad-request',
  })
  expect(far[0]!.requests).toEqual([])
  expect(wire.malformed).toEqual([])
})

it('stays below what a control channel bears, whatever the server tells at once, and in its order', async () => {
  fakeTime()
  const channel = new TokenBucket({ burst: 200, perSecond: 50 })
  let flooded = 0
  const { far, guest } = makeTunnel({
    onWord: () => {
      if (!channel.take()) flooded++
    },
  })
  await guest.connect(patience)
  const heard: number[] = []
  guest.on('chat:posted', ({ id }) => heard.push(id))
  for (let id = 0; id < 350; id++) far[0]!.events.emit('chat:posted', message(id))
  await pass(0)
  expect(heard.length).toBeLessThanOrEqual(100)
  await pass(20_000)
  expect(heard).toEqual(Array.from({ length: 350 }, (_, id) => id))
  expect(flooded).toBe(0)
})

it('keeps what the link does not take now', async () => {
  fakeTime()
  const { far, guest, wire } = makeTunnel()
  await guest.connect(patience)
  const heard: number[] = []
  guest.on('chat:posted', ({ id }) => heard.push(id))
  wire.isUp = false
  for (const id of [1, 2]) far[0]!.events.emit('chat:posted', message(id))
  await pass(2000)
  wire.isUp = true
  far[0]!.events.emit('chat:posted', message(3))
  await pass(200)
  expect(heard).toEqual([1, 2, 3])
})

it.for([
  { what: 'too many words', text: 'short' },
  { what: 'too large ones', text: 'x'.repeat(limits.chatText) },
])('closes a tunnel for which $what wait, and the guest comes back', async ({ text }) => {
  fakeTime()
  const { far, guest, heard } = makeTunnel()
  await guest.connect(patience)
  const posted: number[] = []
  guest.on('chat:posted', ({ id }) => posted.push(id))
  for (let id = 0; id < 1000; id++) far[0]!.events.emit('chat:posted', message(id, text))
  expect(far[0]!.isClosed).toBe(true)
  await pass(3000)
  expect(heard).toEqual(['lost', `opened ${far[1]!.session.peerId}`])
  expect(posted.length).toBeLessThanOrEqual(100)
  expect(guest.isOnline).toBe(true)
})

it('paces what the guest asks, too', async () => {
  fakeTime()
  const { far, guest, wire } = makeTunnel()
  await guest.connect(patience)
  const to = randomId()
  for (let count = 0; count < 300; count++) guest.sendSignal(to, offer)
  await pass(0)
  expect(wire.toHost.length).toBeLessThanOrEqual(100)
  await pass(10_000)
  expect(far[0]!.signals).toHaveLength(300)
})
