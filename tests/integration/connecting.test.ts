import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { PROTOCOL_VERSION, type ErrorCode } from '#signalling/protocol.ts'
import {
  closed,
  codeOf,
  connect,
  createRoom,
  createSocket,
  fillRoom,
  joinRoom,
  next,
  request,
  startTestServer,
  valueOf,
  type SignallingSocket,
} from '../helpers/signalling-client.ts'
import { ask, openRaw, openRawSession, upgrade } from '../helpers/signalling-raw.ts'

const refusedHandshake = (socket: SignallingSocket): Promise<{ code: ErrorCode; message: string }> =>
  new Promise((resolve) => {
    socket.once('connect_error', (error) => resolve((error as Error & { data: never }).data))
    socket.connect()
  })

test('[C1] every connection is told who it will be, and which ICE servers there are', async () => {
  const iceServers = [{ urls: 'stun:stun.example.org', username: 'u', credential: 'c' }]
  const { url } = await startTestServer({ iceServers })
  const [first, second] = [await connect(url), await connect(url)]
  expect(first.session).toEqual({ peerId: expect.stringMatching(/^[\w-]{22}$/), iceServers })
  expect(second.session.peerId).not.toBe(first.session.peerId)
})

test('[C1] no ICE server is told by default', async () => {
  const { url } = await startTestServer()
  expect((await connect(url)).session.iceServers).toEqual([])
})

test.each([0, PROTOCOL_VERSION + 1, -1, 1.5])(
  '[C2] a client of version %s is turned away with a code',
  async (version) => {
    const { url } = await startTestServer()
    const socket = createSocket(url, { auth: { version } })
    expect(await refusedHandshake(socket)).toEqual({ code: 'unsupported-version', message: expect.any(String) })
    expect(socket.active).toBe(false)
  },
)

test('[C3] a client that names no version is let in, and refused Earshot’s own requests', async () => {
  const { url } = await startTestServer()
  const { socket } = await connect(url, { auth: {} })
  expect(codeOf(await request(socket, 'room:create', {}))).toBe('unsupported-version')
  const refused = next(socket, 'request:refused')
  socket.emit('signal:send', {} as never)
  expect(await refused).toMatchObject({ request: 'signal:send', code: 'unsupported-version' })
})

test.each([{ version: '1' }, { version: null }, { version: { $ne: null } }, { version: [1] }])(
  '[C4] a handshake with %j is refused',
  async (auth) => {
    const { url } = await startTestServer()
    expect(await refusedHandshake(createSocket(url, { auth }))).toMatchObject({ code: 'bad-request' })
  },
)

test.each(['5', '[]', '"x"', 'null', '{', '{"version":1}}', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`])(
  '[C4] a handshake of %.20s does the server no harm',
  async (auth) => {
    const { url } = await startTestServer()
    const raw = await openRaw(url)
    raw.send(`40${auth}`)
    await Promise.race([raw.closed, raw.frame('40'), raw.frame('44')])
    await createRoom((await connect(url)).socket)
  },
)

test('[C5] only names of this machine are answered', async () => {
  const { url, port } = await startTestServer({ allowedOrigins: ['https://meet.example.org'] })
  const good = [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '192.168.1.20',
    hostname(),
    `${hostname()}.local`,
    'meet.example.org',
  ]
  for (const host of good) expect(await upgrade(url, { Host: `${host}:${port}` }), host).toBe(101)
  const bad = ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'meet.example.org.evil.example']
  for (const host of [...bad, 'localhost/x', 'user@localhost', 'a b'])
    expect(await upgrade(url, { Host: host }), host).not.toBe(101)
  expect(await upgrade(url, { Host: 'evil.example' })).toBe(403)
})

test('[C6] pages of the own origin, of the desktop app and of allowed origins may connect, and no others', async () => {
  const { url, port } = await startTestServer({ allowedOrigins: ['https://meet.example.org'] })
  const good = [url, url.replace('http', 'https'), 'app://bundle', 'https://meet.example.org']
  for (const origin of good) expect(await upgrade(url, { Origin: origin }), origin).toBe(101)
  const lookAlikes = [
    'http://127.0.0.1',
    `http://127.0.0.1:${port + 1}`,
    'http://meet.example.org',
    'app://bundle.evil',
  ]
  for (const origin of ['http://evil.example', 'null', 'file://', 'app://evil', '', ...lookAlikes])
    expect(await upgrade(url, { Origin: origin }), origin).toBe(403)
})

test('[C7] there are two paths and one namespace', async () => {
  const { url, port } = await startTestServer()
  expect(await upgrade(url, {}, '/?EIO=4&transport=websocket')).toBe(404)
  expect(await upgrade(url, {}, '/socket.io/../other?EIO=4&transport=websocket')).toBe(404)
  expect(await upgrade(url, {}, '/socket.io/?EIO=4&transport=polling')).toBe(400)
  expect((await ask(port, '/socket.io/?EIO=4&transport=polling')).status).toBe(200)
  const raw = await openRaw(url)
  raw.send('40/admin,{}')
  expect(await raw.frame('44/admin')).toContain('Invalid namespace')
})

/** A client of another system, as Socket.IO's own client is by default: it begins with long-polling. */
const foreignSocket = (url: string, transports = ['polling', 'websocket'], path = '/socket.io') =>
  createSocket(url, { path, auth: {}, transports })

