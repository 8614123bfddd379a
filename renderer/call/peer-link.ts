import type { PeerId, Signal } from '#signalling/protocol.ts'
import type { LinkPhase, Path, Quality } from './call-state.ts'
import type { ControlMessage, HostWord, LinkWord, TrustWord } from './control-message.ts'
import { Emitter } from './emitter.ts'
import { LinkConnection, type LinkConnectionOptions } from './link-connection.ts'
import { LinkObserver, nothingFound, type Finding } from './link-observer.ts'
import { DirectPathSearch, pathOf, roundRoundTrip } from './link-path.ts'
import { LinkPulse } from './link-pulse.ts'
import { LinkRecovery } from './link-recovery.ts'
import { noProblems, type OwnMedia } from './own-media.ts'
import type { VideoLimits } from './sending-limits.ts'
import { SignalRoute } from './signal-route.ts'
import { nothingOfTheirs, TheirMedia, type TheirMediaView } from './their-media.ts'
import type { Fingerprints } from './trust/fingerprints.ts'

/** A side that waits for an offer makes one itself after this long. */
const AWAIT_OFFER_MS = 3000

const noPath = { path: 'unknown', roundTripMs: null } as const

/** What others may know of a link; fields as in `Person`. */
export interface LinkView extends TheirMediaView, Finding {
  readonly phase: LinkPhase
  readonly quality: Quality
  readonly path: Path
  readonly roundTripMs: number | null
}

export interface PeerLinkOptions extends LinkConnectionOptions {
  /** Whose relay is the host's. */
  readonly serverUrl?: () => string
  /** Whether what leaves this computer goes through a VPN; without it what the browser tells of its cards alone counts. */
  readonly hasVpn?: () => Promise<boolean>
  /** Whether the server would bring a signal to the other side now. */
  readonly canSend: () => boolean
  /** Brings a signal to the other side through the server. */
  readonly send: (signal: Signal) => void
}

interface PeerLinkEvents {
  readonly changed: [LinkView]
  /** They said that they leave. */
  readonly bye: []
  /** They are in the room under this id now. */
  readonly moved: [PeerId]
  /** The control channel of the present connection is open. */
  readonly open: []
  /** Another connection is in the place of the former one; `open` tells when it can be spoken over. */
  readonly replaced: []
  /** The other side of the present connection shows another certificate than at first. */
  readonly certificate: []
  readonly trust: [TrustWord]
  readonly host: [HostWord]
}

/**
 * The way to one person, for as long as they are in the room: finds it, keeps it, and gets it back. Holds one
 * `PeerConnection` at a time. Signals go over the control channel while it is heard, else through the server.
 *
 * A client of another system has no control channel: it is heard by its packets.
 */
export class PeerLink {
  readonly #events = new Emitter<PeerLinkEvents>()
  readonly #options: PeerLinkOptions
  readonly #connection: LinkConnection
  readonly #route: SignalRoute
  readonly #recovery: LinkRecovery
  readonly #pulse: LinkPulse
  readonly #theirs: TheirMedia
  readonly #pathSearch: DirectPathSearch
  readonly #observer: LinkObserver
  #view: LinkView = { phase: 'connecting', quality: 'unknown', ...noPath, ...nothingFound, ...nothingOfTheirs }
  #awaiting: ReturnType<typeof setTimeout> | undefined
  #state: 'idle' | 'open' | 'closed' = 'idle'

