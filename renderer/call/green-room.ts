import type { RoomView } from '#signalling/protocol.ts'
import type { CallProblem, ServerLink, Waiting } from './call-state.ts'
import { isGuarded } from './door.ts'
import { Emitter } from './emitter.ts'
import { Knocking } from './knocking.ts'
import type { Roster } from './roster.ts'
import { refuse, type Answer, type Payload, type Session } from './server-words.ts'
import type { Answered, RequestProblem, Signalling } from './signalling.ts'

export interface GreenRoomView {
  readonly room: RoomView
  readonly server: ServerLink
  readonly waiting: Waiting
  readonly problem: CallProblem | null
}

/** How somebody came in. */
export interface Entry {
  readonly joined: Answer<'room:join'>
  readonly name: string
  /** That opened the door; null when none was asked for. */
  readonly password: string | null
}

interface GreenRoomEvents {
  readonly changed: []
  /** The server has let us in; this is over. */
  readonly joined: [Entry]
}

interface GreenRoomOptions {
  readonly signalling: Signalling
  readonly session: Session
  readonly room: RoomView
  /** For whoever made the room. */
  readonly hostKey: string | null
  /** Makes an empty roster in the place of the former one. */
  readonly openRoster: (session: Session) => Roster
}

/** Without the key of a host. */
type Wish = Pick<Payload<'room:join'>, 'code' | 'name' | 'password'>

export const problemOf = (code: RequestProblem): CallProblem => (code === 'disconnected' ? 'server-unreachable' : code)

/**
 * In front of a room. An open one shows live who is inside, and a link to each of them is there, without sound and
 * picture, so that a join has only to put these on it. A guarded one shows its door, and nobody is connected to before
 * the server has let us in.
 */
export class GreenRoom {
  readonly #events = new Emitter<GreenRoomEvents>()
  readonly #options: GreenRoomOptions
  readonly #signalling: Signalling
  readonly #stops: (() => void)[]
  #session: Session
  #roster: Roster
  #view: GreenRoomView
  /** A join is on its way: its answer is the roster. */
  #isAsking = false
  #knocking: Knocking | null = null
  #isClosed = false

