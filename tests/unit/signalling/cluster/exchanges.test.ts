import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { liveKey, nameKey } from '#signalling/cluster/cluster.ts'
import { joinSseSession, post, RawStream, SseClient } from '../../../integration/dialects/sse-sessions-client.ts'
import { begin, register, say, SENT, start } from './exchange-servers.ts'
import type { Joined } from './joined-servers.ts'

/** Of the last event that has come as a whole. */
const lastIdIn = (text: string): string =>
  [...text.slice(0, text.lastIndexOf('\n\n')).matchAll(/^id: (\S+)$/gm)].at(-1)?.[1] ?? ''

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
