import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { connect, startTestServer } from '../helpers/signalling-client.ts'
import { ask, openTcp } from '../helpers/signalling-raw.ts'

test('[H8] a server that runs is alive and ready', async () => {
  const { port } = await startTestServer()
  for (const path of ['/health', '/health/live', '/health/ready']) {
    const { status, headers, body } = await ask(port, path)
    expect([path, status, body, headers['cache-control']]).toEqual([path, 200, '{ "status": "ok" }', 'no-store'])
  }
  expect((await ask(port, '/health/ready', { method: 'POST' })).status).toBe(405)
  expect((await ask(port, '/health/ready', { headers: { Host: 'evil.example' } })).status).toBe(403)
  expect((await ask(port, '/health/other')).status).toBe(404)
})

test('[H8] a server that stops is alive and not ready', async () => {
  const server = await startTestServer({ limits: { stoppingMs: 500 } })
  const { socket } = await connect(server.url)
  const stopping = new Promise<void>((resolve) => socket.once('server:stopping', resolve))
  const stopped = server.close()
  await stopping
  expect(await ask(server.port, '/health/ready')).toMatchObject({ status: 503, body: '{"status":"stopping"}' })
  expect((await ask(server.port, '/health/live')).status).toBe(200)
  await stopped
})

test('[C10] clients of other systems that poll are let go as well, and try again by themselves', async () => {
  const server = await startTestServer()
  const socket = io(server.url, { transports: ['polling'], forceNew: true })
  onTestFinished(() => void socket.close())
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  const lost = new Promise<string>((resolve) => socket.once('disconnect', resolve))
  await server.close()
  expect(await lost).not.toBe('io server disconnect')
  expect(socket.active).toBe(true)
})

test('[C10] clients of other systems are told as they are told of any refusal, and of nobody that they left', async () => {
  const server = await startTestServer()
  const events: [string, unknown][] = []
  const [ann, bob] = [io(server.url, { forceNew: true }), io(server.url, { forceNew: true })]
  for (const socket of [ann, bob]) {
    onTestFinished(() => void socket.close())
    await socket.emitWithAck('join_room', { appointment_id: 'visit-7', name: 'somebody' })
    socket.onAny((event: string, payload: unknown) => events.push([event, payload]))
  }
  const lost = Promise.all([ann, bob].map((socket) => new Promise((resolve) => socket.once('disconnect', resolve))))
  await server.close()
  await lost
  const refusals = events.filter(([event]) => event !== 'server:stopping')
  expect(refusals).toEqual(Array.from({ length: 2 }, () => ['error', { message: 'The server is stopping.' }]))
})

test('[C10] an open event stream ends by itself', async () => {
  const server = await startTestServer()
  expect((await fetch(`${server.url}/register/visit-8/device`, { method: 'POST' })).status).toBe(200)
  const response = await fetch(`${server.url}/events/visit-8/device`, { headers: { Accept: 'text/event-stream' } })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const ended = response.text()
  await server.close()
  expect(await ended).toBeTypeOf('string')
})

test('[C10] a request that is never finished does not hold up the end', async () => {
  const server = await startTestServer({ limits: { requestTimeoutMs: 60_000, closingMs: 100 } })
  const { socket, ended } = openTcp(server.port)
  socket.write('POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx')
  await connect(server.url)
  await server.close()
  await ended
})
