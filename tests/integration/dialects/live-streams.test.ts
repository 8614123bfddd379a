import { createSocket as createUdpSocket } from 'node:dgram'
import dns from 'node:dns'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EventSource } from 'eventsource'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startTestServer } from '../../helpers/signalling-client.ts'

interface Heard {
  readonly offerSdp: { sdp: { type: string; sdp: string }; sessionId: string }
  readonly 'ice-candidate': { candidate: { candidate: string }; sessionId: string }
  readonly 'stream-state': { sessionId: string; state: string; reason?: string }
  readonly 'stream-request': { sessionId: string; deviceId: string }
  readonly error: { message: string }
}

const connect = async (url: string, options: Partial<ManagerOptions & SocketOptions> = {}): Promise<Socket> => {
  const socket = io(url, { forceNew: true, reconnection: false, ...options })
  onTestFinished(() => void socket.close())
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return socket
}

const next = <Name extends keyof Heard>(socket: Socket, name: Name): Promise<Heard[Name]> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${name}`)), 5000)
    const listener = (payload: Heard[Name]) => {
      clearTimeout(timer)
      resolve(payload)
    }
    socket.once(name, listener as never)
  })

const post = async (url: string, path: string, body: unknown) => {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as { sessionId?: string; message?: string } }
}

const deviceId = 'camera-7f3a'

/** A stream whose device waits by a socket. */
const createStream = async (url: string) => {
  const device = await connect(url)
  await device.emitWithAck('wait-for-stream', { deviceId })
  const asked = next(device, 'stream-request')
  const { status, body } = await post(url, '/live/create-stream-request', { deviceId })
  expect(status).toBe(200)
  const { sessionId } = await asked
  expect(body).toEqual({ sessionId })
  return { device, sessionId }
}

const startWebhook = async (answer: number | 'never') => {
  const requests: unknown[] = []
  const http = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      requests.push({ method: request.method, body: JSON.parse(text) as unknown })
      if (answer !== 'never') response.writeHead(answer).end()
    })
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return { requests, url: `http://127.0.0.1:${String((http.address() as AddressInfo).port)}/notification/create` }
}

test('the device is asked to come at the notification address', async () => {
  const webhook = await startWebhook(200)
  const { url } = await startTestServer({ deviceNotifyUrl: webhook.url })
  const { status, body } = await post(url, '/create-session', { deviceId, sessionId: 'garden' })
  expect([status, body]).toEqual([200, { sessionId: 'garden' }])
  expect(webhook.requests).toEqual([{ method: 'POST', body: { sessionId: 'garden', deviceId } }])
})

test.each([
  [500, 'answered with 500'],
  [302, 'answered with 302'],
  ['never', 'did not answer in time'],
] as const)(
  'a notification address that answers %s is told of with 502, and nothing is left',
  async (answer, reason) => {
    const webhook = await startWebhook(answer)
    const { url } = await startTestServer({ deviceNotifyUrl: webhook.url, limits: { liveNoticeMs: 200 } })
    const { status, body } = await post(url, '/live/create-stream-request', { deviceId, sessionId: 'garden' })
    expect(status).toBe(502)
    expect(body.message).toContain(reason)
    const viewer = await connect(url)
    expect(await viewer.emitWithAck('join-stream', { sessionId: 'garden', role: 'viewer' })).toEqual({
      error: 'There is no stream by that id.',
      status: 404,
    })
  },
)

test('a device that can be reached by no way is told of with 502, and nothing is left', async () => {
  const { url } = await startTestServer()
  expect(await post(url, '/create-session', { deviceId, sessionId: 'garden' })).toEqual({
    status: 502,
    body: { message: 'The device is not connected to this server.' },
  })
  expect((await post(url, '/live/stop', { sessionId: 'garden' })).status).toBe(404)
})

