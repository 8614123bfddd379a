import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { nameKey } from '#signalling/cluster/cluster.ts'
import { joinSseSession, post, RawStream, SseClient } from '../../../integration/dialects/sse-sessions-client.ts'
import { begin, LOST, register, start } from './exchange-servers.ts'
import type { Joined } from './joined-servers.ts'

test('when the home dies its streams end, and who waits for an answer is told to try again', async () => {
  const { a, b, network } = await start()
  await register(b, 'door')
  const stream = await RawStream.open(`${b.url}/events/s/door`)
  const over = stream.message()
  a.journal.hold()
  const waiting = begin(`${b.url}/register/s/desk`)
  await expect.poll(() => a.journal.waiting).toBeGreaterThan(0)
  network.kill('a')
  expect(await waiting).toEqual(LOST)
  expect(await over).toBeNull()
})

test('when a process dies, the home lets go of what came from there', async () => {
  const { a, b, network } = await start()
  await register(b, 'door')
  await RawStream.open(`${b.url}/events/s/door`)
  expect(a.addresses.connections).toBe(1)
  network.kill('b')
  expect(a.addresses.connections).toBe(0)
})

test('what can be asked twice without harm is asked at the next home when the first dies before it answered', async () => {
  const { a, b, c, network, registry } = await start()
  const document = `${b.url}/api/v1/signalling/documents/visit/report`
  registry.homes.set(nameKey('visit'), 'a')
  a.journal.hold()
  const headers = { 'Content-Type': 'application/json' }
  const waiting = fetch(document, { method: 'PUT', headers, body: '{"text":"All is well."}' })
  await expect.poll(() => a.journal.waiting).toBeGreaterThan(0)
  registry.homes.set(nameKey('visit'), 'c')
  network.kill('a')
  expect((await waiting).status).toBe(200)
  const create = await post(`${c.url}/api/v1/signalling/appointments`, { appointment_id: 'visit' })
  expect(create.status).toBe(409)
})

test('who is no longer the home cuts its streams and answers nothing that was not written', async () => {
  const { a, b } = await start()
  await register(a, 'desk')
  await register(b, 'door')
  const streams = [await RawStream.open(`${a.url}/events/s/desk`), await RawStream.open(`${b.url}/events/s/door`)]
  for (const stream of streams) await stream.block()
  a.journal.hold()
  const asked = [a, b].map(({ url }, at) => begin(`${url}/register/s/late-${at}`))
  await expect.poll(() => a.rooms.find('s')?.size).toBe(4)
  a.journal.lose(nameKey('s'))
  a.exchanges!.evict(nameKey('s'))
  a.journal.release()
  expect(await Promise.all(asked)).toEqual([LOST, LOST])
  for (const stream of streams) {
    const blocks: string[] = []
    for (let block = await stream.block(); block !== null; block = await stream.block()) blocks.push(block)
    expect(blocks.join()).not.toContain('late')
  }
})

test('a home that has moved since it was found is found again', async () => {
  const { a, b, c, registry } = await start()
  registry.homes.set(nameKey('s'), 'c')
  registry.stale.push({ where: 'there', key: nameKey('s'), process: 'a' })
  await register(b, 'door')
  expect([a.rooms.size, c.rooms.size]).toEqual([0, 1])
  registry.homes.set(nameKey('t'), 'b')
  registry.stale.push({ where: 'there', key: nameKey('t'), process: 'a' })
  expect((await new SseClient(b.url, 't', 'door').register()).status).toBe(200)
  expect(b.rooms.size).toBe(1)
})

test('when the home moves while the body comes, the request goes where it is then', async () => {
  const { a, b, registry } = await start()
  registry.homes.set(nameKey('visit'), 'a')
  const headers = { 'Content-Type': 'application/json' }
  const asked = request(`${a.url}/api/v1/signalling/documents/visit/report`, { method: 'PUT', headers })
  const answered = once(asked, 'response')
  asked.write('{"text":')
  await expect.poll(() => registry.finds).toBe(1)
  registry.homes.set(nameKey('visit'), 'b')
  asked.end('"All is well."}')
  const [{ statusCode }] = (await answered) as [IncomingMessage]
  expect(statusCode).toBe(200)
  const create = (joined: Joined) => post(`${joined.url}/api/v1/signalling/appointments`, { appointment_id: 'visit' })
  expect((await create(b)).status).toBe(409)
  registry.homes.set(nameKey('visit'), 'a')
  expect((await create(a)).status).toBe(200)
})

