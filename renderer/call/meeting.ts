import type { ChatMessage, DocumentInfo, DocumentKind, PeerId } from '#signalling/protocol.ts'
import type { CallState, EndReason } from './call-state.ts'
import type { CallMemory, RememberedCall, RoomKeys } from './call-memory.ts'
import { Emitter } from './emitter.ts'
import type { Entry } from './green-room.ts'
import type { Log } from './log.ts'
import { MeetingChat } from './meeting-chat.ts'
import { MeetingHosting } from './meeting-hosting.ts'
import { MeetingRoom } from './meeting-room.ts'
import { MeetingSeat } from './meeting-seat.ts'
import type { MovableSignalling } from './movable-signalling.ts'
import type { Roster } from './roster.ts'
import type { Answer, Payload } from './server-words.ts'
import type { Answered } from './signalling.ts'
import type { SuccessionOptions } from './succession/succession-state.ts'

const MAX_MET_NAMES = 200

type JoinedState = Extract<CallState, { phase: 'joined' }>

/** What hosts alone may ask for. */
export type HostRequest = 'room:change' | 'room:end' | 'knock:answer' | 'peer:mute' | 'peer:remove' | 'peer:promote'

/**
 * Something worth a word aloud. `name`: of who came, went, wrote or knocks; `muted`: you were, by them (empty when that is
 * not known); `host`: you are one now, your own name.
 */
export interface Notice {
  readonly kind: 'joined' | 'left' | 'chat' | 'knock' | 'muted' | 'host'
  readonly name: string
}

interface MeetingEvents {
  readonly changed: []
  readonly notice: [Notice]
  readonly ended: [EndReason]
}

export interface MeetingOptions {
  readonly signalling: MovableSignalling
  readonly roster: Roster
  readonly memory: CallMemory
  readonly log: Log
  readonly serverUrl: string
  readonly entry: Entry
  readonly keys: RoomKeys
  /** Of the same call, before a reload. */
  readonly before?: Pick<RememberedCall, 'since' | 'metNames' | 'reign'>
  /** What it takes to go on when the computer that hosts is gone. */
  readonly succession: Pick<SuccessionOptions, 'computer' | 'first' | 'home' | 'openServer'>
}

/**
 * Being in a room: the people, the chat, the room itself and the seat at the server. Losing the server changes the seat
 * and nothing else: the links need no server, and the seat is taken again when it is back.
 */
export class Meeting {
  readonly #events = new Emitter<MeetingEvents>()
  readonly #options: MeetingOptions
  readonly #signalling: MovableSignalling
  readonly #roster: Roster
  readonly #chat: MeetingChat
  readonly #room: MeetingRoom
  readonly #seat: MeetingSeat
  readonly #hosting: MeetingHosting
  readonly #stops: (() => void)[]
  readonly #metNames: Set<string>
  readonly #since: number
  #documents: readonly DocumentInfo[] = []
  #you: PeerId
  #isOver = false

