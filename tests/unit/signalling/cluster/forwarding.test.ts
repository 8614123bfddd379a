import { expect, test } from 'vitest'
import { codeKey } from '#signalling/cluster/cluster.ts'
import { newPeerId } from '#signalling/domain/peers.ts'
import { anOffer } from '../../../helpers/signalling-client.ts'
import { settle, startServers } from './forwarding-servers.ts'

test('people at different processes meet in one room', async () => {
  const { a, b, c } = startServers()
  const code = a.openRoom()
  const [ann, ben, cy] = [a.connect(), b.connect(), c.connect()]
  await ann.join(code, 'Ann')
  await ben.join(code, 'Ben')
  const joined = await cy.join(code, 'Cy')
  expect(joined.room.peers.map(({ name }) => name)).toEqual(['Ann', 'Ben', 'Cy'])
  await settle()
  expect(ann.of('peer:joined')).toMatchObject([{ name: 'Ben' }, { name: 'Cy' }])
  expect(ben.of('peer:joined')).toMatchObject([{ name: 'Cy' }])
})

test('a room never takes more than its capacity, whichever processes they come to', async () => {
  const { a, b, c } = startServers()
  const code = b.openRoom({ capacity: 4 })
  const clients = [a, b, c].flatMap((server) => Array.from({ length: 4 }, () => server.connect()))
  const answers = await Promise.all(clients.map((client) => client.ask('room:join', { code, name: 'x' })))
  expect(answers.filter((answer) => (answer as { ok: boolean }).ok)).toHaveLength(4)
  expect(answers.filter((answer) => (answer as { code?: string }).code === 'room-full')).toHaveLength(8)
})

test('signals go both ways between processes, in the order they were sent', async () => {
  const { a, b } = startServers()
  const code = a.openRoom()
  const [ann, ben] = [a.connect(), b.connect()]
  const [{ peerId: annId }, { peerId: benId }] = [await ann.join(code), await ben.join(code)]
  for (let at = 0; at < 50; at += 1) {
    ann.say('signal:send', { to: benId, signal: anOffer(`a${at}`) })
    ben.say('signal:send', { to: annId, signal: anOffer(`b${at}`) })
  }
  await settle()
  const epochs = (signals: unknown[]) => signals.map((each) => (each as { signal: { epoch: string } }).signal.epoch)
  expect(epochs(ben.of('signal:received'))).toEqual(Array.from({ length: 50 }, (_, at) => `a${at}`))
  expect(epochs(ann.of('signal:received'))).toEqual(Array.from({ length: 50 }, (_, at) => `b${at}`))
})

test('each request is answered once, with what the home of the room answers', async () => {
  const { a, b } = startServers()
  const ben = b.connect()
  await ben.join(a.openRoom(), 'Ben')
  const nonces = Array.from({ length: 10 }, (_, at) => `nonce-${at}-x`)
  const answers = await Promise.all(nonces.map((nonce) => ben.ask('chat:send', { nonce, text: nonce })))
  expect(answers).toMatchObject(nonces.map((nonce) => ({ ok: true, value: { nonce, name: 'Ben' } })))
  await settle()
  expect(ben.of('answer')).toHaveLength(11)
})

test('[A1] the answer comes before the facts that the request causes for its sender', async () => {
  const { a, b } = startServers()
  const code = a.openRoom()
  const [ann, ben] = [a.connect(), b.connect()]
  await ann.join(code)
  const { peerId, token } = await ben.join(code, 'Ben')
  ben.drop()
  await settle()
  ann.say('signal:send', { to: peerId, signal: anOffer() })
  const again = b.connect()
  expect(await again.ask('peer:resume', { token })).toMatchObject({ ok: true, value: { peerId } })
  await settle()
  expect(again.names).toEqual(['answer', 'signal:received'])
})

test('[A2] what is refused without an acknowledgement is said as a fact', async () => {
  const { a, b } = startServers()
  const ben = b.connect()
  await ben.join(a.openRoom())
  ben.say('signal:send', { to: newPeerId(), signal: anOffer() })
  await settle()
  expect(ben.of('request:refused')).toMatchObject([{ request: 'signal:send', code: 'peer-not-found' }])
})

