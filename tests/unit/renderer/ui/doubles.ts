import type { DocumentKind, ErrorCode, Result, RoomDetails, RoomDocument } from '#signalling/protocol.ts'
import type {
  Announcement,
  AppInfo,
  DesktopApi,
  FoundHost,
  HostKeys,
  HostState,
  NearbyMeeting,
  Notices,
  ReachReport,
  Settings,
  Unreachable,
  WantedHost,
} from '#electron/ipc.ts'
import type { CallState, DeviceState, Person } from '#renderer/call/call-state.ts'
import { Emitter } from '#renderer/call/emitter.ts'
import { noProblems } from '#renderer/call/own-media.ts'
import { refuse } from '#renderer/call/server-words.ts'
import type { CallControls } from '#renderer/state/call.svelte.ts'
import type { MediaControls } from '#renderer/state/media.svelte.ts'
import { DevicesDouble } from '../call/devices-double.ts'

type CallNotice = Parameters<Parameters<CallControls['on']>[1]>[0]

/** A call that stands in whatever state a test puts it, and writes down what it is asked. */
export class CallDouble implements CallControls {
  readonly asked: unknown[][] = []
  state: CallState = { phase: 'idle' }
  readonly #events = new Emitter<{ changed: [CallState]; notice: [CallNotice] }>()

  readonly on = ((name: 'changed' | 'notice', listener: (value: never) => void) =>
    this.#events.on(name, listener as (value: CallState | CallNotice) => void)) as CallControls['on']

  set(state: CallState): void {
    this.state = state
    this.#events.emit('changed', state)
  }
  tell(notice: { kind: 'joined' | 'left' | 'chat' | 'knock' | 'muted' | 'host'; name: string }): void {
    this.#events.emit('notice', notice)
  }
  async host(...args: unknown[]): Promise<void> {
    await this.#ask('host', ...args)
  }
  async open(...args: unknown[]): Promise<void> {
    await this.#ask('open', ...args)
  }
  async join(...args: unknown[]): Promise<void> {
    await this.#ask('join', ...args)
  }
  async resume(): Promise<boolean> {
    await this.#ask('resume')
    return false
  }
  async leave(): Promise<void> {
    await this.#ask('leave')
    this.set({ phase: 'idle' })
  }
  dismiss(): void {
    void this.#ask('dismiss')
    this.set({ phase: 'idle' })
  }
  sendChat(text: string): void {
    void this.#ask('sendChat', text)
  }
  /** What `readDocument` answers. */
  readonly texts = new Map<DocumentKind, RoomDocument>()
  readonly readDocument: CallControls['readDocument'] = async (kind) => {
    await this.#ask('readDocument', kind)
    const document = this.texts.get(kind)
    return document ? { ok: true, value: document } : refuse('document-not-found')
  }
  checkLinks(): void {
    void this.#ask('checkLinks')
  }
  reconnectNow(): void {
    void this.#ask('reconnectNow')
  }
  showAccessToken(): void {
    void this.#ask('showAccessToken')
  }
  cancelKnock(): void {
    void this.#ask('cancelKnock')
  }
  confirmPhrase(): void {
    void this.#ask('confirmPhrase')
  }
  /** Why the server refuses what only a host may do; null: it does not. */
  refusal: ErrorCode | null = null
  async changeRoom(change: object): Promise<Result<RoomDetails>> {
    const { title, capacity } =
      'room' in this.state ? { capacity: 16, ...this.state.room } : { title: '', capacity: 16 }
    return await this.#decide({ title, capacity, door: openDoor, hosts: [you] }, 'changeRoom', change)
  }
  async endRoom(): Promise<Result<Record<string, never>>> {
    return await this.#decide({}, 'endRoom')
  }
  async answerKnock(...args: unknown[]): Promise<Result<Record<string, never>>> {
    return await this.#decide({}, 'answerKnock', ...args)
  }
  async mutePerson(...args: unknown[]): Promise<Result<Record<string, never>>> {
    return await this.#decide({}, 'mutePerson', ...args)
  }
  async removePerson(...args: unknown[]): Promise<Result<Record<string, never>>> {
    return await this.#decide({}, 'removePerson', ...args)
  }
  async promotePerson(...args: unknown[]): Promise<Result<Record<string, never>>> {
    return await this.#decide({}, 'promotePerson', ...args)
  }

  async #decide<T>(value: T, ...words: unknown[]): Promise<Result<T>> {
    await this.#ask(...words)
    return this.refusal === null ? { ok: true, value } : refuse(this.refusal)
  }
  #ask(...words: unknown[]): Promise<void> {
    this.asked.push(words)
    return Promise.resolve()
  }
}

