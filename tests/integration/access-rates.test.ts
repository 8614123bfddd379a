import { expect, test } from 'vitest'
import { startTestServer } from '../helpers/signalling-client.ts'
import { ask, openTcp, upgrade } from '../helpers/signalling-raw.ts'

const few = { roomRate: { burst: 3, perSecond: 0.001 }, isLoopbackExempt: false }

test('[B9] an address may ask so often, and is then told to wait', async () => {
  const { port } = await startTestServer({ limits: few })
  const statuses: number[] = []
  for (let count = 0; count < 4; count += 1) statuses.push((await ask(port, '/iceServers')).status)
  expect(statuses).toEqual([200, 200, 200, 429])
  expect(JSON.parse((await ask(port, '/iceServers')).body)).toEqual({ message: 'Too many requests; wait a moment.' })
  expect((await ask(port, '/health')).status).toBe(200)
})

test('[B10] behind a trusted proxy each client is counted for itself, whatever it claims', async () => {
  const { port } = await startTestServer({ limits: few, trustedProxies: ['127.0.0.1'] })
  const askAs = async (forwarded: string) =>
    (await ask(port, '/iceServers', { headers: { 'X-Forwarded-For': forwarded } })).status
  for (let count = 0; count < 3; count += 1) expect(await askAs(`203.0.113.${String(count)}, 198.51.100.7`)).toBe(200)
  expect(await askAs('203.0.113.9, 198.51.100.7')).toBe(429)
  expect(await askAs('198.51.100.8')).toBe(200)
})

test('[B10] without a trusted proxy nobody gets another address by saying so', async () => {
  const { port } = await startTestServer({ limits: few })
  const statuses: number[] = []
  for (const client of [1, 2, 3, 4])
    statuses.push(
      (await ask(port, '/iceServers', { headers: { 'X-Forwarded-For': `198.51.100.${String(client)}` } })).status,
    )
  expect(statuses).toEqual([200, 200, 200, 429])
})

test('[B10] connections are counted the same way, and a proxy on this machine makes nobody exempt', async () => {
  const { url } = await startTestServer({
    limits: { connectRate: { burst: 1, perSecond: 0.001 } },
    trustedProxies: ['127.0.0.1'],
  })
  const connectAs = (forwarded: string) => upgrade(url, { 'X-Forwarded-For': forwarded })
  expect([await connectAs('198.51.100.7'), await connectAs('198.51.100.7')]).toEqual([101, 503])
  expect(await connectAs('198.51.100.8')).toBe(101)
})

test('[B6] a body that comes a byte at a time is cut off', async () => {
  const limits = { headersTimeoutMs: 100, requestTimeoutMs: 200, checkConnectionsMs: 50 }
  const { port } = await startTestServer({ limits })
  const { socket, ended } = openTcp(port)
  socket.write('POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n')
  const dripping = setInterval(() => socket.write('x'), 20)
  try {
    await ended
  } finally {
    clearInterval(dripping)
  }
  expect((await ask(port, '/health')).status).toBe(200)
})

test('[B7] a header that is too large is refused on every address', async () => {
  const { port } = await startTestServer()
  for (const path of ['/iceServers', '/socket.io/?EIO=4&transport=polling', '/metrics']) {
    const { socket, ended } = openTcp(port)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${'a'.repeat(9000)}\r\n\r\n`)
    expect(await ended).toContain('431')
  }
})