test('whoever looks here and joins there keeps the id that it was told', async () => {
  const { a, b, c } = startServers()
  const peerId = newPeerId()
  const cy = c.connect(peerId)
  const [atA, atB] = [a.openRoom(), b.openRoom()]
  expect(await cy.ask('room:look', { code: atA })).toMatchObject({ ok: true, value: { code: atA } })
  expect(await cy.ask('room:look', { code: atB })).toMatchObject({ ok: true, value: { code: atB } })
  expect(await cy.join(atA)).toMatchObject({ peerId })
  await settle()
  expect(a.rooms.find(atA)?.size).toBe(1)
  // Nobody looks at the other room any more.
  await b.connect().join(atB)
  await settle()
  expect(cy.of('room:changed')).toEqual([])
})

test('[L4] after leaving somebody new joins at the next home, once', async () => {
  const { a, b, c } = startServers()
  for (const next of [b, c]) {
    const cy = c.connect()
    const { peerId } = await cy.join(a.openRoom())
    expect(await cy.ask('room:leave', {})).toMatchObject({ ok: true })
    expect((await cy.join(next.openRoom())).peerId).not.toBe(peerId)
  }
})

test('a room made here can be joined from everywhere', async () => {
  const { a, b } = startServers()
  const made = (await a.connect().ask('room:create', { capacity: 2 })) as { value: { code: string } }
  expect(await b.connect().join(made.value.code)).toMatchObject({ room: { capacity: 2 } })
})

test('[J8] what is sent right behind the join waits with it for the home, in its order', async () => {
  const { a, b, registry } = startServers()
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const code = a.openRoom()
  registry.away = promise
  const ben = b.connect()
  const answers = [
    ben.ask('room:join', { code, name: 'Ben' }),
    ben.ask('chat:send', { nonce: 'nonce-one', text: 'one' }),
    ben.ask('ice:refresh', {}),
    ben.ask('chat:send', { nonce: 'nonce-two', text: 'two' }),
  ]
  await settle()
  expect(ben.told).toEqual([])
  resolve(undefined)
  expect(await Promise.all(answers)).toMatchObject([
    { value: { room: { code } } },
    { value: { text: 'one' } },
    { value: { iceServers: [] } },
    { value: { text: 'two' } },
  ])
  expect(ben.of('answer')).toMatchObject([
    { value: { room: { code } } },
    { value: { text: 'one' } },
    {},
    { value: { text: 'two' } },
  ])
})

test('of too many that wait for the home, all are dropped and the client has to come again', async () => {
  const { a, b, registry } = startServers({ limits: { clusterWaitingPackets: 8 } })
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const code = a.openRoom()
  registry.away = promise
  const ben = b.connect()
  ben.say('room:join', { code, name: 'Ben' })
  for (let at = 0; at < 8; at += 1) ben.say('room:leave', {})
  expect(ben.isClosed).toBe(false)
  ben.say('room:leave', {})
  expect(ben.isClosed).toBe(true)
  resolve(undefined)
  await settle()
  expect(a.rooms.find(code)?.size).toBe(0)
})

test('a client that never lets its requests be answered is cut off', async () => {
  const { a, b } = startServers({ limits: { clusterWaitingPackets: 8 } })
  const ben = b.connect()
  await ben.join(a.openRoom())
  a.journal.hold()
  for (let at = 0; at < 8; at += 1) void ben.ask('ice:refresh', {})
  await settle()
  expect(ben.isClosed).toBe(false)
  void ben.ask('ice:refresh', {})
  expect(ben.isClosed).toBe(true)
})

test('a socket that ends while its home is looked for comes in nowhere', async () => {
  const { a, b, registry } = startServers()
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const code = a.openRoom()
  registry.away = promise
  const [ann, ben] = [a.connect(), b.connect()]
  for (const client of [ann, ben]) client.say('room:join', { code, name: 'x' })
  for (const client of [ann, ben]) client.drop()
  resolve(undefined)
  await settle()
  expect(a.rooms.find(code)?.size).toBe(0)
})

test('at home a signal goes straight through, without a promise', async () => {
  const { a, registry } = startServers()
  const code = a.openRoom()
  const [ann, ben] = [a.connect(), a.connect()]
  await ann.join(code)
  const { peerId } = await ben.join(code)
  const asked = registry.asked.length
  ann.say('signal:send', { to: peerId, signal: anOffer() })
  expect(ben.of('signal:received')).toHaveLength(1)
  expect(registry.asked).toHaveLength(asked)
})