  constructor(options: PeerLinkOptions) {
    const { offerer, canSend, log } = options
    this.#options = options
    const connection = new LinkConnection(options)
    this.#connection = connection
    this.#route = new SignalRoute({
      ...options,
      sendOverLink: (signal) => this.#sendOverLink(signal),
      isLinkHeard: () => this.#recovery.isHeardNow && connection.present.isOpen,
    })
    this.#recovery = new LinkRecovery({ offerer, connection, route: this.#route, canSend })
    this.#pulse = new LinkPulse({ sample: () => connection.present.sample(), log })
    this.#theirs = new TheirMedia({ offerer })
    this.#pathSearch = new DirectPathSearch({
      maySearch: () => this.#maySearchPath(),
      search: () => {
        connection.restartIce()
      },
    })
    this.#observer = new LinkObserver({
      observe: () => connection.present.observe(),
      hasVpn: options.hasVpn ?? (() => Promise.resolve(false)),
      send: (report) => this.#route.report(report, connection.present),
      log,
    })
    this.#observer.on('changed', (finding) => {
      this.#show(finding)
    })
    this.#followConnection()
    this.#followRoute()
    this.#followHealth()
  }

  on<Name extends keyof PeerLinkEvents>(name: Name, listener: (...args: PeerLinkEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get view(): LinkView {
    return this.#view
  }
  /** Time since anything of them arrived; infinite before the first time. */
  get silentMs(): number {
    return this.#recovery.silentMs
  }

  /** Goes and connects; waits where only the other side may. */
  offer(): void {
    this.#open()
    if (this.#options.offerer !== 'they') this.#connection.present.begin()
  }

  /** Lets the other side make the offer; of two that both may, this one makes it after `AWAIT_OFFER_MS` all the same. */
  awaitOffer(): void {
    this.#open()
    if (this.#options.offerer === 'either')
      this.#awaiting = setTimeout(() => {
        this.offer()
      }, AWAIT_OFFER_MS)
  }

  /** Takes a signal that came through the server. */
  handleSignal(signal: Signal): void {
    this.#take(signal, 'server')
  }

  setMedia(own: OwnMedia): void {
    this.#connection.setMedia(own)
  }

  /** For every path that is looked for from now on. */
  setIceServers(iceServers: RTCIceServer[]): void {
    this.#connection.setIceServers(iceServers)
  }

  setVideoLimits(limits: VideoLimits): void {
    this.#connection.setVideoLimits(limits)
  }

  /** The network may have changed, or the machine slept: finds out at once instead of waiting for silence. */
  check(): void {
    if (this.#state === 'open') this.#recovery.check()
  }

  /** Looks for another path; the present one stays in use until there is a better one. */
  restartIce(): void {
    this.#connection.restartIce()
  }

  /** The server, or the person's own way to it, is back: says again what may not have arrived. */
  flush(): void {
    if (this.#state === 'open') this.#recovery.flush()
  }

  /** Tells them over the link itself. False when it can not go out now. */
  tell(word: LinkWord): boolean {
    return this.#connection.present.send(word)
  }

  /** Of the present connection; null before hands were shaken. */
  fingerprints(): Promise<Fingerprints | null> {
    return this.#connection.present.fingerprints()
  }

  /** Says goodbye and closes as soon as the word is out. Media stops at once. */
  leave(): void {
    if (this.#state === 'closed') return
    this.#end()
    this.#connection.leave()
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#end()
    this.#connection.close()
  }

  #take(signal: Signal, way: 'server' | 'link'): void {
    if (this.#state === 'closed') return
    if (signal.kind === 'report') this.#observer.take(signal.report)
    else this.#route.take(signal, this.#connection.present, way)
  }

  #open(): void {
    clearTimeout(this.#awaiting)
    if (this.#state !== 'idle') return
    this.#state = 'open'
    this.#recovery.begin()
    this.#observe()
  }

  #end(): void {
    this.#state = 'closed'
    this.#pulse.close()
    this.#pathSearch.close()
    this.#observer.close()
    clearTimeout(this.#awaiting)
    this.#recovery.close()
  }

  #followConnection(): void {
    const on = this.#connection.on.bind(this.#connection)
    on('message', (message) => {
      this.#route.say(message, this.#connection.present)
    })
    on('state', (state) => {
      this.#onState(state)
    })
    on('stream', () => {
      this.#show(this.#theirs.stream(this.#connection.present.stream))
    })
    on('flow', (kind, isFlowing) => {
      this.#show(this.#theirs.flow(kind, isFlowing))
    })
    on('control', (message) => {
      this.#onControl(message)
    })
    on('abused', () => {
      this.#shutOut()
    })
    on('open', () => {
      this.#events.emit('open')
    })
    on('certificate', () => {
      this.#events.emit('certificate')
    })
  }

  #followRoute(): void {
    this.#route.on('replaced', () => {
      this.#replace({ andTheirs: false })
    })
    this.#route.on('message', (message) => {
      this.#open()
      this.#connection.present.handle(message)
    })
    // They do not know our present connection: offers it to them.
    this.#route.on('misaddressed', () => {
      if (this.#connection.present.isBegun) this.#connection.present.resend()
      else this.offer()
    })
  }

  #followHealth(): void {
    this.#recovery.on('changed', (phase) => {
      if (phase === 'connected' && this.#view.phase !== 'connecting') this.#connection.refreshPicture()
      this.#show(phase === 'connected' ? { phase } : { phase, quality: 'unknown' })
    })
    this.#recovery.on('hopeless', () => {
      this.#options.log('info', 'The path does not come back: a new connection is made')
      this.#replace({ andTheirs: true })
      this.offer()
    })
    this.#pulse.on('beat', () => this.#connection.present.send({ kind: 'heartbeat' }))
    this.#pulse.on('arrival', () => {
      this.#onArrival()
    })
    this.#pulse.on('quality', (quality) => {
      this.#show({ quality: this.#view.phase === 'connected' ? quality : 'unknown' })
    })
    this.#pulse.on('path', (ends) => {
      this.#show({ path: pathOf(ends, this.#options.serverUrl?.() ?? null) })
    })
    this.#pulse.on('roundTrip', (ms) => {
      this.#show({ roundTripMs: roundRoundTrip(ms) })
    })
  }

  #shutOut(): void {
    this.#options.log('warn', 'A link was closed: the other side floods it, or sends what is none of ours')
    this.#show({ phase: 'unreachable', stream: null, quality: 'unknown' })
    this.close()
  }

  /** Puts a new connection in the place of the present one; `offer` or a signal begins it. */
  #replace(renewal: { andTheirs: boolean }): void {
    this.#events.emit('replaced')
    this.#route.reset(renewal)
    this.#theirs.reset()
    this.#pulse.reset()
    this.#connection.replace()
    this.#show({ ...noPath, deviceProblems: noProblems })
    this.#recovery.begin()
  }

  #sendOverLink(signal: Signal): boolean {
    return this.#recovery.isHeardNow && this.#connection.present.send({ kind: 'signal', signal })
  }

  #onState(state: RTCPeerConnectionState): void {
    this.#options.log('debug', `Connection is ${state}`)
    if (state === 'connected') this.#recovery.heard()
    else if (state === 'disconnected' || state === 'failed') this.#recovery.lost()
  }

  /** One of the two is enough, and only those of our kind take an offer at any time. */
  #maySearchPath(): boolean {
    const { configuration, isPolite, offerer } = this.#options
    return !isPolite && offerer === 'either' && configuration.iceTransportPolicy !== 'relay'
  }

  /** The answers to connectivity checks alone are no path yet; our own clients say more over the channel. */
  #onArrival(): void {
    if (this.#options.offerer === 'either' || this.#connection.present.state === 'connected') this.#recovery.heard()
  }

  #onControl(message: ControlMessage): void {
    this.#pulse.heard()
    this.#recovery.heard()
    switch (message.kind) {
      case 'heartbeat':
        break
      case 'probe':
        this.#connection.present.send({ kind: 'heartbeat' })
        break
      case 'state':
        this.#show(this.#theirs.say(message))
        break
      case 'devices':
        this.#show({ deviceProblems: { camera: message.camera, microphone: message.microphone } })
        break
      case 'bye':
        this.#events.emit('bye')
        break
      case 'moved':
        this.#events.emit('moved', message.to)
        break
      case 'signal':
        this.#take(message.signal, 'link')
        break
      case 'proof':
      case 'identity':
      case 'commit':
      case 'reveal':
        this.#events.emit('trust', message)
        break
      case 'host-reached':
      case 'taken-over':
      case 'gone-back':
      case 'tunnel-open':
      case 'tunnel-close':
      case 'tunnel-request':
      case 'tunnel-answer':
      case 'tunnel-fact':
        this.#events.emit('host', message)
        break
    }
  }

  /** Between clients of our kind alone: others would not know what a report is. */
  #observe(): void {
    if (this.#state === 'open' && this.#options.offerer === 'either')
      this.#observer.follow(this.#view.phase, this.#view.path)
  }

  #show(part: Partial<LinkView>): void {
    const isSame = Object.entries(part).every(([name, value]) => this.#view[name as keyof LinkView] === value)
    if (isSame) return
    this.#view = { ...this.#view, ...part }
    this.#pathSearch.follow(this.#view.path, this.#view.phase === 'connected')
    this.#observe()
    this.#events.emit('changed', this.#view)
  }
}
