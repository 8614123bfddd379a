import type { PinnedHost, WantedHost } from '#electron/ipc.ts'
import * as v from 'valibot'
import { normaliseRoomCode, RoomCode, type DocumentKind, type PeerId, type RoomView } from '#signalling/protocol.ts'
import { Approach } from './approach.ts'
import {
  approachPatience,
  resumePatience,
  type CallEvents,
  type CallOptions,
  type Decided,
  type Reached,
} from './call-options.ts'
import { parseRemembered, parseRememberedKeys, type RoomKeys } from './call-memory.ts'
import type { CallProblem, CallState, EndReason } from './call-state.ts'
import { Emitter } from './emitter.ts'
import { GreenRoom, problemOf } from './green-room.ts'
import { silentLog, type Log } from './log.ts'
import { Meeting, type HostRequest, type MeetingOptions } from './meeting.ts'
import { ownMediaOf } from './own-media.ts'
import { randomId } from './random-id.ts'
import { takeSeatAgain } from './seat.ts'
import { refuse, type Payload, type Session } from './server-words.ts'
import type { Answered, Patience, Signalling } from './signalling.ts'
import { findServer, openSignalling, type FoundServer } from './way-to-server.ts'

const invited = { phase: 'invited' } as const
const otherHost = (host: PinnedHost) => ({ phase: 'other', host, name: '' }) as const

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
  /** The search for a host that is under way. */
  #search: object | null = null
  /** The key of the computer that hosts, as it was found. */
  #pin: string | null = null
  /** That computer goes on with the room of the one that the invitation pins. */
  #isAtHeir = false

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

  /**
   * Makes a room on this server, with a secret for its invitation, and stands in front of it, as its host. Trouble ends in
   * `failed`; never rejects for the world's.
   */
  async host(serverUrl: string, wish: Payload<'room:create'>): Promise<void> {
    const reached = await this.#reach('host', serverUrl, approachPatience)
    if (!reached) return
    const created = await reached.approach.signalling.request('room:create', wish)
    if (reached.approach !== this.#approach) return
    if (!created.ok) {
      this.#fail(problemOf(created.code), serverUrl)
      return
    }
    const { code, hostKey } = created.value
    this.#options.memory.save({ serverUrl, code, hostKey, secret: randomId() })
    await this.#lookAt(reached, code, null)
  }

  /**
   * Stands in front of the room with this code or name; `secret` is that of the invitation, `host` the computer that it
   * pins, which is looked for first. Trouble ends in `failed`.
   */
  async open(
    serverUrl: string,
    code: string,
    secret: string | null = null,
    host: WantedHost | null = null,
  ): Promise<void> {
    const found = host === null ? { serverUrl, pin: null } : await this.#find(host, serverUrl, code)
    if (found === null) return
    const reached = await this.#reach('join', found.serverUrl, approachPatience)
    this.#pin = found.pin
    this.#isAtHeir = host !== null && host.pin !== null && host.pin !== found.pin
    if (reached) await this.#lookAt(reached, code, secret, code)
  }

  /**
   * From the green room into the meeting; where one has to knock, somebody inside decides when. Refused, it stays in the
   * green room, with `problem`.
   */
  async join(name: string, password?: string): Promise<void> {
    if (!this.#greenRoom) throw new Error('Nothing is open to join')
    await this.#greenRoom.join(name, password)
  }

  /** Does not wait any longer to be let in. */
  cancelKnock(): void {
    this.#greenRoom?.cancelKnock()
  }

  /** After the page was loaded anew: back into the remembered room. False when there is none, or no way back. */
  async resume(): Promise<boolean> {
    const { memory } = this.#options
    const before = parseRemembered(memory.load())
    if (!before) return false
    const { serverUrl, name, code, secret, hostKey, hostPin } = before
    const reached = await this.#reach('resume', serverUrl, resumePatience)
    if (!reached) return false
    this.#pin = hostPin
    const { approach, session } = reached
    const resumed = await takeSeatAgain(approach.signalling, before)
    if (approach !== this.#approach) return false
    if (resumed.ok) {
      const roster = approach.openRoster(session, { code, secret })
      const entry = { joined: resumed.value, name, password: null }
      this.#enter(approach, { entry, keys: { secret, hostKey }, roster, before })
    } else if (resumed.code === 'timeout' || resumed.code === 'disconnected') {
      this.#fail(problemOf(resumed.code), serverUrl)
    } else {
      memory.save(hostKey === null && secret === null ? null : { serverUrl, code, secret, hostKey })
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

  /** For hosts, also in front of the own meeting: what others have to get past, how many may come, what it is called. */
  async changeRoom(change: Payload<'room:change'>): Promise<Decided<'room:change'>> {
    if (this.#meeting || !this.#greenRoom) return await this.#decide('room:change', change)
    const changed = await this.#greenRoom.change(change)
    return changed.ok ? changed : refuse(problemOf(changed.code))
  }

  /** For hosts: sends everyone out, for good. */
  async endRoom(): Promise<Decided<'room:end'>> {
    return await this.#decide('room:end', {})
  }

  async answerKnock(id: PeerId, admit: boolean): Promise<Decided<'knock:answer'>> {
    return await this.#decide('knock:answer', { id, admit })
  }

  /** Their app turns the microphone off. */
  async mutePerson(id: PeerId): Promise<Decided<'peer:mute'>> {
    return await this.#decide('peer:mute', { id })
  }

  async removePerson(id: PeerId): Promise<Decided<'peer:remove'>> {
    return await this.#decide('peer:remove', { id })
  }

  /** Makes them a host, too. */
  async promotePerson(id: PeerId): Promise<Decided<'peer:promote'>> {
    return await this.#decide('peer:promote', { id })
  }

  /** The people here compared the words of the room: all who are present are verified from now on. */
  confirmPhrase(): void {
    if (this.#meeting) this.#approach?.roster?.confirmPhrase()
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

  async #decide<Name extends HostRequest>(name: Name, payload: Payload<Name>): Promise<Decided<Name>> {
    const decided = (await this.#meeting?.decide(name, payload)) ?? refuse('not-in-room')
    return decided.ok ? decided : refuse(problemOf(decided.code))
  }

  async #lookAt(reached: Reached, code: string, secret: string | null, asked: string | null = null): Promise<void> {
    const { signalling, serverUrl } = reached.approach
    const found = await signalling.request('room:look', { code })
    if (reached.approach !== this.#approach) return
    if (!found.ok) {
      this.#fail(problemOf(found.code), serverUrl, asked)
      return
    }
    const kept = parseRememberedKeys(this.#options.memory.load(), { serverUrl, code: found.value.code })
    this.#standInFront(reached, found.value, { ...kept, secret: secret ?? kept.secret })
  }

  /** Where the computer answers that an invitation pins; null when it does not, or something else was begun meanwhile. */
  async #find(host: WantedHost, serverUrl: string, code: string): Promise<FoundServer | null> {
    this.#begin('join', serverUrl)
    const search = (this.#search = {})
    const wanted = v.is(RoomCode, code) ? { ...host, code: normaliseRoomCode(code) } : host
    const found = await findServer(wanted, serverUrl, this.#options, this.#log)
    if (search !== this.#search) return null
    if (found.ok) return found.value
    this.#fail(found.code, serverUrl, code)
    return null
  }

  #begin(goal: 'host' | 'join' | 'resume', serverUrl: string): void {
    if (this.#meeting) throw new Error('A call is going on')
    this.#drop()
    this.#set({ phase: 'opening', serverUrl, goal })
  }

  /** Null when there is no way to it, or something else was begun meanwhile. */
  async #reach(goal: 'host' | 'join' | 'resume', serverUrl: string, patience: Patience): Promise<Reached | null> {
    this.#begin(goal, serverUrl)
    const signalling = openSignalling(serverUrl, this.#options, this.#log)
    if (!signalling) {
      this.#fail('server-unreachable', serverUrl)
      return null
    }
    const isSeated = () => this.#meeting?.isSeated !== false
    const { media, hasVpn, relayOnly: isRelayOnly = () => false } = this.#options
    const approach = new Approach({ serverUrl, signalling, media, isSeated, isRelayOnly, hasVpn, log: this.#log })
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

  #standInFront({ approach, session }: Reached, room: RoomView, keys: RoomKeys): void {
    const { signalling, serverUrl } = approach
    const { secret, hostKey } = keys
    const openRoster = (present: Session) => approach.openRoster(present, { code: room.code, secret })
    const greenRoom = new GreenRoom({ signalling, session, room, hostKey, openRoster })
    this.#greenRoom = greenRoom
    const show = () => {
      this.#set({ phase: 'green-room', serverUrl, secret, ...greenRoom.view })
    }
    greenRoom.on('changed', () => {
      if (greenRoom === this.#greenRoom) show()
    })
    greenRoom.on('joined', (entry) => {
      if (greenRoom !== this.#greenRoom) return
      greenRoom.close()
      this.#greenRoom = null
      this.#enter(approach, { entry, keys, roster: greenRoom.roster })
    })
    // In a meeting, sound and picture go on without the server; here nothing is lost by asking for the new token.
    signalling.on('refused', (code) => {
      if (greenRoom === this.#greenRoom && code === 'access-denied') this.#fail(code, serverUrl)
    })
    show()
  }

  #enter(
    { signalling, serverUrl }: Approach,
    options: Omit<MeetingOptions, 'memory' | 'log' | 'signalling' | 'serverUrl' | 'succession'>,
  ): void {
    const { memory, computer = null } = this.#options
    const first = { pin: this.#pin, addresses: [new URL(serverUrl).host] }
    const home = this.#isAtHeir && first.pin !== null ? otherHost({ ...first, pin: first.pin }) : invited
    const succession = { computer, first, home, openServer: (url: string) => this.#openServer(url) }
    const meeting = new Meeting({ ...options, signalling, serverUrl, memory, succession, log: this.#log })
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

  /** One that was found, so that it has an address. */
  #openServer(serverUrl: string): Signalling {
    const signalling = openSignalling(serverUrl, this.#options, this.#log)
    if (!signalling) throw new Error('No address of a server')
    return signalling
  }

  /** Lets go of everything, without a word. */
  #drop(): void {
    this.#greenRoom?.close()
    this.#meeting?.close()
    this.#approach?.close()
    this.#greenRoom = this.#meeting = this.#approach = this.#search = null
    this.#pin = null
    this.#isAtHeir = false
  }

  #set(state: CallState): void {
    if (state.phase !== this.#state.phase) this.#log('info', `${this.#state.phase} -> ${state.phase}`)
    this.#state = state
    this.#events.emit('changed', state)
  }
}