/** Devices that are as a test says, and that open without any hardware. */
export class MediaDouble extends DevicesDouble implements MediaControls {
  readonly asked: unknown[][] = []

  async open(...args: unknown[]): Promise<void> {
    await this.#ask('open', ...args)
  }
  async setCamera(isOn: boolean): Promise<void> {
    await this.#ask('setCamera', isOn)
    this.set({ camera: isOn ? onDevice('video') : { phase: 'off' } })
  }
  async setMicrophone(isOn: boolean): Promise<void> {
    await this.#ask('setMicrophone', isOn)
    this.set({ microphone: isOn ? onDevice('audio') : { phase: 'off' } })
  }
  async chooseCamera(id: string): Promise<void> {
    await this.#ask('chooseCamera', id)
  }
  async chooseMicrophone(id: string): Promise<void> {
    await this.#ask('chooseMicrophone', id)
  }
  chooseSpeaker(id: string): void {
    void this.#ask('chooseSpeaker', id)
  }
  close(): void {
    void this.#ask('close')
  }

  #ask(...words: unknown[]): Promise<void> {
    this.asked.push(words)
    return Promise.resolve()
  }
}

/** A live track without a device. */
export const makeTrack = (kind: 'audio' | 'video'): MediaStreamTrack => {
  const stream =
    kind === 'audio'
      ? new AudioContext().createMediaStreamDestination().stream
      : document.createElement('canvas').captureStream(1)
  const [track] = stream.getTracks()
  if (!track) throw new Error(`no ${kind} track`)
  return track
}
export const onDevice = (kind: 'audio' | 'video'): DeviceState => ({
  phase: 'on',
  track: makeTrack(kind),
  deviceId: `${kind}-1`,
  label: kind,
})

export const openDoor = { hasPassword: false, knock: false, locked: false } as const
export const identity = {
  pin: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA',
  fingerprint: Array.from({ length: 32 }, (_, byte) =>
    (byte * 7 + 16).toString(16).padStart(2, '0').toUpperCase(),
  ).join(':'),
} as const

const defaultSettings: Settings = {
  name: 'Ann',
  theme: 'light',
  cameraId: '',
  microphoneId: '',
  speakerId: '',
  cameraOn: true,
  microphoneOn: true,
  serverUrl: '',
  hostPort: 8001,
  recent: [],
  accessTokens: [],
  announce: 'named',
  relayOnly: false,
  mayInherit: true,
}

/** The desktop of a computer whose embedded server does what a test says. */
export class DesktopDouble implements DesktopApi {
  readonly asked: unknown[][] = []
  settings: Settings
  host: HostState = { phase: 'off' }
  /** What `startHost` ends in. */
  hostAfterStart: HostState = {
    phase: 'running',
    url: 'http://127.0.0.1:8001',
    port: 8001,
    takenPort: null,
    addresses: [{ card: 'en0', family: 'IPv4', address: '192.168.1.20', isVirtual: false }],
    identity,
  }
  /** What `checkReach` answers; null: it fails. */
  reach: ReachReport | null = {
    answering: ['192.168.1.20:8001'],
    firewall: 'unknown',
    multicast: true,
    wasReached: false,
  }
  nearby: readonly NearbyMeeting[] = []
  /** What `findHost` answers. */
  found: FoundHost = { ok: false, problem: 'unreachable' }
  readonly #platform: AppInfo['platform']
  readonly #events = new Emitter<Notices>()

  constructor(settings: Partial<Settings> = {}, platform: AppInfo['platform'] = 'linux') {
    this.settings = { ...defaultSettings, ...settings }
    this.#platform = platform
  }

  readonly on: DesktopApi['on'] = (name, listener) => this.#events.on(name, listener)
  tell<Name extends keyof Notices>(name: Name, ...args: Notices[Name]): void {
    this.#events.emit(name, ...args)
  }

