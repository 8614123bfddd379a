import type { PeerId, Signal } from '#signalling/protocol.ts'
import type { LinkPhase, Quality } from './call-state.ts'
import type { ControlMessage } from './control-message.ts'
import { Emitter } from './emitter.ts'
import { healthTimes, LinkHealth, patientTimes } from './link-health.ts'
import { LinkPulse } from './link-pulse.ts'
import type { Log } from './log.ts'
import type { Offerer } from './negotiation.ts'
import { noMedia, type OwnMedia } from './own-media.ts'
import { PeerConnection } from './peer-connection.ts'
import type { VideoLimits } from './sending-limits.ts'
import { SignalRoute } from './signal-route.ts'

/** A side that waits for an offer makes one itself after this long. */
const AWAIT_OFFER_MS = 3000
/** All of the ladder in `healthTimes`; then a connection with nothing of the former one is tried. */
const RESTARTS_BEFORE_RENEWAL = 6
const SECOND_PICTURE_MS = 700
/** Lets a last word leave before the connection closes. */
const FAREWELL_MS = 300

/** What others may know of a link; fields as in `Person`. */
export interface LinkView {
  readonly phase: LinkPhase
  readonly microphoneOn: boolean
  readonly cameraOn: boolean
  readonly stream: MediaStream | null
  readonly quality: Quality
}

export interface PeerLinkOptions {
  readonly configuration: RTCConfiguration
  readonly isPolite: boolean
  readonly offerer: Offerer
  /** Null while one of the two is only in front of the room: connects, and neither sends anything nor says a word of it. */
  readonly own: OwnMedia | null
  readonly videoLimits: VideoLimits
  /** Whether the server would bring a signal to the other side now. */
  readonly canSend: () => boolean
  /** Brings a signal to the other side through the server. */
  readonly send: (signal: Signal) => void
  readonly log: Log
}

interface PeerLinkEvents {
  readonly changed: [LinkView]
  /** They said that they leave. */
  readonly bye: []
  /** They are in the room under this id now. */
  readonly moved: [PeerId]
}

/**
 * The way to one person, for as long as they are in the room: finds it, keeps it, and gets it back. Holds one
 * `PeerConnection` at a time. Signals go over the control channel while it is heard, else through the server.
 *
 * A client of another system has no control channel: it is heard by its packets, is on until its tracks say otherwise, and
 * a lost path is looked for with a new connection, by whoever makes the offers.
 */
export class PeerLink {
  readonly #events = new Emitter<PeerLinkEvents>()
  readonly #options: PeerLinkOptions
  readonly #health: LinkHealth
  readonly #route: SignalRoute
  readonly #pulse: LinkPulse
  #configuration: RTCConfiguration
  #connection: PeerConnection
  #own: OwnMedia | null
  #videoLimits: VideoLimits
  #view: LinkView
  #awaiting: ReturnType<typeof setTimeout> | undefined
  /** Attempts that the other side may have heard of, since there was a path. */
  #tries = 0
  #hasTheirWord = false
  #state: 'idle' | 'open' | 'closed' = 'idle'

  constructor(options: PeerLinkOptions) {
    this.#options = options
    this.#health = new LinkHealth({ times: options.offerer === 'either' ? healthTimes : patientTimes })
    this.#configuration = options.configuration
    this.#own = options.own
    this.#videoLimits = options.videoLimits
    // Both on until they say otherwise: a picture that is waited for can be shown with its first frame.
    this.#view = { phase: 'connecting', microphoneOn: true, cameraOn: true, stream: null, quality: 'unknown' }
    this.#connection = this.#connect()
    this.#route = new SignalRoute({ ...options, sendOverLink: (signal) => this.#sendOverLink(signal) })
    this.#pulse = new LinkPulse({ sample: () => this.#connection.sample(), log: options.log })
    this.#follow()
  }