const comes = (socket: SignallingSocket, event: 'connect' | 'connect_error') =>
  new Promise((resolve) => socket.once(event, resolve))

/** Whether there is a place for one more client of our own. */
const isLetIn = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket(url)
    socket.once('connect', () => resolve(true))
    socket.once('connect_error', () => resolve(false))
    socket.connect()
  })

test.each(['/socket.io', '/api/v1/signalling/socket'])(
  '[C7] a client that begins with long-polling at %s gets to WebSocket, and has one place',
  async (path) => {
    const { url } = await startTestServer({ limits: { connections: 2 } })
    const foreign = foreignSocket(url, ['polling', 'websocket'], path)
    foreign.connect()
    await comes(foreign, 'connect')
    await expect.poll(() => foreign.io.engine.transport.name).toBe('websocket')
    await expect.poll(() => isLetIn(url)).toBe(true)
    expect(await isLetIn(url)).toBe(false)
    foreign.close()
    await expect.poll(() => isLetIn(url)).toBe(true)
  },
)

test('[C7] a session by long-polling alone has a place until it goes, and the last place lets nobody upgrade', async () => {
  const { url } = await startTestServer({ limits: { connections: 1 } })
  const foreign = foreignSocket(url)
  foreign.connect()
  await comes(foreign, 'connect')
  const refused = foreignSocket(url, ['polling'])
  refused.connect()
  await comes(refused, 'connect_error')
  expect(await isLetIn(url)).toBe(false)
  expect([foreign.connected, foreign.io.engine.transport.name]).toEqual([true, 'polling'])
  foreign.close()
  await expect.poll(() => isLetIn(url)).toBe(true)
})

test('[C7] long-polling requests that open no session take no place', async () => {
  const { url, port } = await startTestServer({ limits: { connections: 1 } })
  for (const query of ['EIO=3&transport=polling', 'EIO=4&transport=none', 'EIO=4&transport=polling&sid=none'])
    expect((await ask(port, `/socket.io/?${query}`)).status, query).toBe(400)
  expect((await ask(port, '/socket.io/?EIO=4&transport=polling', { method: 'POST' })).status).toBe(400)
  await expect.poll(() => isLetIn(url)).toBe(true)
})

test('[C7] no compression is agreed on', async () => {
  const { url } = await startTestServer()
  const { extensions } = (await openRaw(url)).socket
  expect(extensions).toBe('')
})

test('[C8] a connection that answers no pings is given up', async () => {
  const { url } = await startTestServer({ limits: { pingIntervalMs: 100, pingTimeoutMs: 100 } })
  const [ann] = await fillRoom(url, 'Ann')
  const silent = await openRawSession(url)
  silent.send(`420${JSON.stringify(['room:join', { code: ann.joined.room.code, name: 'Silent' }])}`)
  const joined = await silent.frame('430')
  const away = await next(ann.socket, 'peer:away')
  expect(joined).toContain(away.id)
  await silent.closed
})

test('[C8] by default a silent connection is noticed within ten seconds', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillRoom(url, 'Ann')
  const silent = await openRawSession(url)
  const joinedAt = Date.now()
  silent.send(`420${JSON.stringify(['room:join', { code: ann.joined.room.code, name: 'Silent' }])}`)
  await new Promise((resolve) => ann.socket.once('peer:away', resolve))
  expect(Date.now() - joinedAt).toBeLessThan(10_000)
})

test('[C9] a WebSocket that never says what it wants is closed', async () => {
  const { url } = await startTestServer({ limits: { connectTimeoutMs: 100 } })
  await (
    await openRaw(url)
  ).closed
})

test('[C10] a server that stops says so, refuses what still comes, and closes everything', async () => {
  const { url, close } = await startTestServer({ limits: { stoppingMs: 300 } })
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const stopping = Promise.all([next(ann.socket, 'server:stopping'), next(bob.socket, 'server:stopping')])
  const bothClosed = Promise.all([closed(ann.socket), closed(bob.socket)])
  const stopped = close()
  expect(close()).toBe(stopped)
  await stopping
  expect(codeOf(await request(ann.socket, 'room:create', {}))).toBe('server-stopping')
  expect(await upgrade(url)).toBe(503)
  await bothClosed
  await stopped
  await expect(upgrade(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  expect(ann.facts.at(-1)).toEqual(['server:stopping', undefined])
})

test('[C10] a client that does not let go is cut off', async () => {
  const { url, port, close } = await startTestServer({ limits: { stoppingMs: 10, closingMs: 100 } })
  const raw = await openRawSession(url)
  const asked = ask(port, '/health', { headers: { Connection: 'keep-alive' } })
  expect((await asked).status).toBe(200)
  await close()
  await raw.closed
})

test('[A1] the answer comes before any fact that the request causes for the one who asked', async () => {
  const { url } = await startTestServer()
  const [ann] = await fillRoom(url, 'Ann')
  const bob = await joinRoom(url, ann.joined.room.code, 'Bob')
  valueOf(await request(bob.socket, 'chat:send', { nonce: 'nonce-01', text: 'hi' }))
  const order: string[] = []
  ann.socket.onAny((name: string) => order.push(name))
  ann.socket.emit('chat:send', { nonce: 'nonce-01', text: 'hello' }, () => order.push('answer'))
  await expect.poll(() => order).toEqual(['answer'])
})