test('a home that nobody finds is not looked for without end', async () => {
  const { b, registry } = await start()
  registry.stale.push({ where: 'there', key: nameKey('s'), process: 'a' })
  for (let at = 0; at < 9; at++)
    registry.stale.push({ where: 'there', key: nameKey('s'), process: at % 2 === 0 ? 'c' : 'a' })
  expect(await begin(`${b.url}/register/s/door`)).toEqual(LOST)
})

test('a client that leaves before the home is found leaves nothing behind', async () => {
  const { a, b, registry } = await start()
  const { promise, resolve } = Promise.withResolvers<undefined>()
  registry.away = promise
  const client = new AbortController()
  const asked = begin(`${b.url}/register/s/door`, client.signal).catch(() => 'aborted')
  const others = begin(`${b.url}/register/s/desk`)
  await expect.poll(() => [registry.finds, b.open.size]).toEqual([2, 2])
  client.abort()
  expect(await asked).toBe('aborted')
  await expect.poll(() => b.open.size).toBe(1)
  resolve(undefined)
  expect((await others).status).toBe(200)
  expect(a.rooms.find('s')?.size).toBe(1)
})

test('more requests than are handled elsewhere at a time are refused', async () => {
  const { a, b } = await start({ limits: { clusterExchanges: 1 } })
  await register(b, 'door')
  const stream = await RawStream.open(`${b.url}/events/s/door`)
  const refused = { status: 503, body: { message: 'The server has no room for more.' } }
  expect(await begin(`${b.url}/register/s/desk`)).toEqual(refused)
  expect((await begin(`${a.url}/register/s/desk`)).status).toBe(200)
  stream.drop()
  await expect.poll(async () => (await begin(`${b.url}/register/s/gate`)).status).toBe(200)
})

test('a server that stops answers what is open, here and at the others', async () => {
  const { a, b } = await start()
  a.journal.hold()
  const asked = [a, b].map(({ url }, at) => begin(`${url}/register/s/door-${at}`))
  await expect.poll(() => a.journal.waiting).toBe(2)
  a.exchanges!.close()
  expect(await Promise.all(asked)).toEqual([LOST, LOST])
  expect((await begin(`${a.url}/register/s/late`)).status).toBe(503)
  b.exchanges!.close()
  expect(await begin(`${b.url}/register/s/late`)).toEqual({ status: 503, body: { message: 'The server is stopping.' } })
})

test('mail that makes no sense harms nobody, and a request that is not understood is answered', async () => {
  const { a, b, network } = await start()
  await register(b, 'door')
  const stream = await RawStream.open(`${b.url}/events/s/door`)
  await stream.block()
  for (const bad of [
    null,
    [],
    ['part', 1],
    ['ask', 'x'],
    ['part', 999, { head: null, text: '', isLast: true }],
    [7, 7],
  ])
    for (const to of ['a', 'b']) network.send('c', to, ['exchanges', bad])
  // Of another's request: nobody but its home may answer it.
  network.send('c', 'b', ['exchanges', ['cut', 2]])
  const desk = await joinSseSession(a.url, 's', 'desk')
  expect(await stream.message()).toEqual({ type: 'new-peer', senderId: 'desk' })
  expect(desk.readyState).toBe(1)

  a.journal.hold()
  const waiting = begin(`${b.url}/register/s/gate`)
  await expect.poll(() => a.journal.waiting).toBeGreaterThan(0)
  for (let number = 1; number < 9; number++)
    network.send('a', 'b', ['exchanges', ['part', number, 'of another version']])
  expect(await waiting).toEqual(LOST)
})