  constructor(options: GreenRoomOptions) {
    const { signalling, session, room, openRoster } = options
    this.#options = options
    this.#signalling = signalling
    this.#session = session
    this.#roster = openRoster(session)
    this.#view = { room, server: 'online', waiting: 'nothing', problem: null }
    this.#prepare(room)
    this.#stops = [
      signalling.on('room:changed', (changed) => {
        this.#onRoom(changed)
      }),
      signalling.on('room:closed', ({ code }) => {
        if (code === this.#view.room.code) this.#loseRoom('room-not-found')
      }),
      signalling.on('lost', () => {
        this.#show({ server: 'reconnecting' })
      }),
      signalling.on('opened', (opened) => void this.#onSession(opened)),
    ]
  }

  on<Name extends keyof GreenRoomEvents>(name: Name, listener: (...args: GreenRoomEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get view(): GreenRoomView {
    return this.#view
  }
  /** With the links that a join has started. */
  get roster(): Roster {
    return this.#roster
  }

  /**
   * Asks to come in, and knocks where one has to. Resolves when that is answered, or when it is for those inside to
   * answer (`view.waiting`); refused, `view.problem` tells why, and all is as before.
   */
  async join(name: string, password?: string): Promise<void> {
    if (this.#view.waiting !== 'nothing') return
    const { code } = this.#view.room
    await this.#ask({ code, name, ...(password !== undefined && { password }) }, 'may-knock')
  }

  /** For whoever made the room: what others have to get past is told by the next view. */
  async change(change: Payload<'room:change'>): Promise<Answered<'room:change'>> {
    const { hostKey } = this.#options
    return hostKey === null ? refuse('not-host') : await this.#signalling.request('room:change', { ...change, hostKey })
  }

  /** Does not want to be let in any more. */
  cancelKnock(): void {
    if (!this.#knocking) return
    this.#stopKnocking()
    this.#show({ waiting: 'nothing' })
    void this.#look()
  }

  close(): void {
    this.#isClosed = true
    this.#stopKnocking()
    for (const stop of this.#stops) stop()
  }

  async #ask(wish: Wish, manner: 'may-knock' | 'was-admitted'): Promise<void> {
    const { hostKey } = this.#options
    this.#isAsking = true
    this.#show({ waiting: 'answer', problem: null })
    const isOpen = !isGuarded(this.#view.room.door)
    const asked = this.#signalling.request('room:join', { ...wish, ...(hostKey !== null && { hostKey }) })
    // In the same flight: whatever must still be said to connect, the server reads after it has let us in.
    if (isOpen) this.#roster.enter()
    const joined = await asked
    if (this.#isClosed) return
    if (joined.ok) {
      this.#events.emit('joined', { joined: joined.value, name: wish.name, password: wish.password ?? null })
      return
    }
    const isToKnock =
      (joined.code === 'knock-needed' && manner === 'may-knock') ||
      // A server that is gone forgets whom it was told to let in.
      (joined.code === 'disconnected' && manner === 'was-admitted')
    await this.#stayOutside(joined.code, isToKnock)
    if (isToKnock) await this.#knock(wish)
  }

  async #stayOutside(code: RequestProblem, isToKnock: boolean): Promise<void> {
    // The answer may be lost on its way, with us inside.
    if (code === 'timeout') await this.#withdraw()
    this.#isAsking = false
    if (this.#isClosed) return
    if (!isToKnock) this.#show({ waiting: 'nothing', problem: problemOf(code) })
    // Closes the links, so that nobody sees us any longer.
    this.#roster = this.#options.openRoster(this.#session)
    await this.#look()
  }

  /** Leaving takes the id of a join that may have been heard: a new session tells who we are now. */
  async #withdraw(): Promise<void> {
    await this.#signalling.request('room:leave', {})
    if (!this.#isClosed) this.#signalling.renew()
  }

  async #knock(wish: Wish): Promise<void> {
    if (this.#isClosed) return
    const knocking = new Knocking(this.#signalling, wish)
    this.#knocking = knocking
    knocking.on('waiting', () => {
      this.#show({ waiting: 'admission' })
    })
    knocking.on('admitted', () => {
      this.#stopKnocking()
      void this.#ask(wish, 'was-admitted')
    })
    knocking.on('refused', (code) => {
      this.#stopKnocking()
      this.#show({ waiting: 'nothing', problem: problemOf(code) })
      // It may have been heard: looking anew takes it back.
      if (code === 'timeout') void this.#look()
    })
    await knocking.knock()
  }

  #stopKnocking(): void {
    this.#knocking?.close()
    this.#knocking = null
  }

  async #onSession(session: Session): Promise<void> {
    this.#session = session
    this.#roster = this.#options.openRoster(session)
    if (await this.#look()) await this.#knocking?.knock()
  }

  /** Answers whether the room is there. */
  async #look(): Promise<boolean> {
    const looked = await this.#signalling.request('room:look', { code: this.#view.room.code })
    if (this.#isClosed) return false
    if (looked.ok) {
      this.#onRoom(looked.value)
      this.#show({ server: 'online' })
    } else if (looked.code !== 'disconnected') this.#loseRoom(looked.code)
    return looked.ok
  }

  /** Nobody is there who could open. */
  #loseRoom(code: RequestProblem): void {
    const wasKnocking = this.#knocking !== null
    this.#stopKnocking()
    this.#show({ server: 'online', problem: problemOf(code), ...(wasKnocking && { waiting: 'nothing' }) })
  }

  #onRoom(room: RoomView): void {
    if (room.code !== this.#view.room.code) return
    if (!this.#isAsking) this.#prepare(room)
    this.#show({ room })
  }

  #prepare({ door, peers }: RoomView): void {
    this.#roster.prepare(isGuarded(door) ? [] : peers)
  }

  #show(part: Partial<GreenRoomView>): void {
    this.#view = { ...this.#view, ...part }
    this.#events.emit('changed')
  }
}
