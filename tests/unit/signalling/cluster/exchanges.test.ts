import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { liveKey, nameKey } from '#signalling/cluster/cluster.ts'
import { joinSseSession, post, RawStream, SseClient } from '../../../integration/dialects/sse-sessions-client.ts'
import { startJoined, type Joined } from './joined-servers.ts'

const SENT = { status: 200, body: { message: 'Message sent' } }
const LOST = { status: 503, body: { message: 'The part of the server that had this is gone. Try again.' } }

const start = async (options?: Parameters<typeof startJoined>[0]) => {
  const joined = await startJoined(options)
  joined.registry.homes.set(nameKey('s'), 'a')
  return joined
}

const register = async ({ url }: Joined, peer: string): Promise<string> => {
  const { status, body } = await new SseClient(url, 's', peer).register()
  expect(status).toBe(200)
  return body.token!
}
const say = ({ url }: Joined, from: string, payload: string, target: string) =>
  post(`${url}/message/s/${from}`, { type: 'ice-candidate', payload, target })

/** Of the last event that has come as a whole. */
const lastIdIn = (text: string): string =>
  [...text.slice(0, text.lastIndexOf('\n\n')).matchAll(/^id: (\S+)$/gm)].at(-1)?.[1] ?? ''

/** Posts so that the request is on its way when this returns; the answer may take as long as it likes. */
const begin = (url: string, stop?: AbortSignal) =>
  fetch(url, { method: 'POST', ...(stop === undefined ? {} : { signal: stop }) }).then(async (response) => ({
    status: response.status,
    body: (await response.json()) as unknown,
  }))

test('a session whose peers are at different processes is one session', async () => {
  const { a, b, c } = await start()
  const desk = await joinSseSession(a.url, 's', 'desk')
  const door = await joinSseSession(b.url, 's', 'door')
  expect(await desk.next('new-peer')).toEqual({ type: 'new-peer', senderId: 'door' })
  expect(await say(c, 'door', 'candidate:1', 'desk')).toEqual(SENT)
  expect(await desk.next('ice-candidate')).toMatchObject({ senderId: 'door', payload: 'candidate:1' })
  expect(await say(a, 'desk', 'candidate:2', 'door')).toEqual(SENT)
  expect(await door.next('ice-candidate')).toMatchObject({ senderId: 'desk', payload: 'candidate:2' })
  expect([a.rooms.size, b.rooms.size, c.rooms.size]).toEqual([1, 0, 0])
})

test('a stream goes on at another process with what was missed, none of it twice', async () => {
  const { b, c } = await start()
  await register(b, 'desk')
  await register(c, 'door')
  const first = await RawStream.open(`${b.url}/events/s/door`)
  await say(b, 'desk', 'one', 'door')
  expect(await first.message()).toMatchObject({ payload: 'one' })
  first.drop()
  await say(b, 'desk', 'two', 'door')
  const second = await RawStream.open(`${c.url}/events/s/door`, { lastEventId: first.lastEventId })
  expect(await second.message()).toMatchObject({ payload: 'two' })
  await say(c, 'desk', 'three', 'door')
  expect(await second.message()).toMatchObject({ payload: 'three' })
})

test('the home hears when a reader at another process is gone, and gives its place back', async () => {
  const { a, b } = await start()
  await register(b, 'door')
  const stream = await RawStream.open(`${b.url}/events/s/door`)
  expect([a.addresses.connections, b.addresses.connections]).toEqual([1, 0])
  stream.drop()
  await expect.poll(() => a.addresses.connections).toBe(0)
})

