import type { DocumentKind, RoomView } from '#signalling/protocol.ts'
import type { CallMemory } from './call-memory.ts'
import { parseRemembered, type RememberedCall } from './call-memory.ts'
import type { CallProblem, CallState, EndReason } from './call-state.ts'
import { Emitter } from './emitter.ts'
import { GreenRoom, problemOf } from './green-room.ts'
import { IceRefresh } from './ice-refresh.ts'
import { configureLinks, makeCertificate, usableIceServers } from './link-configuration.ts'
import type { LocalMedia } from './local-media.ts'
import { silentLog, type Log } from './log.ts'
import { Meeting, type MeetingOptions, type Notice } from './meeting.ts'
import { ownMediaOf } from './own-media.ts'
import { Roster } from './roster.ts'
import { refuse, type Answer, type Payload, type Session } from './server-words.ts'
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
interface Approach {
  readonly serverUrl: string
  readonly signalling: Signalling
  readonly session: Session
  readonly certificate: RTCCertificate
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
  #signalling: Signalling | null = null
  #roster: Roster | null = null
  #iceRefresh: IceRefresh | null = null
  #greenRoom: GreenRoom | null = null
  #meeting: Meeting | null = null
  /** Counts the approaches, so that a late answer of a former one is not used. */
  #approaches = 0

  constructor(options: CallOptions) {
    this.#options = options
    this.#log = options.log ?? silentLog
    this.#stopFollowingMedia = options.media.on('changed', (state) => this.#roster?.setMedia(ownMediaOf(state)))
  }

  on<Name extends keyof CallEvents>(name: Name, listener: (...args: CallEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get state(): CallState {
    return this.#state
  }

  /** Makes a room on this server and stands in front of it. Trouble ends in `failed`; never rejects for the world's. */
  async host(serverUrl: string, wish: Payload<'room:create'>): Promise<void> {
    await this.#approach('host', serverUrl, async (signalling) => {
      const created = await signalling.request('room:create', wish)
      return created.ok ? await signalling.request('room:look', created.value) : created
    })
  }

  /** Stands in front of the room with this code or name. Trouble ends in `failed`. */
  async open(serverUrl: string, code: string): Promise<void> {
    await this.#approach('join', serverUrl, (signalling) => signalling.request('room:look', { code }), code)
  }

