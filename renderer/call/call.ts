import type { DocumentKind, RoomView } from '#signalling/protocol.ts'
import { Approach } from './approach.ts'
import type { CallMemory } from './call-memory.ts'
import { parseRemembered } from './call-memory.ts'
import type { CallProblem, CallState, EndReason } from './call-state.ts'
import { Emitter } from './emitter.ts'
import { GreenRoom, problemOf } from './green-room.ts'
import type { LocalMedia } from './local-media.ts'
import { silentLog, type Log } from './log.ts'
import { Meeting, type MeetingOptions, type Notice } from './meeting.ts'
import { ownMediaOf } from './own-media.ts'
import { takeSeatAgain } from './seat.ts'
import { refuse, type Payload, type Session } from './server-words.ts'
import type { Answered, Patience, Signalling } from './signalling.ts'
import { SignallingClient } from './signalling-client.ts'

/** The first failure may be that of a server which is just starting. */
const approachPatience: Patience = { deadlineMs: 8000, failures: 2 }
/** A server that is just being restarted is worth waiting for when one was in a call. */
const resumePatience: Patience = { deadlineMs: 15_000, failures: Infinity }

interface CallEvents {
  readonly changed: [CallState]
  readonly notice: [Notice]
}

interface CallOptions {
  readonly media: Pick<LocalMedia, 'state' | 'on'>
  readonly memory: CallMemory
  readonly log?: Log
  /** The access token for the server of this origin; null when it never asked for one. */
  readonly accessTokenFor?: (origin: string) => string | null
  /** Another way to a server than Socket.IO. */
  readonly openSignalling?: (serverUrl: string) => Signalling
}

/** What is there once a server is reached. */
interface Reached {
  readonly approach: Approach
  readonly session: Session
}

/**
 * One person's calls, one at a time: from nothing to a green room, into the meeting, and out. `state` is replaced whole,
 * here only. Uses the tracks of `media` and never opens or closes them.
 */
export class Call {
  readonly #events = new Emitter<CallEvents>()
  readonly #options: CallOptions
  readonly #log: Log
  readonly #stopFollowingMedia: () => void
  #state: CallState = { phase: 'idle' }
  #approach: Approach | null = null
  #greenRoom: GreenRoom | null = null
  #meeting: Meeting | null = null

