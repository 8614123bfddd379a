import { expect, test } from 'vitest'
import { codeKey } from '#signalling/cluster/cluster.ts'
import { newPeerId } from '#signalling/domain/peers.ts'
import { settle, startServers } from './forwarding-servers.ts'

test('when the process that answers a socket is gone, the socket is closed, and no other', async () => {
  const { a, b, c, network } = startServers()
  const [ben, cy] = [b.connect(), b.connect()]
  await ben.join(a.openRoom())
  await cy.join(c.openRoom())
  network.kill('a')
  expect([ben.isClosed, cy.isClosed]).toEqual([true, false])
})

test('what was sent to a process that died without a word goes to the next home, as somebody else', async () => {
  const { a, b, c, network, registry } = startServers()
  const code = a.openRoom()
  a.journal.hold()
  const ben = b.connect()
  const joining = ben.join(code, 'Ben')
  ben.say('chat:send', { nonce: 'nonce-one', text: 'hello' })
  await settle()
  const ghost = a.rooms.find(code)?.record.peers[0]?.id
  c.rooms.restore(a.rooms.find(code)!.record, [])
  registry.servers.shift()
  network.kill('a')
  const joined = await joining
  expect(joined.room.peers.map(({ presence }) => presence)).toEqual(['away', 'present'])
  expect([ben.isClosed, joined.peerId === ghost]).toEqual([false, false])
  await settle()
  expect(c.rooms.find(code)?.chat.map(({ text }) => text)).toEqual(['hello'])
})

test('when a process is gone, its clients are away at the home of their room', async () => {
  const { a, b, network } = startServers()
  const code = a.openRoom()
  const [ann, ben] = [a.connect(), b.connect()]
  await ann.join(code)
  const { peerId } = await ben.join(code)
  network.kill('b')
  expect(ann.of('peer:away')).toEqual([{ id: peerId }])
  expect(a.hosting.hosts(codeKey(code))).toBe(true)
  ann.drop()
  expect(a.hosting.hosts(codeKey(code))).toBe(false)
})

test('a socket that ends at one process is lost at the other', async () => {
  const { a, b } = startServers()
  const code = a.openRoom()
  const [ann, ben] = [a.connect(), b.connect()]
  await ann.join(code)
  const { peerId } = await ben.join(code)
  ben.drop()
  await settle()
  expect(ann.of('peer:away')).toEqual([{ id: peerId }])
})

test('nothing is answered or told before it is written, to sockets here and elsewhere', async () => {
  const { a, b } = startServers()
  const code = a.openRoom()
  const ann = a.connect()
  await ann.join(code)
  a.journal.hold()
  const ben = b.connect()
  const joining = ben.join(code)
  await settle()
  expect(a.rooms.find(code)?.size).toBe(2)
  expect([ann.of('peer:joined'), ben.told]).toEqual([[], []])
  a.journal.release()
  await joining
  expect(ann.of('peer:joined')).toHaveLength(1)
})

test('when a home is lost its sockets are closed, and what was not written is never told', async () => {
  const { a, b } = startServers()
  const [code, other] = [a.openRoom(), a.openRoom()]
  const [ann, ben, cy, dan] = [a.connect(), b.connect(), b.connect(), b.connect()]
  for (const client of [ann, ben]) await client.join(code)
  await cy.ask('room:look', { code })
  await dan.join(other)
  const told = [ann, ben, cy].map((client) => client.told.length)
  a.journal.hold()
  ann.say('chat:send', { nonce: 'nonce-one', text: 'one' })
  a.journal.lose(codeKey(code))
  a.hosting.evict(codeKey(code), () => a.rooms.evict(code))
  await settle()
  expect([ann, ben, cy, dan].map(({ isClosed }) => isClosed)).toEqual([true, true, true, false])
  a.journal.release()
  await settle()
  expect([ann, ben, cy].map((client) => client.told.length)).toEqual(told)
})

test('of a place that is lost before it was written nothing is answered, not even a refusal: whoever waits is closed', async () => {
  const { a } = startServers()
  const code = a.openRoom({ capacity: 1 })
  a.journal.hold()
  const [ann, ben] = [a.connect(), a.connect()]
  for (const client of [ann, ben]) client.say('room:join', { code, name: 'x' })
  for (const client of [ann, ben]) void client.ask('room:join', { code, name: 'x' })
  await settle()
  expect([a.rooms.find(code)?.size, a.journal.waiting]).toEqual([1, 3])
  a.journal.lose(codeKey(code))
  a.journal.release()
  expect([ann.told, ben.told]).toEqual([[], []])
  expect([ann.isClosed, ben.isClosed]).toEqual([true, true])
})