test('a reader that does not read is cut where it is connected, and told the rest when it comes back', async () => {
  const { a, b, c } = await start()
  await register(a, 'desk')
  const token = await register(b, 'door')
  const socket = connect(b.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write(`GET /events/s/door HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString()))
  await expect.poll(() => text).toContain('ping')
  socket.pause()
  let sent = 0
  while (!b.logged.includes('slow-reader-cut') && sent < 2000) {
    const payload = { type: 'offer', sdp: `v=0\r\ns=${sent}-\r\n${'x'.repeat(30_000)}` }
    expect(await post(`${a.url}/message/s/desk`, { type: 'offer', payload, target: 'door' })).toEqual(SENT)
    sent += 1
  }
  expect(b.logged).toContain('slow-reader-cut')
  await expect.poll(() => a.addresses.connections).toBe(0)
  expect(a.logged).not.toContain('slow-reader-cut')
  await say(a, 'desk', 'last', 'door')
  socket.resume()
  await once(socket, 'close')
  const again = await RawStream.open(`${c.url}/events/s/door`, { token, lastEventId: lastIdIn(text) })
  const rest: unknown[] = []
  while (rest.at(-1) !== 'last') rest.push((await again.message())?.payload)
  const numbers = [...text.matchAll(/s=(\d+)-.*\n\n/g)].map(([, number]) => Number(number))
  const later = rest.slice(0, -1).map((payload) => Number(/s=(\d+)-/.exec((payload as { sdp: string }).sdp)?.[1]))
  expect(later.length).toBeGreaterThan(0)
  expect([...numbers, ...later]).toEqual(Array.from({ length: sent }, (_, at) => at))
})

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

test('nothing is answered before what it follows from is written, wherever it was asked', async () => {
  const { a, b } = await start()
  const desk = await RawStream.open(`${a.url}/events/s/desk`).then(async () => {
    await register(a, 'desk')
    return RawStream.open(`${a.url}/events/s/desk`)
  })
  a.journal.hold()
  const answered: string[] = []
  const told = desk.message().then((message) => answered.push(`told ${String(message?.senderId)}`))
  const asked = [a, b].map(({ url }, at) =>
    begin(`${url}/register/s/door-${at}`).then(({ status }) => answered.push(`answered ${status}`)),
  )
  await expect.poll(() => a.rooms.find('s')?.size).toBe(3)
  await expect.poll(() => a.journal.waiting).toBeGreaterThanOrEqual(4)
  expect(answered).toEqual([])
  a.journal.release()
  await Promise.all([told, ...asked])
  expect(answered.sort()).toEqual(['answered 200', 'answered 200', expect.stringMatching(/^told door-/)])
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

test('what is made under a new name is made by the process that was asked, and answered when it is written', async () => {
  const { b, registry } = await start()
  b.journal.hold()
  const asked = post(`${b.url}/api/v1/signalling/appointments`, {})
  await expect.poll(() => b.journal.waiting).toBe(1)
  b.journal.release()
  const { status, body } = await asked
  const { appointment_id: id } = body as { appointment_id?: string }
  expect([status, registry.homes.get(nameKey(id!))]).toEqual([200, 'b'])
  await expect.poll(() => b.settled).toEqual([nameKey(id!)])
})

test('an appointment, its documents and its chats are at its home, whoever is asked', async () => {
  const { a, b, c, registry } = await start()
  registry.homes.set(nameKey('visit'), 'a')
  const { body } = await post(`${b.url}/api/v1/signalling/appointments`, { appointment_id: 'visit' })
  const put = async ({ url }: Joined, path: string, said: unknown, token?: string) => {
    const headers = {
      'Content-Type': 'application/json',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    }
    const response = await fetch(`${url}/api/v1/signalling/${path}`, {
      ...{ method: 'PUT', headers, body: JSON.stringify(said) },
    })
    return response.status
  }
  expect(await put(c, 'documents/visit/report', { text: 'All is well.' }, body.token)).toBe(200)
  expect(await put(c, 'documents/visit/report', { text: 'Not so.' })).toBe(403)
  expect(await put(b, 'save-chats/visit', { chats: [{ text: 'hi' }] })).toBe(200)
  expect(await put(b, 'save-chats/none', { chats: [] })).toBe(404)
  expect((await post(`${a.url}/api/v1/signalling/appointments`, { appointment_id: 'visit' })).status).toBe(409)
})

test('a device is told of a stream at whichever process it waits', async () => {
  const { a, b, c, registry } = await start()
  registry.homes.set(liveKey('cam'), 'a')
  const device = await RawStream.open(`${c.url}/notification/events/camera-1`)
  const wanted = { sessionId: 'cam', deviceId: 'camera-1' }
  expect(await post(`${b.url}/live/create-stream-request`, wanted)).toEqual({
    status: 200,
    body: { sessionId: 'cam' },
  })
  expect(await device.message()).toEqual({ type: 'stream-request', ...wanted })
  expect((await post(`${b.url}/notification/create`, wanted)).status).toBe(200)
  expect(await device.message()).toEqual({ type: 'stream-request', ...wanted })
  expect((await post(`${b.url}/notification/create`, { ...wanted, deviceId: 'camera-2' })).status).toBe(403)
  expect((await post(`${a.url}/live/stop`, { sessionId: 'cam' })).status).toBe(200)
  expect((await post(`${c.url}/live/stop`, { sessionId: 'cam' })).status).toBe(404)
  device.drop()
  await expect.poll(async () => (await post(`${b.url}/live/create-stream-request`, wanted)).status).toBe(502)
})

test('a place that nothing came of can be given back, but not while another request is about it', async () => {
  const { a, b, registry, network } = await start({ access: { token: 'secret', scope: 'create' } })
  const stop = await post(`${a.url}/live/stop`, { sessionId: 'none' }, 'secret')
  expect(stop.status).toBe(404)
  await expect.poll(() => a.settled).toEqual([liveKey('none')])
  expect((await new SseClient(b.url, 'new', 'door').register()).status).toBe(403)
  expect(registry.homes.has(nameKey('new'))).toBe(false)

  // A process that answers nothing.
  network.join('mute')
  const wanted = { sessionId: 'cam', deviceId: 'camera-1' }
  const asking = post(`${a.url}/live/create-stream-request`, wanted, 'secret')
  await expect.poll(() => registry.homes.get(liveKey('cam'))).toBe('a')
  expect((await post(`${a.url}/notification/create`, { ...wanted, deviceId: 'camera-2' })).status).toBe(403)
  await new Promise(setImmediate)
  expect([a.settled, a.exchanges!.handles(liveKey('cam'))]).toEqual([[liveKey('none')], true])
  network.kill('mute')
  expect((await asking).status).toBe(502)
  await expect.poll(() => a.settled).toEqual([liveKey('none'), liveKey('cam')])
  expect(a.exchanges!.handles(liveKey('cam'))).toBe(false)
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
