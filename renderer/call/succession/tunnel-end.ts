import * as v from 'valibot'
import { limits, SendSignal, type FactName, type RequestName } from '#signalling/protocol.ts'
import { reasonOf, type Log } from '../log.ts'
import { factNames, refuse, type Answer, type Payload } from '../server-words.ts'
import type { Answered, Signalling } from '../signalling.ts'
import { TokenBucket } from '../token-bucket.ts'
import { TunnelOutbox } from './tunnel-outbox.ts'
import type { TunnelWord } from './tunnel-word.ts'

/** The server is on this computer: it answers at once, or is being started again. */
const CONNECT_TIMEOUT_MS = 4000
/** As long as a guest waits for anything (seat.ts); what is answered later is of no use to it. */
const REQUEST_TIMEOUT_MS = 15_000
/** A guest comes back once a second at most. */
const OPENINGS = { burst: 5, perSecond: 1 }
/** Of a payload in UTF-8: the frame to the server holds its name and number, too. */
const MAX_PAYLOAD_BYTES = limits.frameBytes - 256
/** Of an answer with a chat, in UTF-16 units of JSON; the control message around it has room in `limits.frameBytes`. */
const MAX_ANSWER_SIZE = 60_000

type OfDesktops = 'room:create' | 'room:adopt' | 'heir:stand' | 'chat:merge'
type GuestRequest = Exclude<RequestName, OfDesktops>

/** What a guest may ask for: whoever speaks through somebody else's computer has none of their own to offer. */
const guestRequests: Readonly<Record<GuestRequest, true>> = {
  'room:look': true,
  'room:join': true,
  'room:leave': true,
  'peer:resume': true,
  'signal:send': true,
  'chat:send': true,
  'ice:refresh': true,
  'room:knock': true,
  'room:change': true,
  'room:end': true,
  'knock:answer': true,
  'peer:mute': true,
  'peer:remove': true,
  'peer:promote': true,
  'document:read': true,
}
const isGuestRequest = (name: string): name is GuestRequest => Object.hasOwn(guestRequests, name)

const toldFacts = factNames.filter((name): name is Exclude<FactName, 'session:opened'> => name !== 'session:opened')

/** Whether the server would take it; it cuts connections for more. */
const doesFit = (payload: unknown): boolean =>
  new TextEncoder().encode(JSON.stringify(payload)).byteLength <= MAX_PAYLOAD_BYTES

/** With as much of the newest chat as goes over a link; a guest has the rest in its own log. */
const withFittingChat = (joined: Answer<'room:join'>): Answer<'room:join'> => {
  const { chat } = joined
  let size = JSON.stringify({ ...joined, chat: [] }).length
  let from = chat.length
  for (const message of chat.toReversed()) {
    size += JSON.stringify(message).length + 1
    if (size > MAX_ANSWER_SIZE) break
    from--
  }
  return { ...joined, chat: chat.slice(from) }
}

interface TunnelEndOptions {
  /** A new connection to the own server; null when there can be none now. */
  readonly openSignalling: () => Signalling | null
  /** Over the link to the guest. False when it cannot go out now. */
  readonly tell: (word: TunnelWord) => boolean
  readonly log: Log
}

/** One guest's connection to the own server, and what is said to that guest of it. */
export class TunnelEnd {
  readonly #options: TunnelEndOptions
  readonly #outbox: TunnelOutbox
  readonly #openings = new TokenBucket(OPENINGS)
  #signalling: Signalling | null = null
  /** The guest was told of the present session. */
  #isReady = false

  constructor(options: TunnelEndOptions) {
    this.#options = options
    this.#outbox = new TunnelOutbox(options.tell)
  }

  get isOpen(): boolean {
    return this.#signalling !== null
  }

