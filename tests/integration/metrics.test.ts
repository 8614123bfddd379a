import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { openMetrics, type MetricsOptions } from '#signalling/http/metrics.ts'
import type { SignallingServerOptions } from '#signalling/server.ts'
import {
  anOffer,
  codeOf,
  connect,
  createRoom,
  fillRoom,
  next,
  request,
  startTestServer,
} from '../helpers/signalling-client.ts'
import { ask } from '../helpers/signalling-raw.ts'
import { openTurn } from '../helpers/turn-server.ts'

const TOKEN = '0123456789abcdef'

const startMeasured = (metrics: MetricsOptions = {}, options: SignallingServerOptions = {}) =>
  startTestServer({ ...options, metrics: (sources) => openMetrics(metrics, sources) })

/** The value of one line, for example `earshot_connections{transport="websocket"}`. */
const figure = async (port: number, line: string): Promise<number> => {
  const { body } = await ask(port, '/metrics')
  const found = body.split('\n').find((each) => each.startsWith(`${line} `))
  return Number(found?.slice(line.length + 1))
}

test('[H9] unless it is asked for there are no figures', async () => {
  const { port } = await startTestServer()
  expect(await ask(port, '/metrics')).toMatchObject({ status: 404, body: 'There is nothing at this address.\n' })
})

