import { expect } from 'vitest'
import type { PeerId, PeerInfo } from '#signalling/protocol.ts'
import type { Person } from '#renderer/call/call-state.ts'
import type { HostWord } from '#renderer/call/control-message.ts'
import { Emitter } from '#renderer/call/emitter.ts'
import { MeetingChat } from '#renderer/call/meeting-chat.ts'
import { MeetingSeat } from '#renderer/call/meeting-seat.ts'
import { MovableSignalling } from '#renderer/call/movable-signalling.ts'
import type { Answer } from '#renderer/call/server-words.ts'
import { Succession } from '#renderer/call/succession/succession.ts'
import type { SuccessionOptions } from '#renderer/call/succession/succession-state.ts'
import type { Lan } from './lan.ts'
import type { LanComputer } from './lan-computer.ts'
import { CODE } from './lan-server.ts'

/** A link that was silent for longer to somebody whom the server does not know is given up (roster.ts). */
const UNKNOWN_SILENCE_MS = 5000

/** The people whom one page sees, as far as a succession asks for them. */
class LanRoster {
  readonly #events = new Emitter<{
    readonly host: [PeerId, HostWord]
    changed: []
    arrived: [string]
    left: [string]
  }>()
  readonly #lan: Lan
  readonly #you: Attendee
  #people = new Map<PeerId, string>()
  /** All that was heard, for tests to look at. */
  readonly words: { readonly from: string; readonly word: HostWord }[] = []

  constructor(lan: Lan, you: Attendee) {
    this.#lan = lan
    this.#you = you
  }

  get people(): readonly Person[] {
    return [...this.#people].map(([id, name]) => ({ id, name }) as Person)
  }

  readonly on: SuccessionOptions['roster']['on'] = (name, listener) => this.#events.on(name, listener)

  tell(id: PeerId, word: HostWord): boolean {
    return this.#people.has(id) && this.#lan.tell(this.#you, id, word)
  }

  silentMs(id: PeerId): number {
    return this.#people.has(id) ? this.#lan.silentMs(this.#you, id) : Infinity
  }

  hear(from: PeerId, word: HostWord): void {
    const known = [...this.#people.keys()].find((id) => this.#lan.find(id) === this.#lan.find(from))
    if (known === undefined) return
    this.words.push({ from: this.#people.get(known)!, word })
    this.#events.emit('host', known, word)
  }

  settle(you: PeerId, peers: readonly PeerInfo[]): void {
    for (const id of [...this.#people.keys()])
      if (!peers.some((peer) => peer.id === id) && this.silentMs(id) > UNKNOWN_SILENCE_MS) this.#people.delete(id)
    for (const peer of peers) if (peer.id !== you) this.admit(peer)
  }

  /** Of two ids of one person, the former one goes. */
  admit({ id, name }: PeerInfo): void {
    for (const known of this.#people.keys())
      if (known !== id && this.#lan.find(known) === this.#lan.find(id)) this.#people.delete(known)
    this.#people.set(id, name)
  }

  release(id: PeerId, isHeardNoMore: boolean): void {
    if (isHeardNoMore || this.silentMs(id) > UNKNOWN_SILENCE_MS) this.#people.delete(id)
  }
}

interface Coming {
  readonly lan: Lan
  readonly name: string
  /** Null for a browser. */
  readonly computer: LanComputer | null
  /** Whose computer hosts. */
  readonly host: LanComputer
}

/** Somebody in the room: their page, put together as `Meeting` does. */
export class Attendee {
  readonly name: string
  readonly lan: Lan
  readonly computer: LanComputer | null
  readonly ids = new Set<PeerId>()
  readonly roster: LanRoster
  readonly log: string[] = []
  readonly #first: { readonly url: string; readonly host: LanComputer }
  #page: Page | null = null
  #you: PeerId = ''

  constructor({ lan, name, computer, host }: Coming) {
    this.lan = lan
    this.name = name
    this.computer = computer
    const url = computer === host ? 'http://127.0.0.1:8001' : `https://${host.address}`
    this.#first = { url, host }
    this.roster = new LanRoster(lan, this)
  }

  get id(): PeerId {
    return this.#you
  }
  get isInside(): boolean {
    return this.#page !== null
  }
  get page(): Page {
    expect(this.#page, `${this.name} is there`).not.toBeNull()
    return this.#page!
  }
  /** Its app announces the room as that of another computer before. */
  get isAnnouncing(): boolean {
    return this.#page?.succession.hosting.phase === 'own'
  }
  get hosting() {
    return this.page.succession.hosting
  }
  /** Text of all messages, with those that are not delivered marked. */
  get chat(): readonly string[] {
    return this.page.chat.entries.map(({ text, delivery }) => (delivery === 'sent' ? text : `${text} (${delivery})`))
  }

  async enter({ reign = null, url = this.#first.url, token = null }: ComingBack = {}): Promise<void> {
    const { lan, name } = this
    const signalling = new MovableSignalling(lan.open(this, url))
    const connected = await this.#wait(signalling.connect({ deadlineMs: 5000, failures: 3 }))
    expect(connected.ok, `${name} reaches ${url}`).toBe(true)
    const entered = await this.#wait(
      token === null
        ? signalling.request('room:join', { code: CODE, name })
        : signalling.request('peer:resume', { token }),
    )
    if (!entered.ok) throw new Error(`${name} does not get in: ${entered.code}`)
    this.#begin(signalling, entered.value, url, reign)
  }

  say(text: string): void {
    this.page.chat.send(this.id, text)
  }

  /** As `Meeting.leave`. */
  async leave(): Promise<void> {
    const { signalling } = this.page
    this.closePage()
    await this.#wait(signalling.request('room:leave', {}, 1000))
    signalling.close()
  }

  /** The page is gone with its computer. */
  vanish(): void {
    const page = this.#page
    if (!page) return
    this.closePage()
    page.signalling.close()
    if (this.computer) this.computer.isRunning = false
  }

  closePage(): void {
    const { succession, seat } = this.page
    succession.close()
    seat.close()
    this.#page = null
  }

  #begin(
    signalling: MovableSignalling,
    joined: Answer<'room:join'>,
    url: string,
    reign: ComingBack['reign'] = null,
  ): void {
    const { lan, name, roster, computer } = this
    const log = (level: string, message: string) =>
      this.log.push(`${String(Math.round(performance.now()))} ${level} ${message}`)
    const seat = new MeetingSeat({ signalling, token: joined.token, entry: { code: CODE, name }, log })
    const chat = new MeetingChat({ signalling, name, isSeated: () => seat.isTaken })
    const succession = new Succession({
      home: { phase: 'invited' },
      ...{ code: CODE, name, serverUrl: url, signalling, roster, computer, log, reign },
      first: { pin: this.#pinAt(url, reign !== null), addresses: [new URL(url).host] },
      sentChat: () => chat.sent,
      useToken: (token) => {
        seat.useToken(token)
      },
      openServer: (serverUrl) => lan.open(this, serverUrl),
    })
    this.#page = { signalling, seat, chat, succession }
    seat.on('taken', (taken) => {
      this.#settle(taken)
    })
    signalling.on('peer:joined', (peer) => {
      roster.admit(peer)
    })
    signalling.on('peer:left', ({ id, reason }) => {
      roster.release(id, reason !== 'timed-out')
    })
    signalling.on('chat:posted', (message) => {
      chat.take(message)
    })
    this.#settle(joined)
  }

  /** As `Call` knows it: of the own server when the page was loaded anew, and what was looked for. */
  #pinAt(url: string, isBack: boolean): string | null {
    if (isBack) return this.computer?.key.pin ?? null
    return this.computer && url.startsWith('https:') ? this.#first.host.key.pin : null
  }

  #settle(joined: Answer<'room:join'>): void {
    const { chat, succession } = this.page
    const formerly = this.#you
    this.#you = joined.peerId
    this.ids.add(joined.peerId)
    chat.settle(formerly, joined.peerId, joined.chat)
    this.roster.settle(joined.peerId, joined.room.peers)
    succession.settle(joined)
  }

  /** Passes time until it is there. */
  async #wait<Value>(promise: Promise<Value>): Promise<Value> {
    const state = { isOver: false }
    const over = promise.finally(() => {
      state.isOver = true
    })
    while (!state.isOver) await this.lan.pass(50)
    return await over
  }
}

/** How a page that was loaded anew comes back. */
interface ComingBack {
  readonly reign?: SuccessionOptions['reign']
  readonly url?: string
  readonly token?: string | null
}

interface Page {
  readonly signalling: MovableSignalling
  readonly seat: MeetingSeat
  readonly chat: MeetingChat
  readonly succession: Succession
}