  take(word: TunnelWord): void {
    switch (word.kind) {
      case 'tunnel-open':
        void this.#open()
        break
      case 'tunnel-close':
        this.drop()
        break
      case 'tunnel-request':
        if (!this.#signalling) this.shut()
        else if (this.#isReady) void this.#request(this.#signalling, word)
        break
      case 'tunnel-answer':
      case 'tunnel-fact':
        this.#options.log('warn', 'A guest of the tunnel speaks like a server')
    }
  }

  /** Ends it and says so: the guest comes back by itself. */
  shut(): void {
    this.drop()
    this.#outbox.put({ kind: 'tunnel-close' })
  }

  /** Ends it without a word. */
  drop(): void {
    const former = this.#signalling
    this.#signalling = null
    this.#isReady = false
    this.#outbox.clear()
    former?.close()
  }

  async #open(): Promise<void> {
    this.drop()
    if (!this.#openings.take()) {
      this.#fail('A guest opens its tunnel too often')
      return
    }
    const signalling = this.#options.openSignalling()
    if (!signalling) {
      this.#fail('There is no server for a guest of the tunnel')
      return
    }
    this.#signalling = signalling
    this.#listen(signalling)
    try {
      const opened = await signalling.connect({ deadlineMs: CONNECT_TIMEOUT_MS, failures: Infinity })
      if (this.#signalling !== signalling) return
      if (opened.ok) this.#begin(opened.value)
      else this.#fail(`The server here does not let a guest of the tunnel in: ${opened.code}`)
    } catch (error) {
      if (this.#signalling === signalling) this.#fail(`The tunnel of a guest did not open: ${reasonOf(error)}`)
    }
  }

  #listen(signalling: Signalling): void {
    const whilePresent = (act: () => void): void => {
      if (this.#signalling === signalling) act()
    }
    signalling.on('opened', (session) => {
      whilePresent(() => {
        this.#begin(session)
      })
    })
    signalling.on('lost', () => {
      whilePresent(() => {
        this.#interrupt()
      })
    })
    for (const name of toldFacts)
      signalling.on(name, (fact) => {
        whilePresent(() => {
          if (this.#isReady) this.#tell(name, fact)
        })
      })
  }

  #begin(session: unknown): void {
    this.#isReady = true
    this.#tell('session:opened', session)
  }

  /** The connection comes back by itself, or the guest asks for another one. */
  #interrupt(): void {
    this.#isReady = false
    this.#outbox.clear()
    this.#put({ kind: 'tunnel-close' })
  }

  #fail(reason: string): void {
    this.#options.log('warn', reason)
    this.shut()
  }

  #tell(name: FactName, fact: unknown): void {
    // JSON knows no undefined.
    this.#put({ kind: 'tunnel-fact', name, fact: fact ?? null })
  }

  async #request(
    signalling: Signalling,
    { id, name, payload }: Extract<TunnelWord, { kind: 'tunnel-request' }>,
  ): Promise<void> {
    if (id === null) this.#sendSignal(signalling, name, payload)
    else if (!isGuestRequest(name) || !doesFit(payload)) this.#answer(id, refuse('bad-request'))
    else {
      // The server parses it.
      const answered = await signalling.request(name, payload as Payload<GuestRequest>, REQUEST_TIMEOUT_MS)
      if (this.#signalling === signalling) this.#answer(id, answered)
    }
  }

  #sendSignal(signalling: Signalling, name: string, payload: unknown): void {
    const parsed = v.safeParse(SendSignal, payload)
    if (name === 'signal:send' && parsed.success && doesFit(payload))
      signalling.sendSignal(parsed.output.to, parsed.output.signal)
    else this.#options.log('warn', 'A guest of the tunnel sent a malformed signal')
  }

  #answer(id: number, answered: Answered<GuestRequest>): void {
    if (answered.ok) {
      const { value } = answered
      const fitting = 'chat' in value ? withFittingChat(value) : value
      this.#put({ kind: 'tunnel-answer', id, answer: { ok: true, value: fitting } }, () => {
        this.#answer(id, refuse('internal'))
      })
      return
    }
    // The guest finds these out itself: by its own clock, and by the `tunnel-close` that comes with it.
    if (answered.code === 'timeout' || answered.code === 'disconnected') return
    this.#put({ kind: 'tunnel-answer', id, answer: { ok: false, code: answered.code } })
  }

  #put(word: TunnelWord, onTooLarge?: () => void): void {
    const posting = this.#outbox.put(word)
    if (posting === 'full') this.#fail('More is to be said to a guest than goes through its tunnel')
    else if (posting === 'too-large') {
      this.#options.log('error', 'Something the server said is too large for a tunnel')
      onTooLarge?.()
    }
  }
}
