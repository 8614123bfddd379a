/**
 * The lightest Socket.IO client there can be, for load: WebSocket frames on a bare TCP socket, messages made once and
 * written as they are, arrivals told by their length. The official client would cost more than the server under test.
 */
import { request } from 'node:http'
import type { Socket } from 'node:net'

const TEXT = 0x81
const MASKED = 0x80

/** One client text frame (RFC 6455, section 5.2). The masking key is zero, which leaves the text as it is. */
const frame = (text: string): Buffer => {
  const payload = Buffer.from(text)
  const short = payload.length < 126
  const header = Buffer.alloc(short ? 6 : 8)
  header[0] = TEXT
  header[1] = MASKED | (short ? payload.length : 126)
  if (!short) header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, payload])
}

/** An event nobody answers, ready for `write`. At most 65,535 bytes. */
export const eventFrame = (name: string, payload: unknown): Buffer => frame(`42${JSON.stringify([name, payload])}`)

const PONG = frame('3')

const upgrade = (url: string): Promise<{ socket: Socket; head: Buffer }> =>
  new Promise((resolve, reject) => {
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'ZWFyc2hvdC1sb2FkLWtleQ==',
    }
    const asked = request(`${url}/socket.io/?EIO=4&transport=websocket`, { headers, timeout: 10_000 })
    asked.on('upgrade', (_response, socket: Socket, head) => resolve({ socket, head }))
    asked.on('response', (response) => reject(new Error(`the server answered ${String(response.statusCode)}`)))
    asked.on('timeout', () => asked.destroy(new Error('the server did not answer within 10 s')))
    asked.on('error', reject)
    asked.end()
  })

export class WireClient {
  /** Called for each event from the server with the bytes of its packet. */
  onEvent: (bytes: number) => void = () => undefined

  readonly #socket: Socket
  readonly #answers = new Map<number, (answer: unknown) => void>()
  readonly #waiting: { name: string; tell: (payload: unknown) => void }[] = []
  #rest: Buffer
  #lastRequest = 0

  private constructor(socket: Socket, head: Buffer) {
    this.#socket = socket
    this.#rest = head
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', () => undefined) // the end of the server; whoever waits has a limit
  }

  /** Resolves once the server has taken the connection into the main namespace. */
  static async connect(url: string, auth: unknown): Promise<WireClient> {
    const { socket, head } = await upgrade(url)
    const client = new WireClient(socket, head)
    const connected = client.next('connect')
    client.#read(Buffer.alloc(0))
    client.write(frame(`40${JSON.stringify(auth)}`))
    await connected
    return client
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  /** Resolves with the answer to a request; rejects after 10 s. */
  request(name: string, payload: unknown): Promise<unknown> {
    const id = ++this.#lastRequest
    this.write(frame(`42${String(id)}${JSON.stringify([name, payload])}`))
    return within(10_000, name, (resolve) => this.#answers.set(id, resolve))
  }

  /** Resolves with the payload of the next event of that name (`connect`: of the namespace); rejects after 10 s. */
  next(name: string): Promise<unknown> {
    return within(10_000, name, (tell) => this.#waiting.push({ name, tell }))
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      const size = bytes.length < 2 ? 0 : (bytes[1] ?? 0)
      const start = size < 126 ? 2 : size === 126 ? 4 : 10
      if (bytes.length < start) break
      const length = size < 126 ? size : size === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
      if (bytes.length < start + length) break
      if (bytes[0] === TEXT) this.#handle(bytes.subarray(start, start + length))
      bytes = bytes.subarray(start + length)
    }
    this.#rest = bytes
  }

  /** Engine.IO `2` is a ping, `4` a message; Socket.IO `0` connect, `2` event, `3` answer, `4` refusal. */
  #handle(packet: Buffer): void {
    const kind = packet.toString('latin1', 0, 2)
    if (kind === '2') this.write(PONG)
    else if (kind === '40') this.#tell('connect', undefined)
    else if (kind === '42') this.#handleEvent(packet)
    else if (kind === '43') this.#handleAnswer(packet.toString())
    else if (kind === '44') this.#socket.destroy(new Error(packet.toString()))
  }

  #handleEvent(packet: Buffer): void {
    if (this.#waiting.length > 0) {
      const [name, payload] = JSON.parse(packet.toString('utf8', 2)) as [string, unknown]
      this.#tell(name, payload)
    }
    this.onEvent(packet.length)
  }

  #tell(name: string, payload: unknown): void {
    const index = this.#waiting.findIndex((waiting) => waiting.name === name)
    if (index >= 0) this.#waiting.splice(index, 1)[0]?.tell(payload)
  }

  #handleAnswer(packet: string): void {
    const list = packet.indexOf('[')
    const id = Number(packet.slice(2, list))
    const [answer] = JSON.parse(packet.slice(list)) as [unknown]
    this.#answers.get(id)?.(answer)
    this.#answers.delete(id)
  }
}

const within = <T>(limitMs: number, name: string, start: (resolve: (value: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name}: nothing came within ${String(limitMs)} ms`)), limitMs)
    start((value) => {
      clearTimeout(timer)
      resolve(value)
    })
  })
