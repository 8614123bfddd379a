import { Agent, request as httpRequest } from 'node:http'
import fc from 'fast-check'
import { io, type Socket } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { connect, createRoom, fillRoom, request, startTestServer, valueOf } from '../helpers/signalling-client.ts'

/**
 * Anything at all, sent to every event and every address of the systems beside our own: the server makes no mistake of its
 * own (nothing is logged as one), goes on serving, and nobody gets a word who has nothing to do with it.
 */
const UNBOUND = { burst: 1e9, perSecond: 1e9 }
const unbound = { signalRate: UNBOUND, chatRate: UNBOUND, roomRate: UNBOUND, rooms: 100_000 }
const RUNS = 5000
const SOCKETS = 8
const BATCH = 50

const EVENTS = [
  ...['join_room', 'send_offer', 'send_answer', 'ice_candidate'],
  ...['create-room', 'join', 'offer', 'answer', 'ice', 'cut-the-call'],
  ...['user:join', 'user:prove', 'user:status', 'call:initiate', 'call:accept', 'call:reject'],
  ...['call:offer', 'call:answer', 'ice:candidate', 'call:end'],
  ...['join-stream', 'answerSdp', 'ice-candidate'],
]
const FIELDS = [
  ...['appointment_id', 'name', 'remoteSocketId', 'offer', 'answer', 'candidate', 'room_id', 'max_users', 'peer_name'],
  ...['peer_id', 'sdp', 'userId', 'to', 'callType', 'callId', 'from', 'sessionId', 'deviceId', 'role', 'publicKey'],
  ...['signature', 'type', 'payload', 'target', 'chats', 'text', 'format', 'title', '__proto__', 'constructor'],
]

/** Few words, so that some of them meet: one client's room is another's. */
const word = fc.constantFrom('a', 'b', 'c', '1', '2', 'x y', 'é', '__proto__', 'toString', '\u202e', '../..', '')
const value = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('audio', 'video', 'offer', 'answer', 'text', 'markdown', 'device', 'viewer'),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'offer', sdp: 'v=0\r\n' }) },
  { weight: 1, arbitrary: fc.constant({ candidate: 'candidate:1 1 udp 1 10.0.0.1 9 typ host', sdpMid: '0' }) },
  { weight: 1, arbitrary: fc.integer({ min: -2, max: 20 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
)
const name = fc.constantFrom('a', 'b', 'c', '1', '2')
/** All fields of all systems at once: each takes its own and passes over the rest. */
const good = fc.record({
  ...{ appointment_id: name, name, room_id: name, peer_name: name, userId: name, to: name, sessionId: name },
  ...{ deviceId: name, callType: fc.constantFrom('audio', 'video'), role: fc.constantFrom('device', 'viewer') },
  ...{ chats: fc.array(fc.record({ text: name })), text: name, target: name, max_users: fc.constantFrom(2, 3) },
})
const payload = fc.oneof(
  { weight: 3, arbitrary: good },
  { weight: 5, arbitrary: fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 6 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
)

interface Bystanders {
  readonly ids: readonly string[]
  readonly expectNothing: () => Promise<void>
}

/** A meeting that nobody else has the code of: whatever is sent to the ids of its people must not arrive. */
const openMeeting = async (url: string): Promise<Bystanders> => {
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const settled = [ann.facts.length, bob.facts.length]
  return {
    ids: [ann.joined.peerId, bob.joined.peerId],
    expectNothing: async () => {
      valueOf(await request(ann.socket, 'chat:send', { nonce: 'nonce-fuzz', text: 'still here' }))
      await expect.poll(() => bob.facts.at(-1)?.[0]).toBe('chat:posted')
      expect([ann.facts.length, bob.facts.length - 1]).toEqual(settled)
    },
  }
}

const start = async () => {
  const faults: string[] = []
  const log = (level: string, event: string, fields: object) => {
    if (level === 'error') faults.push(`${event} ${JSON.stringify(fields)}`)
  }
  const server = await startTestServer({ log, limits: unbound })
  return { ...server, faults, bystanders: await openMeeting(server.url) }
}

test('no sequence of events, however shaped, makes the server fail or reach a meeting it is not for', async () => {
  const { url, faults, bystanders } = await start()
  const sockets: Socket[] = []
  const heard = new Set<string>()
  const open = () => {
    const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false })
    return socket.onAny((event: string) => heard.add(event))
  }
  for (let count = 0; count < SOCKETS; count += 1) sockets.push(open())
  onTestFinished(() => {
    for (const socket of sockets) socket.close()
  })
  const event = fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...EVENTS) }, { weight: 1, arbitrary: fc.string() })
  const target = fc.option(fc.constantFrom(...bystanders.ids), { freq: 3, nil: null })
  const step = fc.record({
    by: fc.nat(SOCKETS - 1),
    event,
    payload,
    target,
    isAsking: fc.boolean(),
    isLast: fc.nat(99),
  })
  let sent = 0
  const batch = fc.asyncProperty(fc.array(step, { minLength: BATCH, maxLength: BATCH }), async (steps) => {
    for (const { by, event, payload, target, isAsking, isLast } of steps) {
      const socket = sockets[by]!
      const isObject = target !== null && typeof payload === 'object' && payload !== null && !Array.isArray(payload)
      const said = isObject ? { ...payload, remoteSocketId: target, peer_id: target, to: target } : payload
      // Reserved names are refused by the client library itself.
      if (!['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'].includes(event))
        socket.emit(event, ...(isAsking ? [said, () => undefined] : [said]))
      sent += 1
      if (isLast === 0) {
        socket.close()
        sockets[by] = open()
      }
    }
    // Everything before it has been handled when this is answered.
    await createRoom((await connect(url)).socket)
    expect(faults).toEqual([])
  })
  await fc.assert(batch, { numRuns: RUNS / BATCH })
  expect(sent).toBeGreaterThanOrEqual(RUNS)
  // Some of it was good, so that what lies behind the checks was reached.
  for (const event of ['joined_successfully', 'room-created', 'joined', 'user:joined', 'error'])
    expect(heard).toContain(event)
  await bystanders.expectNothing()
}, 60_000)

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']
const PATHS = [
  ...['/api/v1/signalling/health-status', '/api/v1/signalling/save-chats/:id', '/api/v1/signalling/appointments'],
  ...[
    '/api/v1/signalling/documents/:id/:kind',
    '/iceServers',
    '/succession/:id',
    '/register/:id/:id',
    '/message/:id/:id',
  ],
  ...['/live/create-stream-request', '/create-session', '/live/stop', '/notification/create', '/metrics', '/health'],
  ...['/health/live', '/health/ready', '/r/:id/', '/live/:id', '/:id'],
]

