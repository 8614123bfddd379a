/**
 * One relay in a process of its own, so that what it costs can be told apart: `earshot`, the real server with every
 * check it makes, `bare`, the least that Socket.IO can do, `bare-streams`, the least that HTTP can, `turn`, the relay for sound and picture, or
 * `bare-datagrams`, the least that UDP can. Started by relay.ts with --expose-gc; answers each message of its parent with a `Usage`.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import { freePort } from '../helpers/free-port.ts'

export interface Usage {
  /** Memory of the process after a garbage collection. */
  readonly rssBytes: number
  /** Processor time so far, user and system. */
  readonly cpuMs: number
}

/** Pairs up the sockets as they come and hands each message to the other one, unread. */
const startBareRelay = async (): Promise<string> => {
  const http = createServer()
  const io = new Server(http, { transports: ['websocket'], serveClient: false, maxHttpBufferSize: 64 * 1024 })
  let single: Socket | undefined
  io.on('connection', (socket) => {
    const partner = single
    single = partner ? undefined : socket
    if (!partner) return
    for (const [from, to] of [
      [socket, partner],
      [partner, socket],
    ] as const) {
      from.on('signal:send', (signal: unknown) => to.emit('signal:received', signal))
    }
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`
}

/** Holds every request open as an event stream, and says nothing. */
const startBareStreams = async (): Promise<string> => {
  const http = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }).write(': hello\n\n')
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`
}

/** Loaded only here, so that the bare process does not carry it. */
const startEarshot = async (): Promise<string> => {
  const { startSignallingServer } = await import('#signalling/server.ts')
  // Every check stays, but a load is by its nature what the rates are there to hold back.
  const unbound = { burst: 1e9, perSecond: 1e9 }
  const crowd = { connections: 12_000, tcpConnections: 12_000, rooms: 6000 }
  const redisUrl = process.env['REDIS_URL']
  const { url } = await startSignallingServer({
    host: '127.0.0.1',
    limits: { signalRate: unbound, ...crowd },
    openCluster: redisUrl === undefined ? undefined : (await openCluster())(redisUrl),
  })
  return url
}

/** The relay alone. Answers its port, and a pass for each of two clients. */
const startTurn = async (): Promise<string> => {
  const { TurnRelay } = await import('#signalling/turn/turn-relay.ts')
  const { defaultServerLimits } = await import('#signalling/server-limits.ts')
  const { createSystemClock } = await import('#signalling/system-clock.ts')
  const log = () => undefined
  const limits = { ...defaultServerLimits, turnBytesRate: { burst: 1e12, perSecond: 1e12 } }
  const relay = new TurnRelay({ limits, clock: createSystemClock(log), log })
  const port = await freePort()
  await relay.listenUdp(port, '127.0.0.1')
  return JSON.stringify({ port, passes: ['a', 'b'].map((id) => relay.iceServerFor(id, '127.0.0.1')) })
}

/** Hands each datagram, unread, to whoever else sent one. */
const startBareDatagrams = async (): Promise<string> => {
  const socket = createSocket({
    type: 'udp4',
    lookup: (address, family, answer) => answer(null, address, Number(family)),
  })
  const ports: number[] = []
  socket.on('message', (bytes, { port }) => {
    if (!ports.includes(port)) ports.push(port)
    const to = ports.find((other) => other !== port)
    if (to !== undefined) socket.send(bytes, to, '127.0.0.1')
  })
  const listening = once(socket, 'listening')
  socket.bind(0, '127.0.0.1')
  await listening
  return JSON.stringify({ port: socket.address().port, passes: [] })
}

const openCluster = async () => (await import('#signalling/cluster/open-cluster.ts')).openRedisCluster

const usage = (): Usage => {
  globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  return { rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 }
}

const starts: Readonly<Record<string, () => Promise<string>>> = {
  earshot: startEarshot,
  bare: startBareRelay,
  turn: startTurn,
  'bare-datagrams': startBareDatagrams,
  'bare-streams': startBareStreams,
}
const start = starts[process.argv[2] ?? '']
if (start === undefined) throw new Error('which relay?')
const url = await start()
process.on('message', () => process.send?.(usage()))
process.on('disconnect', () => process.exit())
process.send?.(url)
