import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { classes, Message, methods, parseMessage } from 'werift'
import { MessageSplitter } from '#signalling/turn/tcp-clients.ts'

/** As the server issues it. */
export interface TurnPass {
  readonly username?: string | undefined
  readonly credential?: string | undefined
}

export type Address = readonly [ip: string, port: number]

/** A packet that came through the relay: by a channel, or with the address it is from. */
export interface Received {
  readonly from: number | string
  readonly data: string
}

interface Line {
  readonly send: (bytes: Buffer) => void
  readonly close: () => void
}

const ANSWER_MS = 5000

/** A TURN client of RFC 8656 with the codec of werift, so that our own codec is held against another one. */
export class TurnClient {
  readonly received: Received[] = []
  readonly #answers = new Map<string, (bytes: Buffer) => void>()
  #line: Line = { send: () => undefined, close: () => undefined }
  #pass: TurnPass = {}
  #nonce: Buffer = Buffer.alloc(0)
  #realm = ''

  static async udp(port: number): Promise<TurnClient> {
    const client = new TurnClient()
    const socket = createSocket('udp4')
    socket.on('message', (bytes) => client.#take(bytes))
    socket.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    client.#line = { send: (bytes) => socket.send(bytes), close: () => socket.close() }
    return client
  }

  static async tcp(port: number): Promise<TurnClient & { readonly socket: Socket }> {
    const client = new TurnClient()
    const socket = connect(port, '127.0.0.1')
    const splitter = new MessageSplitter()
    socket.on('data', (chunk: Buffer) => splitter.take(chunk, (message) => client.#take(message)))
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    client.#line = {
      send: (bytes) => void socket.write(Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])),
      close: () => socket.destroy(),
    }
    return Object.assign(client, { socket })
  }

  get key(): Buffer {
    const { username = '', credential = '' } = this.#pass
    return createHash('md5').update(`${username}:${this.#realm}:${credential}`).digest()
  }

  /** Shows this pass from now on. */
  show(pass: TurnPass): void {
    this.#pass = pass
  }

  /** Knows all that the other knows. */
  becomeLike(other: TurnClient): void {
    this.#pass = other.#pass
    this.#nonce = other.#nonce
    this.#realm = other.#realm
  }

  /** Sends it as it stands, once, and awaits the answer. */
  async exchange(message: Message): Promise<Buffer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>()
    const id = message.transactionIdHex
    this.#answers.set(id, resolve)
    const timer = setTimeout(() => resolve(undefined), ANSWER_MS)
    this.send(message.bytes)
    const answer = await promise
    clearTimeout(timer)
    this.#answers.delete(id)
    return answer
  }

  send(bytes: Buffer): void {
    this.#line.send(bytes)
  }

  /** Asks with the pass, once more when it is told another nonce. The answer is checked with the key when it is sealed. */
  async ask(method: methods, attributes: readonly [string, unknown][] = []): Promise<Message> {
    for (let attempt = 0; ; attempt += 1) {
      const message = this.compose(method, attributes)
      const answer = await this.exchange(message)
      if (answer === undefined) throw new Error('no answer')
      const read = parseMessage(answer) ?? parseMessage(answer, this.key)
      if (read === undefined) throw new Error('the answer can not be read')
      const code = errorOf(read)
      if (read.attributesKeys.includes('MESSAGE-INTEGRITY') && parseMessage(answer, this.key) === undefined)
        throw new Error('the answer is sealed with another key')
      if ((code !== 401 && code !== 438) || attempt > 0) return read
      this.#nonce = read.getAttributeValue('NONCE') as Buffer
      this.#realm = read.getAttributeValue('REALM') as string
    }
  }

  /** A request with all that belongs to the pass, once there was a challenge. */
  compose(method: methods, attributes: readonly [string, unknown][] = []): Message {
    const message = new Message(method, classes.REQUEST)
    for (const [name, value] of attributes) message.setAttribute(name as 'DATA', value)
    if (this.#realm === '' || this.#pass.username === undefined) return message
    message.setAttribute('USERNAME', this.#pass.username)
    message.setAttribute('REALM', this.#realm)
    message.setAttribute('NONCE', this.#nonce)
    return message.addMessageIntegrity(this.key).addFingerprint()
  }

  async binding(): Promise<Message> {
    return await this.ask(methods.BINDING)
  }

  /** The relayed address; throws with the code when it is refused. */
  async allocate(pass: TurnPass, more: readonly [string, unknown][] = []): Promise<Address> {
    this.show(pass)
    const answer = await this.ask(methods.ALLOCATE, [['REQUESTED-TRANSPORT', 17 << 24], ...more])
    if (errorOf(answer) !== null) throw new Error(`refused: ${String(errorOf(answer))}`)
    return answer.getAttributeValue('XOR-RELAYED-ADDRESS') as Address
  }

  async refresh(seconds: number): Promise<number | null> {
    return errorOf(await this.ask(methods.REFRESH, [['LIFETIME', seconds]]))
  }

  /** The code of the refusal, or null. */
  async permit(peer: Address): Promise<number | null> {
    return errorOf(await this.ask(methods.CREATE_PERMISSION, [['XOR-PEER-ADDRESS', peer]]))
  }

  async bind(channel: number, peer: Address): Promise<number | null> {
    return errorOf(
      await this.ask(methods.CHANNEL_BIND, [
        ['CHANNEL-NUMBER', channel],
        ['XOR-PEER-ADDRESS', peer],
      ]),
    )
  }

  indicate(peer: Address, data: string | Buffer): void {
    const message = new Message(methods.SEND, classes.INDICATION)
    message.setAttribute('XOR-PEER-ADDRESS', peer)
    message.setAttribute('DATA', Buffer.from(data))
    this.send(message.bytes)
  }

  sendBy(channel: number, data: string | Buffer): void {
    const bytes = Buffer.from(data)
    const header = Buffer.alloc(4)
    header.writeUInt16BE(channel, 0)
    header.writeUInt16BE(bytes.length, 2)
    this.send(Buffer.concat([header, bytes]))
  }

  close(): void {
    this.#line.close()
  }

  #take(bytes: Buffer): void {
    const [first = 0] = bytes
    if (first >= 0x40) {
      const length = bytes.readUInt16BE(2)
      this.received.push({ from: bytes.readUInt16BE(0), data: bytes.subarray(4, 4 + length).toString() })
      return
    }
    const answer = this.#answers.get(bytes.subarray(8, 20).toString('hex'))
    if (answer !== undefined) {
      answer(bytes)
      return
    }
    const message = parseMessage(bytes)
    if (message?.messageMethod !== methods.DATA) return
    const from = (message.getAttributeValue('XOR-PEER-ADDRESS') as Address).join(':')
    this.received.push({ from, data: (message.getAttributeValue('DATA') as Buffer).toString() })
  }
}

/** The code of an answer that is a refusal, else null. */
export const errorOf = (answer: Message): number | null =>
  (answer.getAttributeValue('ERROR-CODE') as [number, string] | undefined)?.[0] ?? null