test('[H9] the figures are told in the format of Prometheus, each with what it is', async () => {
  const { port } = await startMeasured()
  const { status, headers, body } = await ask(port, '/metrics')
  expect([status, headers['content-type'], headers['cache-control']]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
    'no-store',
  ])
  const names = Array.from(body.matchAll(/^# TYPE (\S+) (?:counter|gauge|histogram)$/gm), ([, name]) => name)
  expect(names).toEqual([
    'earshot_connections',
    'earshot_rooms',
    'earshot_peers',
    'earshot_calls',
    'earshot_relayed_signals_total',
    'earshot_refused_total',
    'earshot_request_duration_seconds',
    'earshot_event_loop_delay_seconds',
    'process_resident_memory_bytes',
    'nodejs_heap_used_bytes',
    'process_cpu_seconds_total',
    'process_start_time_seconds',
  ])
  for (const line of body.trimEnd().split('\n'))
    expect(line).toMatch(/^$|^# (?:HELP|TYPE) \S+ .+$|^[a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? [\d.e+-]+$/)
})

test('[H9] people, rooms, calls, signals and refusals are counted', async () => {
  const { url, port } = await startMeasured()
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  await createRoom(ann.socket)
  expect(await figure(port, 'earshot_connections{transport="websocket"}')).toBe(2)
  expect(await figure(port, 'earshot_connections{transport="polling"}')).toBe(0)
  expect(await figure(port, 'earshot_connections{transport="sse"}')).toBe(0)
  expect(await figure(port, 'earshot_rooms')).toBe(2)
  expect(await figure(port, 'earshot_peers')).toBe(2)
  expect(await figure(port, 'earshot_calls')).toBe(1)
  for (let count = 0; count < 3; count += 1) {
    const received = next(bob.socket, 'signal:received')
    ann.socket.emit('signal:send', { to: bob.joined.peerId, signal: anOffer() })
    await received
  }
  expect(await figure(port, 'earshot_relayed_signals_total')).toBe(3)
  expect(codeOf(await request(ann.socket, 'room:join', { code: ann.joined.room.code, name: 'Ann' }))).toBe(
    'already-in-room',
  )
  expect(await figure(port, 'earshot_refused_total{reason="already-in-room"}')).toBe(1)
  expect(await figure(port, 'earshot_request_duration_seconds_count{request="room:join"}')).toBe(3)
  expect(await figure(port, 'earshot_request_duration_seconds_bucket{request="signal:send",le="+Inf"}')).toBe(3)
  expect(await figure(port, 'earshot_request_duration_seconds_sum{request="signal:send"}')).toBeGreaterThan(0)
  expect(await figure(port, 'process_resident_memory_bytes')).toBeGreaterThan(1e6)
  expect(await figure(port, 'earshot_event_loop_delay_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0)
})

test('[H9] clients of other systems are counted by their transport, and what they ask by name', async () => {
  const { url, port } = await startMeasured()
  const socket = io(url, { transports: ['polling'], forceNew: true })
  onTestFinished(() => void socket.close())
  await socket.emitWithAck('join_room', { appointment_id: 'visit-9', name: 'Ann' })
  expect((await fetch(`${url}/register/visit-9/device`, { method: 'POST' })).status).toBe(200)
  const stream = await fetch(`${url}/events/visit-9/device`)
  expect(await figure(port, 'earshot_connections{transport="polling"}')).toBe(1)
  expect(await figure(port, 'earshot_connections{transport="sse"}')).toBe(1)
  expect(await figure(port, 'earshot_request_duration_seconds_count{request="join_room"}')).toBe(1)
  expect(await figure(port, 'earshot_request_duration_seconds_count{request="/register/:sessionId/:peerId"}')).toBe(1)
  await stream.body!.cancel()
  await expect.poll(() => figure(port, 'earshot_connections{transport="sse"}')).toBe(0)
})

test('[H9] no figure holds a name, a code or an address', async () => {
  const { url, port } = await startMeasured()
  const [ann, bob] = await fillRoom(url, 'Annabel', 'Bobby')
  ann.socket.emit(`what-${bob.joined.peerId}` as 'room:leave', {}, () => undefined)
  await ask(port, '/iceServers?token=a-token-of-somebody')
  const { body } = await ask(port, '/metrics')
  const secrets = [
    ann.joined.peerId,
    bob.joined.peerId,
    ann.joined.room.code,
    'Annabel',
    'Bobby',
    '127.0.0.1',
    'a-token',
  ]
  expect(secrets.filter((secret) => body.includes(secret))).toEqual([])
})

test('[H9] without a token only a program on this machine may read, through no proxy', async () => {
  const { port } = await startMeasured()
  for (const headers of [
    { 'X-Forwarded-For': '198.51.100.7' },
    { Forwarded: 'for=198.51.100.7' },
    { Via: '1.1 proxy' },
    { Origin: `http://127.0.0.1:${port}` },
  ])
    expect((await ask(port, '/metrics', { headers: headers as unknown as Record<string, string> })).status).toBe(404)
})

test('[H9] with a token, whoever shows it may read, from wherever', async () => {
  const { port } = await startMeasured({ token: TOKEN })
  const status = async (headers: Record<string, string>) => (await ask(port, '/metrics', { headers })).status
  expect(await status({})).toBe(401)
  expect(await status({ Authorization: 'Bearer 0123456789abcdeF' })).toBe(401)
  expect(await status({ Authorization: `Bearer ${TOKEN}`, 'X-Forwarded-For': '198.51.100.7' })).toBe(200)
})

test('[H9] each server counts for itself', async () => {
  const [one, other] = [await startMeasured(), await startMeasured()]
  await connect(one.url)
  expect(await figure(one.port, 'earshot_connections{transport="websocket"}')).toBe(1)
  expect(await figure(other.port, 'earshot_connections{transport="websocket"}')).toBe(0)
})

test('[H9] what the own relay carries is counted, where there is one', async () => {
  const { url, port } = await startMeasured({}, { relay: true })
  const [{ session: annSession }, { session: benSession }] = [await connect(url), await connect(url)]
  const [ann, ben] = [await openTurn.udp(port), await openTurn.tcp(port)]
  const [annAt, benAt] = [await ann.allocate(annSession.iceServers[0]!), await ben.allocate(benSession.iceServers[0]!)]
  await ann.permit(benAt)
  await ben.permit(annAt)
  ann.indicate(benAt, 'five!')
  await expect.poll(() => ben.received).toHaveLength(1)
  expect(await figure(port, 'earshot_relay_allocations')).toBe(2)
  expect(await figure(port, 'earshot_relay_packets_total')).toBe(1)
  expect(await figure(port, 'earshot_relay_bytes_total')).toBe(5)
})