  /** From the green room into the meeting. Refused, it stays in the green room, with `problem`. */
  async join(name: string): Promise<void> {
    const [greenRoom, signalling] = [this.#greenRoom, this.#signalling]
    if (!greenRoom || !signalling || this.#state.phase !== 'green-room') throw new Error('Nothing is open to join')
    if (greenRoom.view.isJoining) return
    const { serverUrl } = this.#state
    const joined = await greenRoom.join(name)
    if (!joined || greenRoom !== this.#greenRoom) return
    greenRoom.close()
    this.#greenRoom = null
    this.#enter({ signalling, serverUrl, name, joined, roster: greenRoom.roster })
  }

  /** After the page was loaded anew: back into the remembered room. False when there is none, or no way back. */
  async resume(): Promise<boolean> {
    const { memory } = this.#options
    const remembered = parseRemembered(memory.load())
    if (!remembered) return false
    const approach = await this.#reach('resume', remembered.serverUrl, resumePatience)
    if (!approach) return false
    const resumed = await this.#takeSeatAgain(approach.signalling, remembered)
    if (approach.signalling !== this.#signalling) return false
    if (resumed.ok) this.#comeBack(approach, remembered, resumed.value)
    else if (resumed.code === 'timeout' || resumed.code === 'disconnected') {
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
    const [meeting, signalling] = [this.#meeting, this.#signalling]
    if (!meeting) {
      this.#roster?.leave()
      this.#drop()
      this.#set({ phase: 'idle' })
      return
    }
    const isTold = meeting.leave()
    this.#signalling = null
    this.#end('left')
    await isTold
    signalling?.close()
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
    this.#roster?.check()
  }

  /** Tries to get the server back now. */
  reconnectNow(): void {
    if (this.#meeting) void this.#meeting.reconnectNow()
    else if (this.#greenRoom && this.#signalling?.isOnline === false) this.#signalling.renew()
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

  async #approach(
    goal: 'host' | 'join',
    serverUrl: string,
    find: (signalling: Signalling) => Promise<Answered<'room:look'>>,
    asked: string | null = null,
  ): Promise<void> {
    const approach = await this.#reach(goal, serverUrl, approachPatience)
    if (!approach) return
    const found = await find(approach.signalling)
    if (approach.signalling !== this.#signalling) return
    if (found.ok) this.#standInFront(approach, found.value)
    else this.#fail(problemOf(found.code), serverUrl, asked)
  }

  /** Null when there is no way to it, or something else was begun meanwhile. */
  async #reach(goal: 'host' | 'join' | 'resume', serverUrl: string, patience: Patience): Promise<Approach | null> {
    if (this.#meeting) throw new Error('A call is going on')
    this.#drop()
    const approach = ++this.#approaches
    this.#set({ phase: 'opening', serverUrl, goal })
    const signalling = this.#openSignalling(serverUrl)
    if (!signalling) {
      this.#fail('server-unreachable', serverUrl)
      return null
    }
    this.#signalling = signalling
    const [session, certificate] = await Promise.all([signalling.connect(patience), makeCertificate()])
    if (approach !== this.#approaches) return null
    if (session.ok) {
      const reached = { serverUrl, signalling, certificate, session: session.value }
      this.#followIceServers(reached)
      return reached
    }
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

  #standInFront({ signalling, session, serverUrl, certificate }: Approach, room: RoomView): void {
    const openRoster = (present: Session) => this.#openRoster(signalling, present, certificate)
    const greenRoom = new GreenRoom({ signalling, session, room, openRoster })
    this.#greenRoom = greenRoom
    this.#listenToSignals(signalling)
    greenRoom.on('changed', () => {
      if (greenRoom === this.#greenRoom) this.#set({ phase: 'green-room', serverUrl, ...greenRoom.view })
    })
    // In a meeting, sound and picture go on without the server; here nothing is lost by asking for the new token.
    signalling.on('refused', (code) => {
      if (greenRoom === this.#greenRoom && code === 'access-denied') this.#fail(code, serverUrl)
    })
    this.#set({ phase: 'green-room', serverUrl, ...greenRoom.view })
  }

  #comeBack(
    { signalling, session, serverUrl, certificate }: Approach,
    before: RememberedCall,
    joined: Answer<'peer:resume'>,
  ): void {
    const roster = this.#openRoster(signalling, session, certificate)
    this.#listenToSignals(signalling)
    this.#enter({ signalling, serverUrl, name: before.name, joined, roster, before })
  }

  /**
   * The clients of other systems know no way to connect to a former person anew: where there are any, somebody new comes
   * in, whom they connect to as to everybody.
   */
  async #takeSeatAgain(
    signalling: Signalling,
    { token, code, name }: RememberedCall,
  ): Promise<Answered<'peer:resume'>> {
    const resumed = await signalling.request('peer:resume', { token })
    if (!resumed.ok || resumed.value.room.peers.every(({ offer }) => offer === undefined)) return resumed
    await signalling.request('room:leave', {})
    return await signalling.request('room:join', { code, name })
  }

  #listenToSignals(signalling: Signalling): void {
    signalling.on('signal:received', ({ from, signal }) => this.#roster?.handleSignal(from, signal))
    signalling.on('request:refused', ({ request, code }) => {
      this.#log('warn', `The server refused ${request}: ${code}`)
    })
  }

  #openRoster(signalling: Signalling, session: Session, certificate: RTCCertificate): Roster {
    this.#roster?.close()
    this.#roster = new Roster({
      you: session.peerId,
      configuration: configureLinks(session.iceServers, certificate, this.#log),
      own: ownMediaOf(this.#options.media.state),
      // Between the server's return and the seat's, it takes no signals from us.
      isOnline: () => signalling.isOnline && this.#meeting?.isSeated !== false,
      send: (to, signal) => {
        signalling.sendSignal(to, signal)
      },
      log: this.#log,
    })
    return this.#roster
  }

  #followIceServers({ signalling, session }: Approach): void {
    this.#iceRefresh?.close()
    this.#iceRefresh = new IceRefresh({
      signalling,
      session,
      onRefreshed: (iceServers) => this.#roster?.setIceServers(usableIceServers(iceServers, this.#log)),
    })
  }

  #enter(options: Omit<MeetingOptions, 'memory' | 'log'>): void {
    const meeting = new Meeting({ ...options, memory: this.#options.memory, log: this.#log })
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
    this.#approaches++
    this.#iceRefresh?.close()
    this.#greenRoom?.close()
    this.#meeting?.close()
    this.#roster?.close()
    this.#signalling?.close()
    this.#greenRoom = this.#meeting = this.#roster = this.#signalling = null
  }

  #set(state: CallState): void {
    if (state.phase !== this.#state.phase) this.#log('info', `${this.#state.phase} -> ${state.phase}`)
    this.#state = state
    this.#events.emit('changed', state)
  }
}
