import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as askPlainly, type IncomingMessage } from 'node:http'
import { Agent, request as askSecurely } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { startSignallingServer, type SignallingServerOptions } from '#signalling/server.ts'
import { createSelfSigned, type SelfSigned } from '../helpers/self-signed.ts'
import { connect, createRoom, joinRoom, next, request, startTestServer, valueOf } from '../helpers/signalling-client.ts'
import { ask, openTcp, type HttpAnswer } from '../helpers/signalling-raw.ts'

const LIMIT_MS = 15_000
const PAGE = '<!doctype html><title>Earshot</title>'

/** An address of this machine that is none of loopback: who comes by it is somebody else to the server. */
const [outside = ''] = Object.values(networkInterfaces()).flatMap((card) =>
  (card ?? []).filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
)
const fromOutside = test.skipIf(outside === '')

const startWithTls = async (options: SignallingServerOptions = {}) => {
  const tls = await createSelfSigned()
  const server = await startTestServer({ host: '0.0.0.0', tls, ...options })
  return { ...server, tls, secureUrl: `https://127.0.0.1:${server.port}` }
}

const startWithPage = async () => {
  const pageDir = await mkdtemp(join(tmpdir(), 'earshot-page-'))
  onTestFinished(() => rm(pageDir, { recursive: true }))
  await writeFile(join(pageDir, 'index.html'), PAGE)
  return startWithTls({ pageDir })
}

interface Asked {
  readonly host?: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  /** The certificate that is expected; any will do without it. */
  readonly ca?: string
}

/** One request over TLS or in plain text; an upgrade that is granted has the status 101. */
const askAs = async (scheme: 'http' | 'https', port: number, path: string, asked: Asked = {}): Promise<HttpAnswer> => {
  const { host = '127.0.0.1', method = 'GET', headers = {}, body, ca } = asked
  const options = { host, port, path, method, headers, agent: false, signal: AbortSignal.timeout(LIMIT_MS) } as const
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca }
  const request = scheme === 'https' ? askSecurely({ ...options, ...trust }) : askPlainly(options)
  request.end(body)
  const answered = Promise.race([once(request, 'response'), once(request, 'upgrade')])
  const [response, upgraded] = (await answered) as [IncomingMessage, Socket | undefined]
  upgraded?.on('error', () => undefined).destroy()
  const chunks: Buffer[] = []
  if (upgraded === undefined) for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }
}

const upgradeHeaders = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'ZWFyc2hvdC10ZXN0LWtleQ==',
}
const SOCKET = '/socket.io/?EIO=4&transport=websocket'

const openTls = async (port: number, options: { maxVersion?: 'TLSv1.2' } = {}): Promise<TLSSocket> => {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  socket.on('error', () => undefined)
  return socket
}

/** The public key that new connections are shown. */
const shownBy = async (port: number): Promise<string | undefined> =>
  (await openTls(port)).getPeerX509Certificate()?.fingerprint256

const closed = async (socket: TLSSocket): Promise<void> => {
  if (!socket.closed) await once(socket.resume(), 'close')
}

/** A handshake that has begun: the first bytes of a real one. */
const startOfHandshake = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])

const isWell = async (port: number) => (await ask(port, '/health')).status

test('[H12] one port answers https like http, the page, its rooms and /health', async () => {
  const { port, tls } = await startWithPage()
  for (const path of ['/', '/r/k7mq-2xvd-9thr', '/live/porch'])
    expect(await askAs('https', port, path, { ca: tls.certificate }), path).toMatchObject({ status: 200, body: PAGE })
  expect(await askAs('https', port, '/health')).toMatchObject({ status: 200, body: '{ "status": "ok" }' })
  expect((await askAs('https', port, '/nothing')).status).toBe(404)
  expect(await ask(port, '/')).toMatchObject({ status: 200, body: PAGE })
})

test('[H12] browsers are not told to remember that it speaks https', async () => {
  const { port } = await startWithPage()
  const { headers } = await askAs('https', port, '/')
  expect(headers).not.toHaveProperty('strict-transport-security')
  expect(headers['content-security-policy']).toContain(`wss://127.0.0.1:${port}`)
})

