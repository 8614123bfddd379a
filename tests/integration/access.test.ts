import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { PROTOCOL_VERSION } from '#signalling/protocol.ts'
import type { ManagerOptions, SocketOptions } from 'socket.io-client'
import {
  codeOf,
  connect,
  createRoom,
  createSocket,
  joinRoom,
  request,
  startTestServer,
  valueOf,
} from '../helpers/signalling-client.ts'
import { ask } from '../helpers/signalling-raw.ts'

const TOKEN = '0123456789abcdef'
const version = PROTOCOL_VERSION

/** What a handshake that has to fail is told. */
const refusedWith = (url: string, options: Partial<ManagerOptions & SocketOptions> = {}): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(url, options)
    socket.once('connect', () => reject(new Error('it was let in')))
    socket.once('connect_error', (error) => resolve((error as Error & { data?: unknown }).data))
    socket.connect()
  })

test('[J12] only who has the access token makes rooms; everybody joins them', async () => {
  const { url } = await startTestServer({ access: { token: TOKEN, scope: 'create' } })
  const host = await connect(url, { auth: { version, token: TOKEN } })
  const code = await createRoom(host.socket)
  const ann = await joinRoom(url, code, 'Ann')
  expect(ann.joined.room.code).toBe(code)
  for (const token of [undefined, '', 'wrong', 5, ['0123456789abcdef'], { token: TOKEN }]) {
    const { socket } = await connect(url, { auth: { version, token } })
    expect(codeOf(await request(socket, 'room:create', {}))).toBe('access-denied')
  }
})

test('[J12] a resumed place does not make its holder one who makes rooms', async () => {
  const { url } = await startTestServer({ access: { token: TOKEN, scope: 'create' } })
  const host = await connect(url, { auth: { version, token: TOKEN } })
  const ann = await joinRoom(url, await createRoom(host.socket), 'Ann')
  const again = await connect(url)
  valueOf(await request(again.socket, 'peer:resume', { token: ann.joined.token }))
  expect(codeOf(await request(again.socket, 'room:create', {}))).toBe('access-denied')
})

test('[C11] asked for everything, nobody connects without the token', async () => {
  const { url } = await startTestServer({ access: { token: TOKEN, scope: 'all' } })
  const denied = { code: 'access-denied', message: expect.any(String) }
  for (const token of [undefined, 'wrong', [TOKEN], { $ne: null }])
    expect(await refusedWith(url, { auth: { version, token } })).toEqual(denied)
  expect(await refusedWith(url, { auth: {}, transports: ['polling'] })).toEqual(denied)
  await createRoom((await connect(url, { auth: { version, token: TOKEN } })).socket)
})

test.each([
  ['in the handshake', { auth: { token: TOKEN } }],
  ['as bearer', { auth: {}, extraHeaders: { Authorization: `Bearer ${TOKEN}` } }],
  ['in the query', { auth: {}, query: { token: TOKEN } }],
  [
    'as bearer while polling',
    { auth: {}, transports: ['polling'], extraHeaders: { Authorization: `Bearer ${TOKEN}` } },
  ],
])('[C11] clients of other systems give it %s', async (_where, options) => {
  const { url } = await startTestServer({ access: { token: TOKEN, scope: 'all' } })
  expect((await connect(url, options)).session.peerId).toBeDefined()
})

test('[H11] asked for everything, so do the addresses for other systems, and the page and its health do not', async () => {
  const { port } = await startTestServer({ access: { token: TOKEN, scope: 'all' } })
  const status = async (path: string, headers = {}) => (await ask(port, path, { headers })).status
  const refused = await ask(port, '/iceServers')
  expect(refused).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
  expect(JSON.parse(refused.body)).toEqual({ message: 'This server asks for an access token for that.' })
  expect(await status('/iceServers', { Authorization: 'Bearer wrong' })).toBe(401)
  expect(await status('/iceServers', { Authorization: `Bearer ${TOKEN}` })).toBe(200)
  expect(await status(`/iceServers?token=${TOKEN}`)).toBe(200)
  expect([await status('/health'), await status('/health/ready')]).toEqual([200, 200])
})

/** Every way to make a room or what needs one, as an unchanged client of each system asks for it. */
const foreignWays: Record<string, (url: string) => Promise<unknown>> = {
  'an appointment by joining': (url) => tell(url, 'join_room', { appointment_id: 'visit-1', name: 'Ann' }),
  'an appointment over HTTP': (url) => post(url, '/api/v1/signalling/appointments', { appointment_id: 'visit-2' }),
  'a numbered room': (url) => tell(url, 'create-room', { room_id: '4711' }),
  'a session over server-sent events': (url) => post(url, '/register/session-1/device'),
  'a session for a live stream': (url) =>
    post(url, '/create-session', { deviceId: 'device-1', sessionId: 'session-2' }),
}

/** The answer of the acknowledgement. */
const tell = async (url: string, event: string, payload: object): Promise<unknown> => {
  const socket = io(url, { forceNew: true })
  onTestFinished(() => void socket.close())
  return (await socket.emitWithAck(event, payload)) as unknown
}

const post = async (url: string, path: string, body?: object): Promise<unknown> => {
  const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
  const response = await fetch(url + path, { method: 'POST', ...json })
  return { status: response.status, ...((await response.json()) as object) }
}

test.each(Object.entries(foreignWays))('[J12] %s needs the token as well', async (_what, make) => {
  const census: (() => { readonly rooms: number })[] = []
  const { url } = await startTestServer({
    access: { token: TOKEN, scope: 'create' },
    metrics: (sources) => {
      census.push(sources.census)
      return { routes: [], close: () => undefined }
    },
  })
  const answer = JSON.stringify(await make(url))
  expect(answer).toMatch(/access token/)
  expect(census[0]!().rooms).toBe(0)
})
