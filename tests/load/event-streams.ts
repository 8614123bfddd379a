/**
 * What a device costs that reads its session over server-sent events and is quiet: memory for each of 5,000 open streams,
 * beside streams that a bare HTTP server holds open; and how long a message takes from one device to another meanwhile.
 */
import { Agent, request, type IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { Relay } from './relay.ts'
import { quantile } from './statistics.ts'

const STREAMS = 5000
const BATCH = 50
const MESSAGES = 500

const posting = new Agent({ keepAlive: true, maxSockets: 50 })

const post = (url: string, body: string, token = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      ...(token === '' ? {} : { Authorization: `Bearer ${token}` }),
    }
    const asked = request(url, { method: 'POST', headers, agent: posting }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${url} answered ${String(response.statusCode)}: ${text}`))
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })

interface Stream {
  readonly token: string
  readonly name: string
  /** Called with each piece of the stream. */
  onData: (text: string) => void
  readonly close: () => void
}

const openStream = (url: string, token: string, name: string): Promise<Stream> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { headers: token === '' ? {} : { Authorization: `Bearer ${token}` }, agent: false })
    asked.on('error', reject)
    asked.on('response', (response: IncomingMessage) => {
      if (response.statusCode !== 200) reject(new Error(`the stream was answered ${String(response.statusCode)}`))
      const stream: Stream = { token, name, onData: () => undefined, close: () => asked.destroy() }
      response.on('data', (chunk: Buffer) => stream.onData(chunk.toString()))
      response.on('error', () => undefined) // destroyed at the end
      resolve(stream)
    })
    asked.end()
  })

/** Pairs, each in a session of its own. */
const openEarshot = async (url: string, at: number): Promise<Stream> => {
  const path = `s${String(Math.floor(at / 2))}/d${String(at % 2)}`
  const { token } = JSON.parse(await post(`${url}/register/${path}`, '')) as { token: string }
  return await openStream(`${url}/events/${path}`, token, path)
}

const openAll = async (open: (at: number) => Promise<Stream>): Promise<Stream[]> => {
  const streams: Stream[] = []
  while (streams.length < STREAMS) {
    const from = streams.length
    streams.push(...(await Promise.all(Array.from({ length: BATCH }, (_, index) => open(from + index)))))
  }
  return streams
}

const measureMessages = async (url: string, streams: readonly Stream[]): Promise<number[]> => {
  const latencies: number[] = []
  const candidate = {
    type: 'ice-candidate',
    payload: { candidate: 'candidate:1 1 udp 1 10.0.0.1 9 typ host' },
    target: 'd1',
  }
  for (let at = 0; at < MESSAGES; at += 1) {
    const [from, to] = [streams[at * 2], streams[at * 2 + 1]]
    if (!from || !to) break
    const { promise, resolve } = Promise.withResolvers<undefined>()
    to.onData = (text) => {
      if (text.includes('ice-candidate')) resolve(undefined)
    }
    const startedAt = performance.now()
    await Promise.all([promise, post(`${url}/message/${from.name}`, JSON.stringify(candidate), from.token)])
    latencies.push(performance.now() - startedAt)
  }
  return latencies
}

export interface EventStreamCost {
  readonly earshotBytes: number
  readonly bareBytes: number
  readonly medianMs: number
  readonly p99Ms: number
}

const measureMemory = async (relay: Relay, open: (at: number) => Promise<Stream>) => {
  const warmUp = await Promise.all(Array.from({ length: BATCH }, (_, at) => open(STREAMS + at)))
  for (const stream of warmUp) stream.close()
  await wait(500)
  const before = await relay.usage()
  const streams = await openAll(open)
  await wait(500)
  const after = await relay.usage()
  return { streams, bytes: (after.rssBytes - before.rssBytes) / STREAMS }
}

export const measureEventStreams = async (): Promise<EventStreamCost> => {
  const bare = await Relay.start('bare-streams')
  const ofBare = await measureMemory(bare, (at) => openStream(bare.url, '', String(at)))
  for (const stream of ofBare.streams) stream.close()
  bare.stop()
  const earshot = await Relay.start('earshot')
  try {
    const ofEarshot = await measureMemory(earshot, (at) => openEarshot(earshot.url, at))
    const latencies = await measureMessages(earshot.url, ofEarshot.streams)
    for (const stream of ofEarshot.streams) stream.close()
    const [earshotBytes, bareBytes] = [ofEarshot.bytes, ofBare.bytes]
    return { earshotBytes, bareBytes, medianMs: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) }
  } finally {
    posting.destroy()
    earshot.stop()
  }
}