test('a device is told by its open event stream, also when the notification address fails', async () => {
  const webhook = await startWebhook(500)
  const { url } = await startTestServer({ deviceNotifyUrl: webhook.url })
  const events = new EventSource(`${url}/notification/events/${deviceId}`)
  onTestFinished(() => events.close())
  await new Promise<void>((resolve) => events.addEventListener('open', () => resolve()))
  const told = new Promise<string>((resolve) =>
    events.addEventListener('stream-request', ({ data }: { data: string }) => resolve(data)),
  )
  const { status, body } = await post(url, '/live/create-stream-request', { deviceId })
  expect(status).toBe(200)
  expect(JSON.parse(await told)).toEqual({ type: 'stream-request', sessionId: body.sessionId, deviceId })

  const again = new Promise<string>((resolve) =>
    events.addEventListener('stream-request', ({ data }: { data: string }) => resolve(data)),
  )
  expect((await post(url, '/notification/create', { sessionId: body.sessionId, deviceId })).status).toBe(200)
  expect(JSON.parse(await again)).toMatchObject({ sessionId: body.sessionId })
  expect((await post(url, '/notification/create', { sessionId: body.sessionId, deviceId: 'other' })).status).toBe(403)
  expect((await post(url, '/notification/create', { sessionId: 'other', deviceId })).status).toBe(404)
})

test('a device that names itself in the handshake is offered to; a viewer waits', async () => {
  const { url } = await startTestServer()
  const { sessionId } = await createStream(url)
  const viewer = io(url, { forceNew: true, query: { sessionId, role: 'viewer' } })
  onTestFinished(() => void viewer.close())
  expect(await next(viewer, 'stream-state')).toEqual({ sessionId, state: 'waiting', reason: 'device-awaited' })

  const device = io(url, { forceNew: true, auth: { sessionId, role: 'device', deviceId } })
  onTestFinished(() => void device.close())
  const candidate = next(device, 'ice-candidate')
  const offer = await next(device, 'offerSdp')
  expect(offer).toMatchObject({ sessionId, sdp: { type: 'offer' } })
  expect(offer.sdp.sdp).toMatch(/m=audio(.|\r\n)+opus(.|\r\n)+m=video(.|\r\n)+VP8(.|\r\n)+H264/)
  expect(await candidate).toMatchObject({ sessionId, candidate: { candidate: expect.stringContaining('typ host') } })
})

test('what is not understood, not there or not in its turn is refused and changes nothing', async () => {
  const { url } = await startTestServer()
  const { device, sessionId } = await createStream(url)
  const client = await connect(url)
  const refused = async (event: string, payload: unknown): Promise<unknown> => {
    const error = next(client, 'error')
    const { error: message } = (await client.emitWithAck(event, payload)) as { error: string }
    expect(await error).toEqual({ message })
    return message
  }
  expect(await refused('answerSdp', { sdp: 'v=0' })).toBe('Join a stream first.')
  expect(await refused('ice-candidate', { candidate: null })).toBe('Join a stream first.')
  for (const payload of [
    undefined,
    null,
    [],
    'text',
    {},
    { sessionId },
    { sessionId, role: 'owner' },
    { sessionId, role: 'device' },
  ])
    expect(await refused('join-stream', payload)).toBe('The message is not well formed.')
  expect(await refused('join-stream', { sessionId: 'other', role: 'viewer' })).toBe('There is no stream by that id.')
  expect(await refused('join-stream', { sessionId, role: 'device', deviceId: 'other' })).toBe(
    'This stream is for another device.',
  )
  expect(await client.emitWithAck('join-stream', { sessionId, role: 'viewer' })).toMatchObject({ state: 'waiting' })
  expect(await refused('join-stream', { sessionId, role: 'viewer' })).toBe(
    'This connection already takes part in a stream.',
  )
  expect(await refused('answerSdp', { sdp: { type: 'answer', sdp: 'v=0' } })).toBe(
    'There is no offer that waits for an answer.',
  )
  expect(await refused('answerSdp', { sdp: { type: 'offer', sdp: 'v=0' } })).toBe('The message is not well formed.')

  const offer = next(device, 'offerSdp')
  expect(await device.emitWithAck('join-stream', { sessionId, role: 'device', deviceId })).toMatchObject({
    state: 'waiting',
  })
  await offer
  expect(await device.emitWithAck('answerSdp', { sdp: { type: 'answer', sdp: 'nonsense' } })).toEqual({
    error: 'The answer does not fit the offer.',
    status: 400,
  })
  expect(await device.emitWithAck('join-stream', { sessionId, role: 'device', deviceId })).toMatchObject({
    state: 'waiting',
  })

  for (const [path, body, status] of [
    ['/live/create-stream-request', {}, 400],
    ['/live/create-stream-request', [], 400],
    ['/live/create-stream-request', { deviceId, sessionId: '../x' }, 400],
    ['/live/create-stream-request', { deviceId, sessionId: 'stop' }, 400],
    ['/live/create-stream-request', { deviceId: 'x'.repeat(200) }, 400],
    ['/create-session', { deviceId: 'another', sessionId }, 409],
    ['/create-session', { deviceId, pad: 'x'.repeat(10_000) }, 413],
    ['/live/stop', {}, 400],
    ['/live/stop', { sessionId: 'other' }, 404],
  ] as const)
    expect([path, body, (await post(url, path, body)).status]).toEqual([path, body, status])
})

