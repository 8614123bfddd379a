import type { ChatMessage, DocumentInfo, DocumentKind, PeerId, RoomView } from '#signalling/protocol.ts'
import type { CallState, EndReason, MeetingServerLink } from './call-state.ts'
import type { CallMemory, RememberedCall } from './call-memory.ts'
import { Emitter } from './emitter.ts'
import type { Log } from './log.ts'
import { MeetingChat } from './meeting-chat.ts'
import type { Roster } from './roster.ts'
import { RESUME_TIMEOUT_MS } from './seat.ts'
import type { Answer } from './server-words.ts'
import type { Answered, Signalling } from './signalling.ts'

const MIN_RETRY_MS = 2000
const MAX_RETRY_MS = 7000
const PROBE_TIMEOUT_MS = 1500
const MAX_MET_NAMES = 200

type Joined = Answer<'room:join'>
type JoinedState = Extract<CallState, { phase: 'joined' }>

/** Something worth a word aloud. */
export interface Notice {
  readonly kind: 'joined' | 'left' | 'chat'
  readonly name: string
}

interface MeetingEvents {
  readonly changed: []
  readonly notice: [Notice]
  readonly ended: [EndReason]
}

export interface MeetingOptions {
  readonly signalling: Signalling
  readonly roster: Roster
  readonly memory: CallMemory
  readonly log: Log
  readonly serverUrl: string
  readonly name: string
  readonly joined: Joined
  /** Of the same call, before a reload. */
  readonly before?: Pick<RememberedCall, 'since' | 'metNames'>
}

/**
 * Being in a room: the people, the chat and the seat at the server. Losing the server changes the seat and nothing else:
 * the links need no server, and the seat is taken again when it is back.
 */
export class Meeting {
  readonly #events = new Emitter<MeetingEvents>()
  readonly #options: MeetingOptions
  readonly #signalling: Signalling
  readonly #roster: Roster
  readonly #chat: MeetingChat
  readonly #stops: (() => void)[]
  readonly #metNames: Set<string>
  #room: Pick<RoomView, 'code' | 'title' | 'capacity'>
  #documents: readonly DocumentInfo[] = []
  #you: PeerId
  #token: string
  #isSeated = true
  #isAccessDenied = false
  #isRoomLost = false
  readonly #since: number
  #attempts = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #isOver = false

  constructor(options: MeetingOptions) {
    const { signalling, roster, joined, before } = options
    this.#options = options
    this.#signalling = signalling
    this.#roster = roster
    this.#room = joined.room
    this.#you = joined.peerId
    this.#token = joined.token
    this.#since = before?.since ?? Date.now()
    this.#metNames = new Set(before?.metNames)
    this.#chat = new MeetingChat({ signalling, name: options.name, isSeated: () => this.#isSeated })
    this.#stops = [...this.#followServer(), ...this.#followPeople()]
    this.#takeSeat(joined)
  }

