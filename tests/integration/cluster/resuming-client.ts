import { randomUUID } from 'node:crypto'
import { io } from 'socket.io-client'
import { onTestFinished } from 'vitest'
import { PROTOCOL_VERSION, type ChatMessage, type Joined, type PeerId, type Result } from '#signalling/protocol.ts'
import { request, valueOf, type SignallingSocket } from '../../helpers/signalling-client.ts'

const LIMIT_MS = 15_000
const RETRY_MS = 200

/** Does what our own client does on the wire: comes back after a loss, wherever a server is left, and takes up its place. */
export class ResumingClient {
  readonly name: string
  readonly #urls: readonly string[]
  #at: number
  #socket: SignallingSocket
  #joined: Joined | null = null
  /** Epochs of the signals that came, by sender. */
  readonly signals: string[] = []
  readonly chat = new Map<number, ChatMessage>()
  /** How often it has taken up its place again. */
  returns = 0

  /** It begins at `urls[at]`, and goes round when that one is gone. */
  constructor(name: string, urls: readonly string[], at: number) {
    this.name = name
    this.#urls = urls
    this.#at = at
    this.#socket = this.#open()
    onTestFinished(() => this.close())
  }

  get id(): PeerId {
    return this.#seat.peerId
  }

  get socket(): SignallingSocket {
    return this.#socket
  }

  /** Those inside, as it was last told when it came in. */
  get peers(): readonly string[] {
    return this.#seat.room.peers.map(({ name }) => name)
  }

  async host(capacity?: number): Promise<string> {
    const made = await request(this.#socket, 'room:create', capacity === undefined ? {} : { capacity })
    return valueOf(made).code
  }

  async join(code: string): Promise<Result<Joined>> {
    const joined = await request(this.#socket, 'room:join', { code, name: this.name })
    if (joined.ok) this.#sit(joined.value)
    return joined
  }

  /** Tries again until it is there, as a client does that had no answer: the same nonce is one message. */
  async say(text: string): Promise<ChatMessage> {
    const nonce = randomUUID()
    const said = await this.#until(async () => valueOf(await request(this.#socket, 'chat:send', { nonce, text })))
    this.chat.set(said.id, said)
    return said
  }

  send(to: ResumingClient, epoch: string): void {
    const signal = { kind: 'description', epoch, toEpoch: null, type: 'offer', sdp: 'v=0\r\n' } as const
    this.#socket.emit('signal:send', { to: to.id, signal })
  }

  close(): void {
    this.#socket.close()
  }

  get #seat(): Joined {
    if (this.#joined === null) throw new Error(`${this.name} has not joined`)
    return this.#joined
  }

  #open(): SignallingSocket {
    const socket: SignallingSocket = io(this.#urls[this.#at], {
      transports: ['websocket'],
      auth: { version: PROTOCOL_VERSION },
      reconnection: false,
      forceNew: true,
    })
    socket.on('signal:received', ({ from, signal }) => this.signals.push(`${from} ${signal.epoch}`))
    socket.on('chat:posted', (message) => this.chat.set(message.id, message))
    // `io client disconnect` is its own doing.
    socket.on('disconnect', (reason) => {
      if (reason !== 'io client disconnect') void this.#comeBack()
    })
    return socket
  }

  #sit(joined: Joined): void {
    this.#joined = joined
    for (const message of joined.chat) this.chat.set(message.id, message)
  }

  async #comeBack(): Promise<void> {
    await this.#until(async () => {
      this.#socket.removeAllListeners('disconnect').close()
      this.#socket = this.#open()
      await new Promise<void>((resolve, reject) => {
        this.#socket.once('connect', resolve)
        this.#socket.once('connect_error', (error) => {
          this.#at = (this.#at + 1) % this.#urls.length
          reject(error)
        })
      })
      this.#sit(valueOf(await request(this.#socket, 'peer:resume', { token: this.#seat.token })))
    })
    this.returns += 1
  }

  async #until<T>(act: () => Promise<T>): Promise<T> {
    const givesUpAt = Date.now() + LIMIT_MS
    for (;;) {
      try {
        return await act()
      } catch (error) {
        if (Date.now() > givesUpAt) throw error
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }
}