const agent = new Agent({ keepAlive: true, maxSockets: 20 })

/** Answers the status; 0 when the server closed the connection without one. */
const ask = (url: string, method: string, path: string, body: string, type: string): Promise<number> =>
  new Promise((resolve) => {
    const headers = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }
    const asked = httpRequest(`${url}/`, { method, path, headers, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    asked.on('error', () => resolve(0))
    asked.end(body)
  })

test('no request, however shaped, makes the server fail', async () => {
  const { url, faults, bystanders } = await start()
  const segment = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('a', 'b', '1', 'report', 'transcript', '%C3%A9', 'x%20y') },
    { weight: 1, arbitrary: fc.constantFrom('%00', '%2e%2e', '..', '%', '%2f', '__proto__', 'a'.repeat(200), '%FF') },
    { weight: 1, arbitrary: fc.constantFrom(...bystanders.ids) },
  )
  const path = fc
    .tuple(fc.constantFrom(...PATHS), fc.array(segment, { minLength: 2, maxLength: 2 }))
    .map(([pattern, segments]) => pattern.replace(/:\w+/g, () => segments.shift() ?? 'x'))
  const asking = fc.record({
    method: fc.constantFrom(...METHODS),
    path,
    body: fc.oneof(
      { weight: 5, arbitrary: payload.map((said) => JSON.stringify(said)) },
      { weight: 1, arbitrary: fc.string() },
    ),
    type: fc.constantFrom('application/json', 'application/json', 'text/plain', ''),
  })
  const statuses = new Map<number, number>()
  const batch = fc.asyncProperty(fc.array(asking, { minLength: BATCH, maxLength: BATCH }), async (all) => {
    for (const status of await Promise.all(
      all.map(({ method, path, body, type }) => ask(url, method, path, body, type)),
    ))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    expect(faults).toEqual([])
  })
  await fc.assert(batch, { numRuns: RUNS / BATCH })
  expect(statuses.get(500) ?? 0).toBe(0)
  // Some of it was good, so that what lies behind the checks was reached.
  expect(statuses.get(200) ?? 0).toBeGreaterThan(50)
  await bystanders.expectNothing()
}, 60_000)