  on<Name extends keyof MeetingEvents>(name: Name, listener: (...args: MeetingEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get view(): JoinedState {
    const { code, title, capacity } = this.#room
    return {
      phase: 'joined',
      serverUrl: this.#options.serverUrl,
      room: { code, title, capacity },
      you: this.#you,
      name: this.#options.name,
      people: this.#roster.people,
      chat: this.#chat.entries,
      documents: this.#documents,
      server: this.#server,
      since: this.#since,
    }
  }

  get #server(): MeetingServerLink {
    if (this.#isSeated) return 'online'
    return this.#isAccessDenied ? 'access-denied' : 'reconnecting'
  }

  /** Whether the server has us in the room now. */
  get isSeated(): boolean {
    return this.#isSeated
  }

  get metNames(): readonly string[] {
    return [...this.#metNames]
  }

  sendChat(typed: string): void {
    this.#chat.send(this.#you, typed)
  }

  async readDocument(kind: DocumentKind): Promise<Answered<'document:read'>> {
    return await this.#signalling.request('document:read', { kind })
  }

  /** Gets the server back without waiting for the next try; finds out whether it is there when it seems to be. */
  async reconnectNow(): Promise<void> {
    if (this.#signalling.isOnline) {
      const { code } = this.#room
      const answer = await this.#signalling.request('room:look', { code }, PROBE_TIMEOUT_MS)
      if (this.#isOver || answer.ok || answer.code !== 'timeout') return
    }
    this.#signalling.renew()
  }

  /** There is another access token: shows it to a server that refused the former one. Refused, it is asked for again. */
  showAccessToken(): void {
    this.#setAccessDenied(false)
    this.#signalling.renew()
  }

  /** Tells everyone, by every way there is. The connection to the server is the caller's to close afterwards. */
  async leave(): Promise<void> {
    this.close()
    this.#options.memory.save(null)
    this.#roster.leave()
    await this.#signalling.request('room:leave', {}, 1000)
  }

  /** Lets go without a word, so that a reloaded page can come back. */
  close(): void {
    this.#isOver = true
    clearTimeout(this.#retry)
    for (const stop of this.#stops) stop()
  }

  #followServer(): (() => void)[] {
    const on = this.#signalling.on.bind(this.#signalling)
    return [
      on('lost', () => {
        this.#loseSeat()
      }),
      on('opened', () => {
        this.#setAccessDenied(false)
        void this.#comeBack()
      }),
      on('refused', (code) => {
        this.#setAccessDenied(code === 'access-denied')
      }),
      on('peer:joined', (peer) => {
        this.#roster.admit(peer)
      }),
      on('peer:left', ({ id, reason }) => {
        this.#roster.release(id, reason)
      }),
      on('peer:away', ({ id }) => {
        this.#roster.setPresence(id, 'away')
      }),
      on('peer:back', ({ id }) => {
        this.#roster.setPresence(id, 'present')
      }),
      on('chat:posted', (message) => {
        this.#onChat(message)
      }),
      on('documents:changed', ({ documents }) => {
        this.#documents = documents
        this.#events.emit('changed')
      }),
      on('session:replaced', () => {
        this.#end('opened-elsewhere')
      }),
      on('room:closed', ({ code, reason }) => {
        if (code === this.#room.code) this.#end(reason === 'ended' ? 'room-ended' : 'room-expired')
      }),
    ]
  }

  #followPeople(): (() => void)[] {
    return [
      this.#chat.on('changed', () => {
        this.#events.emit('changed')
      }),
      this.#roster.on('changed', () => {
        this.#onPeople()
      }),
      this.#roster.on('arrived', (name) => {
        this.#events.emit('notice', { kind: 'joined', name })
      }),
      this.#roster.on('left', (name) => {
        this.#events.emit('notice', { kind: 'left', name })
      }),
    ]
  }

  #onPeople(): void {
    const { people } = this.#roster
    for (const { name } of people) if (this.#metNames.size < MAX_MET_NAMES) this.#metNames.add(name)
    if (this.#isRoomLost && people.length === 0) this.#end('room-lost')
    else this.#events.emit('changed')
  }

  #onChat(message: ChatMessage): void {
    if (this.#chat.take(message) && message.from !== this.#you)
      this.#events.emit('notice', { kind: 'chat', name: message.name })
  }

  #loseSeat(): void {
    clearTimeout(this.#retry)
    this.#attempts++
    this.#isSeated = false
    this.#events.emit('changed')
  }

  #setAccessDenied(isDenied: boolean): void {
    if (this.#isAccessDenied === isDenied) return
    this.#isAccessDenied = isDenied
    this.#events.emit('changed')
  }

  /** The server is back under a new session: takes the former seat, or a new one when the server does not know it. */
  async #comeBack(): Promise<void> {
    const attempt = ++this.#attempts
    const seat = await this.#askForSeat()
    if (attempt !== this.#attempts || this.#isOver) return
    this.#isRoomLost = !seat.ok && seat.code === 'room-not-found'
    if (seat.ok) this.#takeSeat(seat.value)
    else {
      this.#options.log('warn', `No way back into the room yet: ${seat.code}`)
      // It was let in by an answer that came too late: only a new connection can ask again.
      if (seat.code === 'already-in-room') {
        this.#signalling.renew()
        return
      }
      const pauseMs = MIN_RETRY_MS + Math.random() * (MAX_RETRY_MS - MIN_RETRY_MS)
      this.#retry = setTimeout(() => void this.#comeBack(), pauseMs)
      this.#onPeople()
    }
  }

  async #askForSeat() {
    const resumed = await this.#signalling.request('peer:resume', { token: this.#token }, RESUME_TIMEOUT_MS)
    const isForgotten = !resumed.ok && (resumed.code === 'resume-refused' || resumed.code === 'room-not-found')
    if (!isForgotten || this.#isOver) return resumed
    return await this.#signalling.request('room:join', { code: this.#room.code, name: this.#options.name })
  }

  #takeSeat({ peerId, token, room, chat, documents }: Joined): void {
    this.#isSeated = true
    const formerly = this.#you
    this.#you = peerId
    this.#room = room
    this.#documents = documents
    this.#token = token
    this.#chat.settle(formerly, peerId, chat)
    this.#roster.settle(peerId, room.peers)
    this.#remember()
    this.#events.emit('changed')
  }

  #remember(): void {
    const { serverUrl, name, memory } = this.#options
    memory.save({
      serverUrl,
      name,
      code: this.#room.code,
      token: this.#token,
      you: this.#you,
      since: this.#since,
      metNames: this.metNames,
    })
  }

  #end(reason: EndReason): void {
    if (this.#isOver) return
    this.close()
    this.#options.memory.save(null)
    this.#events.emit('ended', reason)
  }
}