  constructor(options: CallOptions) {
    this.#options = options
    this.#log = options.log ?? silentLog
    this.#stopFollowingMedia = options.media.on('changed', (state) =>
      this.#approach?.roster?.setMedia(ownMediaOf(state)),
    )
  }

  on<Name extends keyof CallEvents>(name: Name, listener: (...args: CallEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get state(): CallState {
    return this.#state
  }

  /** Makes a room on this server and stands in front of it. Trouble ends in `failed`; never rejects for the world's. */
  async host(serverUrl: string, wish: Payload<'room:create'>): Promise<void> {
    await this.#approachRoom('host', serverUrl, async (signalling) => {
      const created = await signalling.request('room:create', wish)
      return created.ok ? await signalling.request('room:look', created.value) : created
    })
  }

  /** Stands in front of the room with this code or name. Trouble ends in `failed`. */
  async open(serverUrl: string, code: string): Promise<void> {
    await this.#approachRoom('join', serverUrl, (signalling) => signalling.request('room:look', { code }), code)
  }

  /** From the green room into the meeting. Refused, it stays in the green room, with `problem`. */
  async join(name: string): Promise<void> {
    const [greenRoom, approach] = [this.#greenRoom, this.#approach]
    if (!greenRoom || !approach || this.#state.phase !== 'green-room') throw new Error('Nothing is open to join')
    if (greenRoom.view.isJoining) return
    const joined = await greenRoom.join(name)
    if (!joined || greenRoom !== this.#greenRoom) return
    greenRoom.close()
    this.#greenRoom = null
    this.#enter(approach, { name, joined, roster: greenRoom.roster })
  }

  /** After the page was loaded anew: back into the remembered room. False when there is none, or no way back. */
  async resume(): Promise<boolean> {
    const { memory } = this.#options
    const remembered = parseRemembered(memory.load())
    if (!remembered) return false
    const reached = await this.#reach('resume', remembered.serverUrl, resumePatience)
    if (!reached) return false
    const { approach, session } = reached
    const resumed = await takeSeatAgain(approach.signalling, remembered)
    if (approach !== this.#approach) return false
    if (resumed.ok) {
      const { name } = remembered
      this.#enter(approach, { name, joined: resumed.value, roster: approach.openRoster(session), before: remembered })
    } else if (resumed.code === 'timeout' || resumed.code === 'disconnected') {
      this.#fail(problemOf(resumed.code), remembered.serverUrl)
    } else {
      memory.save(null)
      this.#drop()
      this.#set({ phase: 'idle' })
    }
    return resumed.ok
  }

  /** Out of the meeting, with a goodbye to everyone; or back from whatever comes before it. */
  async leave(): Promise<void> {
    const [meeting, approach] = [this.#meeting, this.#approach]
    if (!meeting) {
      approach?.roster?.leave()
      this.#drop()
      this.#set({ phase: 'idle' })
      return
    }
    const isTold = meeting.leave()
    approach?.leaveRoom()
    this.#approach = null
    this.#end('left')
    await isTold
    approach?.close()
  }

  /** From `ended` or `failed` back to the beginning. */
  dismiss(): void {
    if (this.#state.phase === 'ended' || this.#state.phase === 'failed') this.#set({ phase: 'idle' })
  }

  /** Nothing happens outside of a meeting. */
  sendChat(text: string): void {
    this.#meeting?.sendChat(text)
  }

  /** The text of one of the documents of the meeting. */
  async readDocument(kind: DocumentKind): Promise<Answered<'document:read'>> {
    return (await this.#meeting?.readDocument(kind)) ?? refuse('not-in-room')
  }

  /** The network changed, or the machine woke up: looks at each link at once and gets back those that are dead. */
  checkLinks(): void {
    this.#approach?.roster?.check()
  }

  /** Tries to get the server back now. */
  reconnectNow(): void {
    if (this.#meeting) void this.#meeting.reconnectNow()
    else if (this.#greenRoom && this.#approach?.signalling.isOnline === false) this.#approach.signalling.renew()
  }

  /** In a meeting whose server refused the access token there is another one: goes on with it. */
  showAccessToken(): void {
    this.#meeting?.showAccessToken()
  }

  /** The page goes away. Nobody is told anything, so that a reload comes back. */
  close(): void {
    this.#stopFollowingMedia()
    this.#drop()
  }

  async #approachRoom(
    goal: 'host' | 'join',
    serverUrl: string,
    find: (signalling: Signalling) => Promise<Answered<'room:look'>>,
    asked: string | null = null,
  ): Promise<void> {
    const reached = await this.#reach(goal, serverUrl, approachPatience)
    if (!reached) return
    const found = await find(reached.approach.signalling)
    if (reached.approach !== this.#approach) return
    if (found.ok) this.#standInFront(reached, found.value)
    else this.#fail(problemOf(found.code), serverUrl, asked)
  }

  /** Null when there is no way to it, or something else was begun meanwhile. */
  async #reach(goal: 'host' | 'join' | 'resume', serverUrl: string, patience: Patience): Promise<Reached | null> {
    if (this.#meeting) throw new Error('A call is going on')
    this.#drop()
    this.#set({ phase: 'opening', serverUrl, goal })
    const signalling = this.#openSignalling(serverUrl)
    if (!signalling) {
      this.#fail('server-unreachable', serverUrl)
      return null
    }
    const isSeated = () => this.#meeting?.isSeated !== false
    const approach = new Approach({ serverUrl, signalling, media: this.#options.media, isSeated, log: this.#log })
    this.#approach = approach
    const session = await approach.reach(patience)
    if (approach !== this.#approach) {
      approach.close()
      return null
    }
    if (session.ok) return { approach, session: session.value }
    this.#fail(session.code, serverUrl)
    return null
  }

  /** Null for what is no address. */
  #openSignalling(serverUrl: string): Signalling | null {
    if (this.#options.openSignalling) return this.#options.openSignalling(serverUrl)
    if (!URL.canParse(serverUrl)) return null
    const { origin } = new URL(serverUrl)
    const accessToken = () => this.#options.accessTokenFor?.(origin) ?? null
    return new SignallingClient({ serverUrl: origin, log: this.#log, accessToken })
  }

  #standInFront({ approach, session }: Reached, room: RoomView): void {
    const { signalling, serverUrl } = approach
    const openRoster = (present: Session) => approach.openRoster(present)
    const greenRoom = new GreenRoom({ signalling, session, room, openRoster })
    this.#greenRoom = greenRoom
    greenRoom.on('changed', () => {
      if (greenRoom === this.#greenRoom) this.#set({ phase: 'green-room', serverUrl, ...greenRoom.view })
    })
    // In a meeting, sound and picture go on without the server; here nothing is lost by asking for the new token.
    signalling.on('refused', (code) => {
      if (greenRoom === this.#greenRoom && code === 'access-denied') this.#fail(code, serverUrl)
    })
    this.#set({ phase: 'green-room', serverUrl, ...greenRoom.view })
  }

  #enter(
    { signalling, serverUrl }: Approach,
    options: Omit<MeetingOptions, 'memory' | 'log' | 'signalling' | 'serverUrl'>,
  ): void {
    const { memory } = this.#options
    const meeting = new Meeting({ ...options, signalling, serverUrl, memory, log: this.#log })
    this.#meeting = meeting
    meeting.on('changed', () => {
      if (meeting === this.#meeting) this.#set(meeting.view)
    })
    meeting.on('notice', (notice) => {
      this.#events.emit('notice', notice)
    })
    meeting.on('ended', (reason) => {
      this.#end(reason)
    })
    this.#set(meeting.view)
  }

  #end(reason: EndReason): void {
    const meeting = this.#meeting
    if (!meeting) return
    const { serverUrl, room, since } = meeting.view
    const { metNames } = meeting
    this.#drop()
    this.#set({ phase: 'ended', reason, room, serverUrl, metNames, durationMs: Date.now() - since })
  }

  #fail(problem: CallProblem, serverUrl: string, asked: string | null = null): void {
    this.#drop()
    this.#set({ phase: 'failed', problem, serverUrl, asked })
  }

  /** Lets go of everything, without a word. */
  #drop(): void {
    this.#greenRoom?.close()
    this.#meeting?.close()
    this.#approach?.close()
    this.#greenRoom = this.#meeting = this.#approach = null
  }

  #set(state: CallState): void {
    if (state.phase !== this.#state.phase) this.#log('info', `${this.#state.phase} -> ${state.phase}`)
    this.#state = state
    this.#events.emit('changed', state)
  }
}