  getInfo(): Promise<AppInfo> {
    return Promise.resolve({ version: '0.1.0', platform: this.#platform, computerName: 'desk', locale: 'en-GB' })
  }
  getSettings(): Promise<Settings> {
    return Promise.resolve(this.settings)
  }
  changeSettings(change: Partial<Settings>): Promise<Settings> {
    this.settings = { ...this.settings, ...change }
    return Promise.resolve(this.settings)
  }
  getHost(): Promise<HostState> {
    return Promise.resolve(this.host)
  }
  async startHost(): Promise<HostState> {
    this.asked.push(['startHost'])
    this.tell('hostChanged', { phase: 'starting', step: 'port' })
    return await Promise.resolve((this.host = this.hostAfterStart))
  }
  stopHost(): Promise<HostState> {
    this.asked.push(['stopHost'])
    return Promise.resolve((this.host = { phase: 'off' }))
  }
  /** What `getHostKeys` answers. */
  hostKeys: HostKeys | null = { pin: identity.pin, ownerKey: 'owner-key-of-this-app-' }
  getHostKeys(): Promise<HostKeys | null> {
    return Promise.resolve(this.hostKeys)
  }
  async checkReach(): Promise<ReachReport> {
    this.asked.push(['checkReach'])
    if (this.reach === null) throw new Error('no check')
    return await Promise.resolve(this.reach)
  }
  announce(meeting: Announcement | null): Promise<void> {
    this.asked.push(['announce', meeting])
    return Promise.resolve()
  }
  watchNearby(isWatching: boolean): Promise<readonly NearbyMeeting[]> {
    this.asked.push(['watchNearby', isWatching])
    return Promise.resolve(this.nearby)
  }
  findHost(wanted: WantedHost): Promise<FoundHost> {
    this.asked.push(['findHost', wanted])
    return Promise.resolve(this.found)
  }
  hasVpn(): Promise<boolean> {
    return Promise.resolve(false)
  }
  /** What `whyUnreachable` answers. */
  unreachable: Unreachable = 'unknown'
  whyUnreachable(serverUrl: string): Promise<Unreachable> {
    this.asked.push(['whyUnreachable', serverUrl])
    return Promise.resolve(this.unreachable)
  }
  getMediaAccess(): Promise<'unknown'> {
    return Promise.resolve('unknown')
  }
  askMediaAccess(): Promise<'unknown'> {
    return Promise.resolve('unknown')
  }
  openMediaSettings(kind: string): Promise<boolean> {
    this.asked.push(['openMediaSettings', kind])
    return Promise.resolve(true)
  }
  setInCall(isInCall: boolean): Promise<void> {
    this.asked.push(['setInCall', isInCall])
    return Promise.resolve()
  }
  log(): Promise<void> {
    return Promise.resolve()
  }
}

type GreenRoomState = Extract<CallState, { phase: 'green-room' }>
type JoinedState = Extract<CallState, { phase: 'joined' }>
export const code = 'k7mq2xvd9thr'
export const you = 'AAAAAAAAAAAAAAAAAAAAAA'

export const greenRoomState = (change: Partial<GreenRoomState> = {}): GreenRoomState => ({
  phase: 'green-room',
  serverUrl: 'http://127.0.0.1:8001',
  room: { code, title: 'Tuesday', capacity: 16, peers: [], door: openDoor, hosts: [] },
  server: 'online',
  waiting: 'nothing',
  problem: null,
  secret: null,
  ...change,
})
export const joinedState = (change: Partial<JoinedState> = {}): JoinedState => ({
  phase: 'joined',
  serverUrl: 'http://127.0.0.1:8001',
  room: { code, title: 'Tuesday', capacity: 16 },
  you,
  name: 'Ann',
  people: [],
  chat: [],
  documents: [],
  door: openDoor,
  hosts: [],
  knocks: [],
  secret: null,
  phrase: { phase: 'none' },
  server: 'online',
  hosting: { phase: 'invited' },
  since: Date.now(),
  ...change,
})
export const person = (name: string, change: Partial<Person> = {}): Person => ({
  id: name.padEnd(22, '_'),
  name,
  link: 'connected',
  microphoneOn: true,
  cameraOn: false,
  stream: null,
  quality: 'good',
  trust: 'checking',
  hasNewKey: false,
  path: 'unknown',
  roundTripMs: null,
  trouble: null,
  detour: null,
  deviceProblems: noProblems,
  ...change,
})