  on<Name extends keyof PeerLinkEvents>(name: Name, listener: (...args: PeerLinkEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get view(): LinkView {
    return this.#view
  }
  /** Time since anything of them arrived; infinite before the first time. */
  get silentMs(): number {
    return this.#health.silentMs
  }

  /** Goes and connects; waits where only the other side may. */
  offer(): void {
    this.#open()
    if (this.#options.offerer !== 'they') this.#connection.begin()
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
    if (this.#state !== 'closed') this.#route.take(signal, this.#connection)
  }

  setMedia(own: OwnMedia): void {
    const isNews = own.microphoneOn !== this.#own?.microphoneOn || own.cameraOn !== this.#own.cameraOn
    this.#own = own
    void this.#connection.setMedia(own)
    if (isNews) this.#tellState()
  }

  /** For every path that is looked for from now on. */
  setIceServers(iceServers: RTCIceServer[]): void {
    this.#configuration = { ...this.#configuration, iceServers }
    if (this.#state !== 'closed') this.#connection.setIceServers(iceServers)
  }

  setVideoLimits(limits: VideoLimits): void {
    this.#videoLimits = limits
    void this.#connection.setVideoLimits(limits)
  }

  /** The network may have changed, or the machine slept: finds out at once instead of waiting for silence. */
  check(): void {
    if (this.#state !== 'open') return
    if (this.#options.offerer === 'either') {
      this.#health.doubt()
      this.#connection.send({ kind: 'probe' })
    }
    this.#health.hurry()
  }

  /** Looks for another path; the present one stays in use until there is a better one (RFC 8445, section 9). */
  restartIce(): void {
    if (this.#connection.isOffering) this.#connection.resend()
    else this.#connection.restartIce()
  }

  /** The server, or the person's own way to it, is back: says again what may not have arrived. */
  flush(): void {
    if (this.#state !== 'open') return
    this.#tries = 0
    if (this.#route.isUndelivered) this.#connection.resend({ andAnswer: true })
    else if (this.#view.phase !== 'connected' && this.#options.offerer === 'either') this.#connection.resend()
    this.#health.hurry()
  }

  /** Tells them over the link itself. */
  tell(message: Extract<ControlMessage, { kind: 'moved' }>): void {
    this.#connection.send(message)
  }

  /** Says goodbye and closes as soon as the word is out. Media stops at once. */
  leave(): void {
    if (this.#state === 'closed') return
    const connection = this.#connection
    const isSaid = connection.send({ kind: 'bye' })
    this.#end()
    if (!isSaid) connection.close()
    else {
      void connection.setMedia(noMedia)
      setTimeout(() => {
        connection.close()
      }, FAREWELL_MS)
    }
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#end()
    this.#connection.close()
  }

  #open(): void {
    clearTimeout(this.#awaiting)
    if (this.#state !== 'idle') return
    this.#state = 'open'
    this.#health.begin()
  }

  #end(): void {
    this.#state = 'closed'
    this.#pulse.close()
    clearTimeout(this.#awaiting)
    this.#health.close()
  }

  #follow(): void {
    this.#route.on('replaced', () => {
      this.#replace({ andTheirs: false })
    })
    this.#route.on('message', (message) => {
      this.#open()
      this.#connection.handle(message)
    })
    this.#route.on('misaddressed', () => {
      this.#introduce()
    })
    this.#health.on('changed', (phase) => {
      if (phase === 'connected' && this.#view.phase !== 'connecting') this.#refreshPicture()
      this.#show(phase === 'connected' ? { phase } : { phase, quality: 'unknown' })
    })
    this.#health.on('attempt', () => {
      this.#attempt()
    })
    this.#pulse.on('beat', () => this.#connection.send({ kind: 'heartbeat' }))
    this.#pulse.on('arrival', () => {
      this.#onArrival()
    })
    this.#pulse.on('quality', (quality) => {
      this.#show({ quality: this.#view.phase === 'connected' ? quality : 'unknown' })
    })
  }

  /** Twice: of the first burst over a path that is just back, packets are often lost. */
  #refreshPicture(): void {
    const connection = this.#connection
    for (const pauseMs of [0, SECOND_PICTURE_MS])
      setTimeout(() => {
        if (connection === this.#connection && this.#state === 'open') void connection.refreshPicture()
      }, pauseMs)
  }

  #connect(): PeerConnection {
    const { isPolite, offerer, log } = this.#options
    const connection = new PeerConnection({
      configuration: this.#configuration,
      isPolite,
      offerer,
      log,
      own: this.#own ?? noMedia,
      videoLimits: this.#videoLimits,
    })
    const isPresent = () => connection === this.#connection && this.#state !== 'closed'
    connection.on('message', (message) => isPresent() && this.#route.say(message, connection))
    connection.on('state', (state) => isPresent() && this.#onState(state))
    connection.on('stream', () => isPresent() && this.#onStream(connection.stream))
    connection.on('flow', (kind, isFlowing) => isPresent() && this.#onFlow(kind, isFlowing))
    connection.on('open', () => isPresent() && this.#tellState())
    connection.on('control', (message) => isPresent() && this.#onControl(message))
    connection.on('abused', () => isPresent() && this.#shutOut())
    return connection
  }

  #shutOut(): void {
    this.#options.log('warn', 'A link was closed: the other side floods it, or sends what is none of ours')
    this.#show({ phase: 'unreachable', stream: null, quality: 'unknown' })
    this.close()
  }

  /** Puts a new connection in the place of the present one; `offer` or a signal begins it. */
  #replace(renewal: { andTheirs: boolean }): void {
    this.#connection.close()
    this.#route.reset(renewal)
    this.#hasTheirWord = false
    this.#pulse.reset()
    this.#connection = this.#connect()
    this.#health.begin()
  }

  /** Only while the link is heard: over a path that may be gone, a signal could wait for ever. */
  #sendOverLink(signal: Signal): boolean {
    return this.#health.silentMs < healthTimes.silenceMs && this.#connection.send({ kind: 'signal', signal })
  }

  /** They do not know our present connection: offers it to them. */
  #introduce(): void {
    if (this.#connection.isBegun) this.#connection.resend()
    else this.offer()
  }

  #attempt(): void {
    if (this.#state !== 'open' || !this.#connection.isBegun || !this.#options.canSend()) return
    const { offerer } = this.#options
    if (offerer === 'they') return
    this.#tries++
    if (offerer === 'we' || this.#tries > RESTARTS_BEFORE_RENEWAL) this.#renew()
    else this.restartIce()
  }

  #renew(): void {
    this.#options.log('info', 'The path does not come back: a new connection is made')
    this.#replace({ andTheirs: true })
    this.offer()
  }

  #onState(state: RTCPeerConnectionState): void {
    this.#options.log('debug', `Connection is ${state}`)
    if (state === 'connected') this.#onHeard()
    else if (state === 'disconnected' || state === 'failed') this.#health.lost()
  }

  /** The answers to connectivity checks alone are no path yet; our own clients say more over the channel. */
  #onArrival(): void {
    if (this.#options.offerer === 'either' || this.#connection.state === 'connected') this.#onHeard()
  }

  #onStream(stream: MediaStream): void {
    if (this.#options.offerer === 'either') this.#show({ stream })
    else {
      const [microphoneOn, cameraOn] = [stream.getAudioTracks().length > 0, stream.getVideoTracks().length > 0]
      this.#show({ stream, microphoneOn, cameraOn })
    }
  }

  #onFlow(kind: 'audio' | 'video', isFlowing: boolean): void {
    const isForeign = this.#options.offerer !== 'either'
    if (kind === 'video' && (isForeign || (isFlowing && !this.#hasTheirWord))) this.#show({ cameraOn: isFlowing })
    else if (kind === 'audio' && isForeign) this.#show({ microphoneOn: isFlowing })
  }

  #onHeard(): void {
    this.#tries = 0
    this.#health.heard()
    if (this.#route.isUndelivered && this.#connection.isOpen) this.#connection.resend({ andAnswer: true })
  }

  #onControl(message: ControlMessage): void {
    this.#pulse.heard()
    this.#onHeard()
    switch (message.kind) {
      case 'heartbeat':
        break
      case 'probe':
        this.#connection.send({ kind: 'heartbeat' })
        break
      case 'state':
        this.#hasTheirWord = true
        this.#show({ microphoneOn: message.microphoneOn, cameraOn: message.cameraOn })
        break
      case 'bye':
        this.#events.emit('bye')
        break
      case 'moved':
        this.#events.emit('moved', message.to)
        break
      case 'signal':
        this.handleSignal(message.signal)
        break
    }
  }

  #tellState(): void {
    if (!this.#own) return
    const { microphoneOn, cameraOn } = this.#own
    this.#connection.send({ kind: 'state', microphoneOn, cameraOn })
  }

  #show(part: Partial<LinkView>): void {
    const isSame = Object.entries(part).every(([name, value]) => this.#view[name as keyof LinkView] === value)
    if (isSame) return
    this.#view = { ...this.#view, ...part }
    this.#events.emit('changed', this.#view)
  }
}
