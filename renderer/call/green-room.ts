import type { RoomView } from '#signalling/protocol.ts'
import type { CallProblem, ServerLink } from './call-state.ts'
import { Emitter } from './emitter.ts'
import type { Roster } from './roster.ts'
import type { Answer, Session } from './server-words.ts'
import type { RequestProblem, Signalling } from './signalling.ts'

export interface GreenRoomView {
  readonly room: RoomView
  readonly server: ServerLink
  readonly isJoining: boolean
  readonly problem: CallProblem | null
}

interface GreenRoomEvents {
  readonly changed: []
}

interface GreenRoomOptions {
  readonly signalling: Signalling
  readonly session: Session
  readonly room: RoomView
  /** Makes an empty roster in the place of the former one. */
  readonly openRoster: (session: Session) => Roster
}

export const problemOf = (code: RequestProblem): CallProblem => (code === 'disconnected' ? 'server-unreachable' : code)

/**
 * In front of a room: who is inside is live, and a link to each of them is there, without sound and picture, so that a
 * join has only to put these on it.
 */
export class GreenRoom {
  readonly #events = new Emitter<GreenRoomEvents>()
  readonly #signalling: Signalling
  readonly #openRoster: (session: Session) => Roster
  readonly #stops: (() => void)[]
  #session: Session
  #roster: Roster
  #view: GreenRoomView

  constructor({ signalling, session, room, openRoster }: GreenRoomOptions) {
    this.#signalling = signalling
    this.#session = session
    this.#openRoster = openRoster
    this.#roster = openRoster(session)
    this.#view = { room, server: 'online', isJoining: false, problem: null }
    this.#roster.prepare(room.peers)
    this.#stops = [
      signalling.on('room:changed', (changed) => {
        this.#onRoom(changed)
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

  /** Answers null when it was refused; `view.problem` then tells why, and all is as before. */
  async join(name: string): Promise<Answer<'room:join'> | null> {
    this.#show({ isJoining: true, problem: null })
    const asked = this.#signalling.request('room:join', { code: this.#view.room.code, name })
    // In the same flight: whatever must still be said to connect, the server reads after it has let us in.
    this.#roster.enter()
    const joined = await asked
    if (joined.ok) return joined.value
    // The answer may be lost on its way, with us inside.
    if (joined.code === 'timeout') await this.#withdraw()
    this.#show({ isJoining: false, problem: problemOf(joined.code) })
    // Closes the links, so that nobody sees us any longer.
    this.#roster = this.#openRoster(this.#session)
    await this.#look()
    return null
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  /** Leaving takes the id of a join that may have been heard: a new session tells who we are now. */
  async #withdraw(): Promise<void> {
    await this.#signalling.request('room:leave', {})
    this.#signalling.renew()
  }

  async #onSession(session: Session): Promise<void> {
    this.#session = session
    this.#roster = this.#openRoster(session)
    await this.#look()
  }

  async #look(): Promise<void> {
    const looked = await this.#signalling.request('room:look', { code: this.#view.room.code })
    if (looked.ok) {
      this.#onRoom(looked.value)
      this.#show({ server: 'online' })
    } else if (looked.code !== 'disconnected') this.#show({ server: 'online', problem: problemOf(looked.code) })
  }

  #onRoom(room: RoomView): void {
    if (room.code !== this.#view.room.code) return
    // While the join is on its way its answer is the roster.
    if (!this.#view.isJoining) this.#roster.prepare(room.peers)
    this.#show({ room })
  }

  #show(part: Partial<GreenRoomView>): void {
    this.#view = { ...this.#view, ...part }
    this.#events.emit('changed')
  }
}
