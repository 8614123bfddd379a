import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { codeKey } from '#signalling/cluster/cluster.ts'
import { IceServers } from '#signalling/domain/turn-credentials.ts'
import { Access } from '#signalling/http/access.ts'
import { Addresses } from '#signalling/http/addresses.ts'
import { Hosts } from '#signalling/http/hosts.ts'
import { SocketIoTransport } from '#signalling/transports/socket-io.ts'
import { anOffer, codeOf, connect, createSocket, joinRoom, next, request } from '../../../helpers/signalling-client.ts'
import { settle, startServers, type Server } from './forwarding-servers.ts'

/** Lets real sockets come to one of the processes. */
const listen = async (server: Server, limits: ReturnType<typeof startServers>['limits']) => {
  const { clock, rooms, forwarding, dialects, tally } = server
  const http = createServer()
  const transport = new SocketIoTransport({
    ...{ http, clock, rooms, forwarding, dialects, tally, limits, log: () => undefined },
    hosts: new Hosts([]),
    addresses: new Addresses(limits, clock),
    access: new Access(null),
    ice: new IceServers([], null, clock),
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return { transport, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` }
}

const start = async (...changes: Parameters<typeof startServers>) => {
  const servers = startServers(...changes)
  const [atA, atB] = [await listen(servers.a, servers.limits), await listen(servers.b, servers.limits)]
  return { ...servers, atA, atB }
}

test('clients at two processes meet, under the ids that each was told when it connected', async () => {
  const { a, atA, atB } = await start()
  const code = a.openRoom()
  const [ann, ben] = [await joinRoom(atA.url, code, 'Ann'), await joinRoom(atB.url, code, 'Ben')]
  expect([ann.joined.peerId, ben.joined.peerId]).toEqual([ann.session.peerId, ben.session.peerId])
  const received = next(ann.socket, 'signal:received')
  ben.socket.emit('signal:send', { to: ann.joined.peerId, signal: anOffer() })
  expect(await received).toMatchObject({ from: ben.joined.peerId })
})

test('[B2] [A3] rates and shapes are held to where the socket is, before anything is handed on', async () => {
  const { a, b, atB } = await start({ limits: { chatRate: { burst: 1, perSecond: 0.001 } } })
  const ben = await joinRoom(atB.url, a.openRoom(), 'Ben')
  const say = () => request(ben.socket, 'chat:send', { nonce: 'nonce-one', text: 'one' })
  expect([(await say()).ok, codeOf(await say())]).toEqual([true, 'too-many-requests'])
  const emit = ben.socket.emitWithAck.bind(ben.socket) as (...args: unknown[]) => Promise<unknown>
  expect(await emit('ice:refresh', {}, {})).toMatchObject({ code: 'bad-request' })
  expect(await emit('no such thing', {})).toMatchObject({ code: 'bad-request' })
  expect(b.tally.refused.get('bad-request')).toBe(2)
})

test('[A4] what nobody asked an answer for and nobody knows is ignored', async () => {
  const { a, atB } = await start()
  const ben = await joinRoom(atB.url, a.openRoom(), 'Ben')
  ;(ben.socket.emit as (name: string, payload: unknown) => void)('no such thing', {})
  expect((await request(ben.socket, 'ice:refresh', {})).ok).toBe(true)
  expect(ben.facts.map(([name]) => name)).toEqual(['session:opened'])
})

test('when the home is lost or gone, its clients come again by themselves', async () => {
  const { a, b, c, network, atB } = await start()
  const [code, other, own] = [a.openRoom(), c.openRoom(), b.openRoom()]
  const [ben, cy, dan] = [
    await joinRoom(atB.url, code, 'Ben'),
    await joinRoom(atB.url, other, 'Cy'),
    await joinRoom(atB.url, own, 'Dan'),
  ]
  for (const { socket } of [ben, cy, dan]) socket.io.reconnection(true)
  const opened = [ben, cy, dan].map(({ socket }) => next(socket, 'session:opened'))
  a.hosting.evict(codeKey(code), () => a.rooms.evict(code))
  network.kill('c')
  b.hosting.evict(codeKey(own), () => b.rooms.evict(own))
  for (const [at, client] of [ben, cy, dan].entries())
    expect((await opened[at])?.peerId).not.toBe(client.session.peerId)
  // The others of a room that lives on are told.
  expect(dan.socket.connected).toBe(true)
})

test('a client of another system comes again, too', async () => {
  const { a, atB } = await start()
  const ann = a.connectTo('appointments')
  await ann.ask('join_room', { appointment_id: 'x', name: 'Ann' })
  const socket = createSocket(atB.url, { auth: {}, reconnection: true })
  socket.connect()
  await next(socket, 'session:opened')
  const emit = socket.emitWithAck.bind(socket) as (...args: unknown[]) => Promise<unknown>
  expect(await emit('join_room', { appointment_id: 'x', name: 'Ben' })).toMatchObject({ opponent_name: 'Ann' })
  const again = next(socket, 'session:opened')
  a.hosting.evict('name:x', () => undefined)
  await again
  expect(ann.isClosed).toBe(true)
})

test('[C10] a process that stops hands nothing on, and says nobody has left', async () => {
  const { a, atB } = await start()
  const code = a.openRoom()
  const ann = a.connect()
  await ann.join(code)
  const ben = await joinRoom(atB.url, code, 'Ben')
  atB.transport.announceStop()
  expect(codeOf(await request(ben.socket, 'room:leave', {}))).toBe('server-stopping')
  ben.socket.disconnect()
  await vi.waitFor(() => expect(atB.transport.connections().get('websocket')).toBe(0))
  await settle()
  expect(a.rooms.find(code)?.view.peers.map(({ presence }) => presence)).toEqual(['present', 'present'])
  expect(ann.of('peer:away')).toEqual([])
})

test('[L5] a socket that ends is lost at the home of its room', async () => {
  const { a, atB } = await start()
  const code = a.openRoom()
  const ann = await joinRoom((await listen(a, startServers().limits)).url, code, 'Ann')
  const ben = await joinRoom(atB.url, code, 'Ben')
  const away = next(ann.socket, 'peer:away')
  ben.socket.io.engine.close()
  expect(await away).toEqual({ id: ben.joined.peerId })
})

test('who looks is told of changes at another process', async () => {
  const { a, atB } = await start()
  const code = a.openRoom()
  const ben = await connect(atB.url)
  expect((await request(ben.socket, 'room:look', { code })).ok).toBe(true)
  const changed = next(ben.socket, 'room:changed')
  await a.connect().join(code, 'Ann')
  expect(await changed).toMatchObject({ peers: [{ name: 'Ann' }] })
})