test('who watches and who sends is told of the end, and can join no more', async () => {
  const { url } = await startTestServer()
  const { device, sessionId } = await createStream(url)
  const viewer = await connect(url)
  await viewer.emitWithAck('join-stream', { sessionId, role: 'viewer' })
  await device.emitWithAck('join-stream', { sessionId, role: 'device', deviceId })
  const ends = [next(viewer, 'stream-state'), next(device, 'stream-state')]
  expect((await post(url, '/live/stop', { sessionId })).status).toBe(200)
  for (const end of ends) expect(await end).toEqual({ sessionId, state: 'ended', reason: 'stopped' })
  expect(await viewer.emitWithAck('join-stream', { sessionId, role: 'viewer' })).toEqual({
    error: 'There is no stream by that id.',
    status: 404,
  })
})

/** The server's own UDP ports, by its offer. */
const portsOf = (sdp: string): [address: string, port: number][] =>
  [...new Set(sdp.match(/^a=candidate:.*typ host/gm))].map((line) => {
    const [, , , , address = '', port = ''] = line.split(' ')
    return [address, Number(port)]
  })

const openUdpSockets = () => process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length

test('a device makes a stream of its own over its socket, and it alone ends it so', async () => {
  const { url } = await startTestServer()
  const [device, stranger] = [await connect(url), await connect(url)]
  expect(await stranger.emitWithAck('create-stream', { deviceId: 'no such id!' })).toMatchObject({ status: 400 })
  const { sessionId } = (await device.emitWithAck('create-stream', { deviceId })) as { sessionId: string }
  const offered = next(device, 'offerSdp')
  expect(await device.emitWithAck('join-stream', { sessionId, role: 'device', deviceId })).toMatchObject({ sessionId })
  await offered
  expect(await stranger.emitWithAck('stop-stream', { sessionId })).toMatchObject({ status: 403 })
  await stranger.emitWithAck('join-stream', { sessionId, role: 'viewer' })
  expect(await stranger.emitWithAck('stop-stream', { sessionId })).toMatchObject({ status: 403 })
  const ended = next(stranger, 'stream-state')
  expect(await device.emitWithAck('stop-stream', { sessionId })).toEqual({ sessionId })
  expect(await ended).toMatchObject({ state: 'ended', reason: 'stopped' })
})

test('a stream needs the access token of the server, however it is made', async () => {
  const token = 'a-token-of-sixteen-letters'
  const { url } = await startTestServer({ access: { token, scope: 'create' } })
  const without = await connect(url)
  expect(await without.emitWithAck('create-stream', { deviceId })).toMatchObject({ status: 403 })
  const device = await connect(url, { auth: { token } })
  expect(await device.emitWithAck('create-stream', { deviceId, sessionId: 'mine' })).toEqual({ sessionId: 'mine' })
})