test('whoever has just left a place that is lost before that was written is closed, here and elsewhere', async () => {
  const { a, b } = startServers()
  const code = a.openRoom()
  const [ann, ben, cy] = [a.connect(), b.connect(), b.connect()]
  for (const client of [ann, ben, cy]) await client.join(code)
  a.journal.hold()
  for (const client of [ann, ben]) void client.ask('room:leave', {})
  await settle()
  a.hosting.evict(codeKey(code), () => a.rooms.evict(code))
  a.journal.lose(codeKey(code))
  await settle()
  expect([ann, ben, cy].map(({ isClosed }) => isClosed)).toEqual([true, true, true])
})

test('a socket that has to end is told nothing more, also what is about no place', () => {
  const { a } = startServers()
  const told: string[] = []
  const peerId = newPeerId()
  const hosted = a.hosting.open(a.own, {
    ...{ id: 's', address: '192.0.2.1', mayCreate: true, peerId },
    send: (event) => void told.push(event),
    close: () => void told.push('closed'),
  })
  a.journal.hold()
  const acknowledge = () => void told.push('answer')
  hosted.handle({ event: 'ice:refresh', payload: {}, acknowledge, wish: null }, null)
  hosted.evict()
  a.journal.release()
  hosted.handle({ event: 'ice:refresh', payload: {}, acknowledge, wish: null }, null)
  expect(told).toEqual(['closed'])
})

test('a client that comes to a home that has moved on has to come again', async () => {
  const { a, b, c, registry } = startServers()
  const code = c.openRoom()
  const ben = b.connect()
  registry.stale.push({ where: 'there', key: codeKey(code), process: 'a' })
  ben.say('room:join', { code, name: 'Ben' })
  await settle()
  expect(ben.isClosed).toBe(true)
  expect([a.rooms.size, c.rooms.find(code)?.size]).toEqual([0, 0])
})

test('what can not be handed on ends the connection it comes from, and no other', async () => {
  const { a, b } = startServers()
  const code = a.openRoom()
  const [ben, cy] = [b.connect(), b.connect()]
  await ben.join(code)
  await cy.join(code)
  const endless: unknown[] = []
  endless.push(endless)
  ben.say('chat:send', endless)
  await settle()
  expect([ben.isClosed, cy.isClosed]).toEqual([true, false])
  expect(b.logged).toContain('forwarding-fault')
  expect(await cy.ask('chat:send', { nonce: 'nonce-one', text: 'one' })).toMatchObject({ ok: true })
})

test('a message between processes that is not understood is logged, and changes nothing', async () => {
  const { a, b } = startServers()
  const code = a.openRoom()
  const ben = b.connect()
  await ben.join(code)
  for (const message of [null, 7, {}, { kind: 'packet' }, { kind: 'sent', id: 'x' }, { kind: 'open', id: 9 }])
    b.desk.post('a', 'sockets', message)
  // About nothing that is there.
  b.desk.post('a', 'sockets', { kind: 'lost', id: 99 })
  b.desk.post('a', 'sockets', { kind: 'packet', id: 99, event: 'room:leave', ask: null, wish: null })
  b.desk.post('a', 'sockets', { kind: 'open', id: 98, system: 'unknown', socket: socketOf() })
  await settle()
  expect(a.logged.filter((event) => event === 'mail-fault')).toHaveLength(6)
  expect(await ben.ask('ice:refresh', {})).toMatchObject({ ok: true })
  expect(a.rooms.find(code)?.size).toBe(1)
})

const socketOf = () => ({ id: 's', address: '192.0.2.1', mayCreate: true, peerId: newPeerId() })

test('a process says nothing for another than the one that answers the socket', async () => {
  const { a, b, c } = startServers()
  const ben = b.connect()
  await ben.join(a.openRoom())
  const told = ben.told.length
  for (let id = 0; id < 5; id += 1) {
    c.desk.post('b', 'sockets', { kind: 'sent', id, event: 'session:replaced' })
    c.desk.post('b', 'sockets', { kind: 'closed', id })
  }
  await settle()
  expect([ben.told.length, ben.isClosed]).toEqual([told, false])
})

test('a process answers no more connections of others than it is allowed to', async () => {
  const { a, b } = startServers({ limits: { clusterConnections: 2 } })
  const code = a.openRoom()
  const [ann, ben, cy] = [b.connect(), b.connect(), b.connect()]
  await ann.join(code)
  await ben.join(code)
  cy.say('room:join', { code, name: 'Cy' })
  await settle()
  expect([ann, ben, cy].map(({ isClosed }) => isClosed)).toEqual([false, false, true])
  ann.drop()
  await settle()
  await b.connect().join(code, 'Dan')
})