  constructor(options: MeetingOptions) {
    const { signalling, roster, entry, before, keys, log } = options
    const { joined, name, password } = entry
    this.#options = options
    this.#signalling = signalling
    this.#roster = roster
    this.#you = joined.peerId
    this.#since = before?.since ?? Date.now()
    this.#metNames = new Set(before?.metNames)
    this.#room = new MeetingRoom(signalling, joined)
    const wish = {
      code: joined.room.code,
      name,
      ...(password !== null && { password }),
      ...(keys.hostKey !== null && { hostKey: keys.hostKey }),
    }
    this.#seat = new MeetingSeat({ signalling, token: joined.token, entry: wish, log })
    this.#chat = new MeetingChat({ signalling, name, isSeated: () => this.#seat.isTaken })
    this.#hosting = new MeetingHosting({
      ...{ ...options, ...options.succession, code: wish.code, name },
      sentChat: () => this.#chat.sent,
      useToken: (token) => {
        this.#seat.useToken(token)
      },
      reign: before?.reign ?? null,
    })
    this.#stops = [...this.#followServer(), ...this.#followPeople(), ...this.#followRoom(), ...this.#followSeat()]
    this.#settle(joined)
  }

  on<Name extends keyof MeetingEvents>(name: Name, listener: (...args: MeetingEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get view(): JoinedState {
    const { entry, keys } = this.#options
    return {
      phase: 'joined',
      serverUrl: this.#hosting.serverUrl,
      hosting: this.#hosting.hosting,
      ...this.#room.view,
      you: this.#you,
      name: entry.name,
      people: this.#roster.people,
      chat: this.#chat.entries,
      documents: this.#documents,
      secret: keys.secret,
      phrase: this.#roster.phrase,
      server: this.#seat.server,
      since: this.#since,
    }
  }

  /** Whether the server has us in the room now. */
  get isSeated(): boolean {
    return this.#seat.isTaken
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

  /** The server tells everyone what came of it, this side included. */
  async decide<Name extends HostRequest>(name: Name, payload: Payload<Name>): Promise<Answered<Name>> {
    const decided = await this.#signalling.request(name, payload)
    // The server tells it, too; whichever comes first.
    if (decided.ok && name === 'room:end') this.#end('room-ended')
    return decided
  }

  async reconnectNow(): Promise<void> {
    await this.#seat.reconnectNow()
  }

  showAccessToken(): void {
    this.#seat.showAccessToken()
  }

  /** Tells everyone, by every way there is. The connection to the server is the caller's to close afterwards. */
  async leave(): Promise<void> {
    this.close()
    this.#rememberKeys()
    this.#roster.leave()
    await this.#signalling.request('room:leave', {}, 1000)
  }

  /** Lets go without a word, so that a reloaded page can come back. */
  close(): void {
    this.#isOver = true
    this.#hosting.close()
    this.#seat.close()
    this.#room.close()
    for (const stop of this.#stops) stop()
  }

  #followServer(): (() => void)[] {
    const on = this.#signalling.on.bind(this.#signalling)
    return [
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
      on('peer:muted', ({ id, by }) => {
        if (id === this.#you) this.#say('muted', this.#roster.people.find((each) => each.id === by)?.name ?? '')
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
      on('session:removed', () => {
        this.#end('removed')
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
        this.#say('joined', name)
      }),
      this.#roster.on('left', (name) => {
        this.#say('left', name)
      }),
    ]
  }

  #followRoom(): (() => void)[] {
    return [
      this.#room.on('changed', () => {
        this.#events.emit('changed')
      }),
      this.#room.on('knocked', (name) => {
        this.#say('knock', name)
      }),
      this.#hosting.on('changed', () => {
        this.#onHosting()
      }),
      this.#room.on('promoted', () => {
        this.#say('host', this.#options.entry.name)
      }),
    ]
  }

  #followSeat(): (() => void)[] {
    return [
      this.#seat.on('changed', () => {
        this.#onPeople()
      }),
      this.#seat.on('taken', (joined) => {
        this.#settle(joined)
      }),
      this.#seat.on('declined', () => {
        this.#end('shut-out')
      }),
    ]
  }

  #say(kind: Notice['kind'], name: string): void {
    this.#events.emit('notice', { kind, name })
  }

  #onPeople(): void {
    const { people } = this.#roster
    for (const { name } of people) if (this.#metNames.size < MAX_MET_NAMES) this.#metNames.add(name)
    const { barredBy } = this.#seat
    if (barredBy !== null && people.length === 0) this.#end(barredBy)
    else this.#events.emit('changed')
  }

  #onChat(message: ChatMessage): void {
    if (this.#chat.take(message) && message.from !== this.#you) this.#say('chat', message.name)
  }

  #settle(joined: Answer<'room:join'>): void {
    const formerly = this.#you
    this.#you = joined.peerId
    this.#documents = joined.documents
    this.#room.settle(joined)
    this.#chat.settle(formerly, joined.peerId, joined.chat)
    this.#roster.settle(joined.peerId, joined.room.peers)
    this.#hosting.settle(joined)
    this.#remember()
    this.#events.emit('changed')
  }

  #onHosting(): void {
    this.#roster.setServerUrl(this.#hosting.serverUrl)
    // While the server is gone there is no way back but the former.
    if (this.#seat.isTaken) this.#remember()
    this.#events.emit('changed')
  }

  #remember(): void {
    const { entry, memory, keys } = this.#options
    memory.save({
      serverUrl: this.#hosting.serverUrl,
      hostPin: this.#hosting.pin,
      reign: this.#hosting.reign,
      ...keys,
      name: entry.name,
      code: this.#room.code,
      token: this.#seat.token,
      you: this.#you,
      since: this.#since,
      metNames: this.metNames,
    })
  }

  /** Whoever left may come back, as who they were: with the invitation, and as a host. */
  #rememberKeys(): void {
    const { memory, keys } = this.#options
    const hasKeys = keys.secret !== null || keys.hostKey !== null
    memory.save(hasKeys ? { serverUrl: this.#hosting.serverUrl, code: this.#room.code, ...keys } : null)
  }

  #end(reason: EndReason): void {
    if (this.#isOver) return
    this.close()
    this.#options.memory.save(null)
    this.#events.emit('ended', reason)
  }
}