test('the relay asks no server of others for its addresses, and leaves no UDP socket behind', async () => {
  const lookups = [vi.spyOn(dns, 'lookup'), vi.spyOn(dns.promises, 'lookup')]
  onTestFinished(() => void vi.restoreAllMocks())
  const before = openUdpSockets()
  const server = await startTestServer()
  const { device, sessionId } = await createStream(server.url)
  const offer = next(device, 'offerSdp')
  await device.emitWithAck('join-stream', { sessionId, role: 'device', deviceId })
  await offer
  expect(openUdpSockets()).toBeGreaterThan(before)
  const names = lookups.flatMap(({ mock }) => (mock.calls as unknown[][]).map(([name]) => name))
  expect(names.filter((name) => typeof name === 'string' && /[a-z]\.[a-z]/.test(name))).toEqual([])
  await server.close()
  await vi.waitFor(() => expect(openUdpSockets()).toBe(before), { timeout: 5000 })
})

test('garbage at its UDP ports and in answers does not harm the server', async () => {
  const { url } = await startTestServer({
    limits: {
      isLoopbackExempt: true,
      roomRate: { burst: 1e6, perSecond: 1e6 },
      signalRate: { burst: 1e6, perSecond: 1e6 },
    },
  })
  const { device, sessionId } = await createStream(url)
  const answer = [
    ...['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0 1'],
    ...['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=ice-ufrag:abcd', `a=ice-pwd:${'p'.repeat(22)}`],
    ...[`a=fingerprint:sha-256 ${'AA:'.repeat(31)}AA`, 'a=setup:active', 'a=mid:0', 'a=sendonly', 'a=rtcp-mux'],
    ...['a=rtpmap:111 opus/48000/2', 'a=ssrc:1 cname:x', 'm=video 9 UDP/TLS/RTP/SAVPF 96 97', 'c=IN IP4 0.0.0.0'],
    ...['a=ice-ufrag:abcd', `a=ice-pwd:${'p'.repeat(22)}`, 'a=setup:active', 'a=mid:1', 'a=sendonly', 'a=rtcp-mux'],
    ...[
      'a=rtpmap:96 VP8/90000',
      'a=rtpmap:97 rtx/90000',
      'a=fmtp:97 apt=96',
      'a=ssrc-group:FID 2 3',
      'a=ssrc:2 cname:x',
    ],
  ]
  const random = (below: number) => Math.floor(Math.random() * below)
  const udp = createUdpSocket('udp4')
  onTestFinished(() => void udp.close())
  const throwGarbage = (sdp: string) => {
    for (const [address, port] of portsOf(sdp).filter(([each]) => each.includes('.')))
      for (const first of [0, 1, 20, 22, 63, 128, 144, 200]) {
        const datagram = Buffer.from(Array.from({ length: 1 + random(200) }, () => random(256)))
        datagram[0] = first
        if (first < 2 && datagram.length > 20) datagram.writeUInt32BE(0x2112a442, 4)
        udp.send(datagram, port, address)
      }
  }
  for (let round = 0; round < 60; round += 1) {
    const offered = next(device, 'offerSdp')
    await device.emitWithAck('join-stream', { sessionId, role: 'device', deviceId })
    const { sdp } = await offered
    throwGarbage(sdp.sdp)
    const lines = answer.flatMap((line) => {
      const dice = round === 0 ? 12 : random(12)
      if (dice === 0) return []
      if (dice === 1) return [line, line]
      return dice === 2 ? [line.slice(0, random(line.length))] : [line]
    })
    const answered: unknown = await device.emitWithAck('answerSdp', {
      sdp: { type: 'answer', sdp: `${lines.join('\r\n')}\r\n` },
    })
    if (round === 0) expect(answered).toEqual({})
    await device.emitWithAck('ice-candidate', { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host' })
    throwGarbage(sdp.sdp)
    await device.emitWithAck('leave-stream', {})
  }
  expect((await fetch(`${url}/health`)).status).toBe(200)
  const offered = next(device, 'offerSdp')
  await device.emitWithAck('join-stream', { sessionId, role: 'device', deviceId })
  expect((await offered).sessionId).toBe(sessionId)
}, 60_000)