test('[H12] who came by https and who came by http from the same machine meet in one room', async () => {
  const { url, secureUrl } = await startWithTls()
  const bob = await connect(secureUrl, { rejectUnauthorized: false })
  const code = await createRoom(bob.socket)
  valueOf(await request(bob.socket, 'room:join', { code, name: 'Bob' }))
  const joined = next(bob.socket, 'peer:joined')
  const ann = await joinRoom(url, code, 'Ann')
  expect(await joined).toMatchObject({ id: ann.joined.peerId, name: 'Ann' })
  const heard = next(ann.socket, 'chat:posted')
  valueOf(await request(bob.socket, 'chat:send', { nonce: 'nonce-01', text: 'over TLS' }))
  expect(await heard).toMatchObject({ text: 'over TLS' })
})

test('[H12] long-polling goes by https, too', async () => {
  const { secureUrl } = await startWithTls()
  const { session } = await connect(secureUrl, { rejectUnauthorized: false, transports: ['polling'], upgrade: false })
  expect(session.peerId).toMatch(/^[\w-]{22}$/)
})

test('[H12] nothing older than TLS 1.3 is spoken', async () => {
  const { port } = await startWithTls()
  await expect(openTls(port, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version|ECONNRESET/i)
  expect((await openTls(port)).getProtocol()).toBe('TLSv1.3')
})

test('[H12] Host and Origin are held to the same over https', async () => {
  const { port } = await startWithPage()
  const statusOf = async (path: string, headers: Record<string, string>) =>
    (await askAs('https', port, path, { headers })).status
  const here = `127.0.0.1:${port}`
  for (const path of ['/', '/health', '/socket.io/?EIO=4&transport=polling'])
    expect(await statusOf(path, { Host: `evil.example:${port}` }), path).toBe(403)
  const fromPage = (origin: string) => statusOf(SOCKET, { ...upgradeHeaders, Host: here, Origin: origin })
  expect(await fromPage(`https://${here}`)).toBe(101)
  for (const origin of [
    'https://evil.example',
    `https://evil.example:${port}`,
    'null',
    `https://127.0.0.1:${port + 1}`,
  ])
    expect(await fromPage(origin), origin).toBe(403)
  expect(await statusOf(SOCKET, { ...upgradeHeaders, Host: 'evil.example' })).toBe(403)
})

test('[H12] connections are counted for their address, however they come', async () => {
  const limits = { connectionsPerAddress: 1, isLoopbackExempt: false }
  const { port, url } = await startWithTls({ limits })
  const { socket } = await connect(url)
  const upgrade = async () => (await askAs('https', port, SOCKET, { headers: upgradeHeaders })).status
  expect(await upgrade()).toBe(503)
  socket.close()
  await expect.poll(upgrade).toBe(101)
})

test('[H12] a connection is used for several requests', async () => {
  const { port } = await startWithTls()
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
  onTestFinished(() => agent.destroy())
  const reuses: boolean[] = []
  for (let count = 0; count < 2; count += 1) {
    const asked = askSecurely({ host: '127.0.0.1', port, path: '/health', agent }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    await once(response.resume(), 'end')
    reuses.push(asked.reusedSocket)
  }
  expect(reuses).toEqual([false, true])
})

test('[H12] a connection is cut when it says nothing, or its headers never end', async () => {
  const { port } = await startWithTls({ limits: { headersTimeoutMs: 150, checkConnectionsMs: 50 } })
  const [silent, slow] = [await openTls(port), await openTls(port)]
  let said = ''
  slow.on('data', (chunk) => (said += String(chunk)))
  slow.write('GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
  await Promise.all([closed(silent), closed(slow)])
  expect(said).toContain('408')
})

fromOutside('[H13] plain http from another computer is sent to https, whatever it asks for', async () => {
  const { port } = await startWithPage()
  const here = `${outside}:${port}`
  const requests: [path: string, asked: Asked][] = [
    ['/', {}],
    ['/r/k7mq-2xvd-9thr?x=1&y=%20', {}],
    ['/assets/main.js', { method: 'HEAD' }],
    ['/socket.io/?EIO=4&transport=polling', {}],
    ['/socket.io/?EIO=4&transport=polling&sid=a', { method: 'POST', body: '40' }],
    [SOCKET, { headers: upgradeHeaders }],
    ['/api/v1/signalling/socket/?EIO=4&transport=websocket', { headers: upgradeHeaders }],
    ['/nothing', { method: 'DELETE' }],
    ['/health', { method: 'OPTIONS', headers: { Origin: 'https://evil.example' } }],
  ]
  for (const [path, asked] of requests) {
    const { status, headers, body } = await askAs('http', port, path, { host: outside, ...asked })
    expect([status, headers.location], path).toEqual([308, `https://${here}${path}`])
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    if (asked.method !== 'HEAD')
      expect(body).toMatch(/^This server talks to other computers over https alone: [^.]+\.\n$/)
  }
  const { headers } = await askAs('http', port, '/r/k7mq-2xvd-9thr', { host: outside })
  const { pathname } = new URL(String(headers.location))
  expect(await askAs('https', port, pathname, { host: outside })).toMatchObject({ status: 200, body: PAGE })
})

fromOutside('[H13] it is sent to the port it came to, which browsers do not name when it is 80', async () => {
  const { port } = await startWithTls()
  const locationFor = async (host: string) =>
    (await askAs('http', port, '/', { host: outside, headers: { Host: host } })).headers.location
  expect(await locationFor('localhost')).toBe('https://localhost:80/')
  expect(await locationFor('[fd00::1]')).toBe('https://[fd00::1]:80/')
  expect(await locationFor('[fd00::1]:9000')).toBe('https://[fd00::1]:9000/')
})

fromOutside('[H13] nobody is sent to another place', async () => {
  const { port } = await startWithTls()
  for (const host of ['evil.example', `evil.example:${port}`, `${outside}@evil.example`, 'evil.example/'])
    expect(await askAs('http', port, '/', { host: outside, headers: { Host: host } }), host).toMatchObject({
      status: expect.toBeOneOf([400, 403]),
      headers: expect.not.objectContaining({ location: expect.anything() }),
    })
  const socket = connectTcp(port, outside)
  onTestFinished(() => void socket.destroy())
  socket.write(`GET http://evil.example/x HTTP/1.1\r\nHost: ${outside}:${port}\r\nConnection: close\r\n\r\n`)
  let said = ''
  socket.on('data', (chunk) => (said += String(chunk)))
  await once(socket, 'close')
  expect(said).toContain(`Location: https://${outside}:${port}/\r\n`)
})

fromOutside('[H13] without a certificate plain http is answered to everybody', async () => {
  const { port } = await startTestServer({ host: '0.0.0.0' })
  expect((await askAs('http', port, '/health', { host: outside })).status).toBe(200)
  expect((await askAs('http', port, SOCKET, { host: outside, headers: upgradeHeaders })).status).toBe(101)
})

test('[H14] what is neither TLS nor HTTP ends with its connection', async () => {
  const { port } = await startWithTls()
  const stun = openTcp(port)
  stun.socket.write(Buffer.from('000100002112a442000102030405060708090a0b', 'hex'))
  expect(await stun.ended).toBe('')
  const noise = openTcp(port)
  noise.socket.write(Buffer.from([0x80, 0xff, 0x00]))
  expect(await noise.ended).toContain('400')
  const broken = openTcp(port)
  broken.socket.write(Buffer.concat([startOfHandshake, Buffer.alloc(1000, 0xff)]))
  await broken.ended
  const silent = openTcp(port)
  silent.socket.end()
  expect(await silent.ended).toBe('')
  expect(await isWell(port)).toBe(200)
})

test('[H14] the first byte and the handshake have their time, and slow ones keep nobody else waiting', async () => {
  const { port } = await startWithTls({ limits: { headersTimeoutMs: 150, checkConnectionsMs: 50 } })
  const silent = openTcp(port)
  const stuck = openTcp(port)
  stuck.socket.write(startOfHandshake)
  const hungUp = openTcp(port)
  hungUp.socket.end(startOfHandshake)
  const dribbling = openTcp(port)
  dribbling.socket.write(startOfHandshake)
  const dribble = setInterval(() => dribbling.socket.write(Buffer.alloc(1)), 20)
  onTestFinished(() => clearInterval(dribble))
  expect(await isWell(port)).toBe(200)
  expect((await askAs('https', port, '/health')).status).toBe(200)
  await Promise.all([silent, stuck, hungUp, dribbling].map(({ ended }) => ended))
})

test('[H14] no more connections are taken than there may be, and they free their places', async () => {
  const limits = { tcpConnections: 3, headersTimeoutMs: 150, checkConnectionsMs: 50 }
  const { port } = await startWithTls({ limits })
  const waiting = [openTcp(port), openTcp(port), openTcp(port)]
  await Promise.all(waiting.map(({ socket }) => once(socket, 'connect')))
  for (const { socket } of waiting) socket.write(startOfHandshake)
  await expect(isWell(port)).rejects.toThrow()
  await Promise.all(waiting.map(({ ended }) => ended))
  await expect.poll(() => isWell(port)).toBe(200)
})

test('[H15] a new certificate is shown to those who come from then on, and nobody is cut for it', async () => {
  const { port, secureUrl, setCertificate, tls } = await startWithTls()
  const { socket } = await connect(secureUrl, { rejectUnauthorized: false })
  const before = await shownBy(port)
  const renewed = await createSelfSigned({ keys: tls.keys })
  setCertificate(renewed)
  const after = await shownBy(port)
  expect(after).not.toBe(before)
  expect((await askAs('https', port, '/health', { ca: renewed.certificate })).status).toBe(200)
  await expect(askAs('https', port, '/health', { ca: tls.certificate })).rejects.toThrow(/self.signed/)
  await expect(openTls(port, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version|ECONNRESET/i)
  expect(await createRoom(socket)).toMatch(/^\w{12}$/)
})

test('[H15] what is no key with its certificate is refused, and the former one stays', async () => {
  const { port, setCertificate, tls } = await startWithTls()
  const other = await createSelfSigned()
  const wrong: Pick<SelfSigned, 'key' | 'certificate'>[] = [
    { key: other.key, certificate: tls.certificate },
    { key: 'no key', certificate: tls.certificate },
    { key: tls.key, certificate: '' },
  ]
  for (const certificate of wrong) expect(() => setCertificate(certificate)).toThrow()
  expect((await askAs('https', port, '/health', { ca: tls.certificate })).status).toBe(200)
  await expect(startSignallingServer({ host: '127.0.0.1', tls: wrong[0] })).rejects.toThrow()
  const plain = await startTestServer()
  expect(() => plain.setCertificate(tls)).toThrow('started without a certificate')
})

test('a server with TLS closes, whatever its connections are in the middle of', async () => {
  const server = await startWithTls({ limits: { headersTimeoutMs: 600_000, requestTimeoutMs: 600_000 } })
  const { socket } = await connect(server.secureUrl, { rejectUnauthorized: false })
  const [silent, stuck] = [openTcp(server.port), openTcp(server.port)]
  stuck.socket.write(startOfHandshake)
  const [secure, asking] = [await openTls(server.port), await openTls(server.port)]
  asking.write('GET /health HTTP/1.1\r\n')
  expect(await isWell(server.port)).toBe(200)
  const stopping = next(socket, 'server:stopping')
  await server.close()
  await Promise.all([stopping, silent.ended, stuck.ended, closed(secure), closed(asking)])
  const again = await startTestServer({ host: '0.0.0.0', port: server.port })
  expect(again.port).toBe(server.port)
})

fromOutside('requests of this machine itself do not count as somebody else', async () => {
  const { port, wasReached } = await startWithTls()
  await isWell(port)
  await askAs('http', port, '/health', { host: outside })
  await askAs('https', port, '/health', { host: outside })
  await askAs('https', port, SOCKET, { host: outside, headers: upgradeHeaders })
  expect(wasReached()).toBe(false)
})
