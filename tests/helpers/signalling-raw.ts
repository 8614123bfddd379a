import { once } from 'node:events'
import { request, type IncomingHttpHeaders } from 'node:http'
import { connect as connectTcp, type Socket as TcpSocket } from 'node:net'
import { onTestFinished } from 'vitest'
import { PROTOCOL_VERSION } from '#signalling/protocol.ts'

const LIMIT_MS = 15_000

/** Asks for an upgrade with these headers; answers the status, 101 when it was granted. */
export const upgrade = (
  url: string,
  headers: Readonly<Record<string, string>> = {},
  path = '/socket.io/?EIO=4&transport=websocket',
): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request(url + path, {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'ZWFyc2hvdC10ZXN0LWtleQ==',
        ...headers,
      },
      signal: AbortSignal.timeout(LIMIT_MS),
    })
    asked.on('upgrade', (response, socket) => {
      socket.on('error', () => undefined)
      socket.destroy()
      resolve(response.statusCode ?? 0)
    })
    asked.on('response', (response) => resolve(response.resume().statusCode ?? 0))
    asked.on('error', reject)
    asked.end()
  })

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One HTTP request with the path exactly as it is written (fetch and URL would tidy it up). */
export const ask = async (
  port: number,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<HttpAnswer> => {
  const asked = request({ host: '127.0.0.1', port, path, method, headers, signal: AbortSignal.timeout(LIMIT_MS) })
  asked.end()
  const [response] = await once(asked, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }
}

/** A TCP connection that says what it is told to; answers what came until the other side closed it. */
export const openTcp = (port: number): { socket: TcpSocket; ended: Promise<string> } => {
  const socket = connectTcp(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let received = ''
  socket.on('data', (chunk) => (received += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(received)))
  return { socket, ended }
}

/** A WebSocket that speaks neither Engine.IO nor Socket.IO by itself: answers no pings, sends what it is given. */
export const openRaw = async (url: string) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
  socket.binaryType = 'arraybuffer'
  onTestFinished(() => socket.close())
  const frames: string[] = []
  const waiting = new Set<() => void>()
  socket.addEventListener('message', ({ data }) => {
    frames.push(String(data))
    for (const check of waiting) check()
  })
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve(), { once: true }))
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error('the WebSocket was refused')), { once: true })
  })
  /** The first frame that begins like this, come or still to come. */
  const frame = (start: string): Promise<string> =>
    new Promise((resolve) => {
      const check = () => {
        const found = frames.find((text) => text.startsWith(start))
        if (found === undefined) return
        waiting.delete(check)
        resolve(found)
      }
      waiting.add(check)
      check()
    })
  return { socket, frames, frame, closed, send: (data: string | Uint8Array<ArrayBuffer>) => socket.send(data) }
}

/** The same, already let into the main namespace as one of Earshot's own clients. */
export const openRawSession = async (url: string) => {
  const raw = await openRaw(url)
  raw.send(`40${JSON.stringify({ version: PROTOCOL_VERSION })}`)
  await raw.frame('42["session:opened"')
  return raw
}
