import { expect, test } from 'vitest'
import { limits as wire } from '#signalling/protocol.ts'
import type { Log } from '#signalling/server.ts'
import {
  anOffer,
  closed,
  codeOf,
  connect,
  createRoom,
  fillRoom,
  joinRoom,
  next,
  request,
  startTestServer,
  valueOf,
} from '../helpers/signalling-client.ts'
import { openRawSession, upgrade } from '../helpers/signalling-raw.ts'

test('[B1] a frame above the limit ends that connection and no other', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const away = next(bob.socket, 'peer:away')
  ann.socket.emit('signal:send', { to: bob.joined.peerId, signal: anOffer('e', 'a'.repeat(wire.frameBytes)) })
  await closed(ann.socket)
  expect(await away).toEqual({ id: ann.joined.peerId })
  valueOf(await request(bob.socket, 'chat:send', { nonce: 'nonce-01', text: 'still here' }))
})

test('[B1] the largest description there may be goes through', async () => {
  const { url } = await startTestServer()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const received = next(bob.socket, 'signal:received')
  ann.socket.emit('signal:send', { to: bob.joined.peerId, signal: anOffer('e', 'a'.repeat(wire.sdp)) })
  expect((await received).signal).toMatchObject({ sdp: 'a'.repeat(wire.sdp) })
})

test('[B2] requests beyond the rate are refused before they are read, each kind for itself', async () => {
  const slow = { burst: 3, perSecond: 0.001 }
  const { url } = await startTestServer({ limits: { roomRate: slow, chatRate: slow } })
  const [ann] = await fillRoom(url, 'Ann')
  valueOf(await request(ann.socket, 'room:create', {}))
  expect(codeOf(await request(ann.socket, 'room:create', {}))).toBe('too-many-requests')
  expect(codeOf(await request(ann.socket, 'room:create', 'nonsense' as never))).toBe('too-many-requests')
  valueOf(await request(ann.socket, 'chat:send', { nonce: 'nonce-01', text: 'hi' }))
})

test('[B3] a flood ends the connection, and its address is kept out for a while', async () => {
  const slow = { burst: 5, perSecond: 0.001 }
  const events: string[] = []
  const log: Log = (level, event) => {
    if (level !== 'info') events.push(event)
  }
  const { url } = await startTestServer({
    log,
    limits: { signalRate: slow, isLoopbackExempt: false, penaltyMs: 300 },
  })
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const away = next(ann.socket, 'peer:away')
  for (let count = 0; count < 20; count += 1)
    bob.socket.emit('signal:send', { to: ann.joined.peerId, signal: anOffer() })
  await away
  expect(events).toEqual(['flood-cut'])
  expect(await upgrade(url)).toBe(503)
  await expect.poll(() => upgrade(url)).toBe(101)
  expect(ann.facts.filter(([name]) => name === 'signal:received')).toHaveLength(5)
})

test('[B3] a flood of events nobody knows ends the connection', async () => {
  const { url } = await startTestServer()
  const { socket } = await connect(url)
  for (let count = 0; count < 1000; count += 1) socket.emit('what' as 'room:leave', {}, () => undefined)
  await closed(socket)
})

test('[B4] an address, and all together, have so many connections and no more', async () => {
  const few = await startTestServer({ limits: { connectionsPerAddress: 2, isLoopbackExempt: false } })
  const { socket } = await connect(few.url)
  await connect(few.url)
  expect(await upgrade(few.url)).toBe(503)
  socket.close()
  await expect.poll(() => upgrade(few.url)).toBe(101)

  const small = await startTestServer({ limits: { connections: 1 } })
  await connect(small.url)
  expect(await upgrade(small.url)).toBe(503)
})

test('[B4] an address may not connect without pause', async () => {
  const connectRate = { burst: 2, perSecond: 0.001 }
  const { url } = await startTestServer({ limits: { connectRate, isLoopbackExempt: false } })
  expect([await upgrade(url), await upgrade(url), await upgrade(url)]).toEqual([101, 101, 503])
})

test('[B5] a connection that does not read what it is sent is cut', async () => {
  const fast = { burst: 1e6, perSecond: 1e6 }
  const { url } = await startTestServer({ limits: { signalRate: fast } })
  const [ann] = await fillRoom(url, 'Ann')
  const bob = await joinRoom(url, ann.joined.room.code, 'Bob')
  const { ws } = bob.socket.io.engine.transport as unknown as { ws: { pause: () => void } }
  ws.pause()
  const large = anOffer('e', 'a'.repeat(wire.sdp))
  const gone = next(ann.socket, 'peer:away')
  const flooding = setInterval(() => {
    for (let count = 0; count < 50; count += 1) ann.socket.emit('signal:send', { to: bob.joined.peerId, signal: large })
  }, 5)
  try {
    expect(await gone).toEqual({ id: bob.joined.peerId })
  } finally {
    clearInterval(flooding)
  }
})

test('[B5] a raw client that asks and never reads its answers is cut as well', async () => {
  const fast = { burst: 1e6, perSecond: 1e6 }
  const { url } = await startTestServer({ limits: { roomRate: fast, queuedPackets: 5 } })
  const raw = await openRawSession(url)
  const code = await createRoom((await connect(url)).socket)
  // All in one turn of the loop: what is answered to them has to wait.
  for (let id = 0; id < 500; id += 1) raw.send(`42${id}${JSON.stringify(['room:look', { code }])}`)
  await raw.closed
})