test('[J6] whoever is inside stays there and is refused, wherever the other room is', async () => {
  const { a, b } = startServers()
  const [ann, ben] = [a.connect(), b.connect()]
  const [atA, atB] = [a.openRoom(), b.openRoom()]
  for (const client of [ann, ben]) await client.join(atA)
  for (const client of [ann, ben]) {
    expect(await client.ask('room:join', { code: atB, name: 'x' })).toMatchObject({ code: 'already-in-room' })
    expect(await client.ask('room:look', { code: atB })).toMatchObject({ code: 'already-in-room' })
    expect(await client.ask('peer:resume', { token: 'x' })).toMatchObject({ code: 'already-in-room' })
  }
  expect([a.rooms.find(atA)?.size, b.rooms.find(atB)?.size]).toEqual([2, 0])
})

test('[J10] a look at a room that there is nowhere is refused, and the former one goes on', async () => {
  const { a, b } = startServers()
  const code = a.openRoom()
  const ben = b.connect()
  await ben.ask('room:look', { code })
  expect(await ben.ask('room:look', { code: '000000000000' })).toMatchObject({ code: 'room-not-found' })
  await a.connect().join(code)
  await settle()
  expect(ben.of('room:changed')).toMatchObject([{ code }])
})

test('a payload that is not well formed is refused where the connection is, and nothing is looked for', async () => {
  const { a, b, registry } = startServers()
  const ben = b.connect()
  for (const payload of [[], null, 7, { code: '' }, { code: 'x' }, [{ code: a.openRoom(), name: 'x' }]])
    expect(await ben.ask('room:join', payload)).toMatchObject({ code: 'bad-request' })
  expect(registry.asked).toEqual([])
})

test('[R10] what has expired can not be resumed, asked for with an acknowledgement or without', async () => {
  const { a, b, registry } = startServers()
  const code = a.openRoom()
  const { token } = await a.connect().join(code)
  registry.expired.add(code)
  const ben = b.connect()
  expect(await ben.ask('peer:resume', { token })).toMatchObject({ ok: false, code: 'resume-refused' })
  ben.say('peer:resume', { token })
  await settle()
  expect(ben.of('request:refused')).toMatchObject([{ request: 'peer:resume', code: 'resume-refused' }])
  expect(await ben.ask('peer:resume', { token: 'forged' })).toMatchObject({ ok: false, code: 'resume-refused' })
  expect(b.tally.refused.get('resume-refused')).toBe(3)
})

test('whoever asks for the same again is handed on at once, and looks for it once', async () => {
  const { a, b, registry } = startServers()
  const code = a.openRoom()
  const ben = b.connect()
  await ben.ask('room:look', { code })
  const asked = registry.asked.length
  await ben.join(code)
  // The home looks for itself whether it still is.
  expect(registry.asked.length - asked).toBe(1)
})

test('the server is told of each place that something was done about, or that was left, at its home', async () => {
  const { a, b } = startServers()
  const code = a.openRoom()
  const ben = b.connect()
  await ben.join(code)
  await settle()
  expect([a.settled, b.settled]).toEqual([[codeKey(code)], []])
  ben.drop()
  await settle()
  expect(a.settled).toEqual([codeKey(code), codeKey(code)])
})

test('[E4] where several processes are one server nobody stands for a room, nor has one adopted', async () => {
  const { a, b } = startServers()
  const ben = b.connect()
  const { succession, peerId: you } = await ben.join(a.openRoom(), 'Ben')
  expect(succession).toBeUndefined()
  const refused = { ok: false, code: 'bad-request', message: expect.stringMatching(/go(es)? on with/) }
  expect(await ben.ask('heir:stand', { pin: 'p'.repeat(43) })).toEqual(refused)
  const will = [{ key: 'k'.repeat(122), signature: 's'.repeat(86) }]
  const adoption = { ownerKey: 'o'.repeat(22), code: 'k7mq2xvd9thr', estate: '{}', will, you }
  expect(await ben.ask('room:adopt', { ...adoption, people: [{ id: you, name: 'Ben' }] })).toEqual(refused)
})
