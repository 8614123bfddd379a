import type { ControlMessage } from './control-message.ts'
import { ControlChannel } from './control-channel.ts'
import { Emitter } from './emitter.ts'
import { readObservation, type Observation } from './link-observation.ts'
import { readSample, type LinkSample } from './link-sample.ts'
import type { Log } from './log.ts'
import { MediaLine } from './media-line.ts'
import { Negotiation, type Message, type Offerer } from './negotiation.ts'
import type { OwnMedia } from './own-media.ts'
import { randomId } from './random-id.ts'
import { fingerprintOf, ownFingerprint, type Fingerprints } from './trust/fingerprints.ts'
import { RemoteCertificate } from './trust/remote-certificate.ts'
import { audioEncoding, firstPicture, videoEncoding, type VideoLimits } from './sending-limits.ts'

/** From the first picture on a path until full ones are sent; by then libwebrtc has measured it. */
const FIRST_PICTURE_MS = 1500

export interface PeerConnectionOptions {
  readonly configuration: RTCConfiguration
  readonly isPolite: boolean
  readonly offerer: Offerer
  readonly own: OwnMedia
  readonly videoLimits: VideoLimits
  readonly log: Log
}

export interface PeerConnectionEvents {
  readonly message: [Message]
  readonly state: [RTCPeerConnectionState]
  readonly stream: []
  /** The first packets arrived, or the first after a pause; or the other side took this kind back. */
  readonly flow: ['audio' | 'video', boolean]
  readonly control: [ControlMessage]
  readonly open: []
  readonly abused: []
  /** The other side shows another certificate than at first. */
  readonly certificate: []
}

/**
 * One RTCPeerConnection from beginning to end: its negotiation, its two lines of media and its control channel.
 * It is never repaired beyond an ICE restart; `PeerLink` puts a new one, with a new epoch, in its place.
 */
export class PeerConnection {
  readonly epoch = randomId()
  readonly #rtc: RTCPeerConnection
  readonly #events = new Emitter<PeerConnectionEvents>()
  readonly #negotiation: Negotiation
  readonly #audio: MediaLine
  readonly #video: MediaLine
  readonly #hasChannel: boolean
  readonly #certificate: RTCCertificate | undefined
  readonly #remoteCertificate: RemoteCertificate
  #hasCertificateChanged = false
  #stream = new MediaStream()
  #isBegun = false
  #channel: ControlChannel | null = null
  #videoLimits: VideoLimits
  #isSending: boolean
  #isAtFirstPicture = true
  #firstPictureTimer: ReturnType<typeof setTimeout> | undefined

  constructor({ configuration, isPolite, offerer, own, videoLimits, log }: PeerConnectionOptions) {
    const group = new MediaStream()
    this.#hasChannel = offerer === 'either'
    this.#videoLimits = videoLimits
    this.#rtc = new RTCPeerConnection({ ...configuration, bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' })
    this.#certificate = configuration.certificates?.[0]
    this.#remoteCertificate = new RemoteCertificate(() => this.#rtc.sctp?.transport ?? null)
    this.#audio = new MediaLine({ kind: 'audio', group, log, track: own.audio, encoding: audioEncoding() })
    this.#video = new MediaLine({ kind: 'video', group, log, track: own.video, encoding: this.#videoEncoding })
    this.#negotiation = new Negotiation({ rtc: this.#rtc, isPolite, offerer, log, onOffer: () => this.#adoptLines() })
    this.#negotiation.on('message', (message) => {
      this.#events.emit('message', message)
    })
    this.#isSending = own.video !== null
    this.#rtc.addEventListener('connectionstatechange', () => {
      this.#growPicture()
      this.#checkCertificate()
      this.#events.emit('state', this.#rtc.connectionState)
    })
    this.#rtc.addEventListener('track', ({ track }) => {
      this.#collectTracks()
      for (const change of ['mute', 'unmute'] as const)
        track.addEventListener(change, () => {
          this.#onFlow(track)
        })
    })
    this.#rtc.addEventListener('signalingstatechange', () => {
      if (this.#rtc.signalingState === 'stable') this.#collectTracks()
    })
  }

  on<Name extends keyof PeerConnectionEvents>(
    name: Name,
    listener: (...args: PeerConnectionEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** Holds what the other side sends, from the first description on. Another object when other tracks are sent. */
  get stream(): MediaStream {
    return this.#stream
  }
  get state(): RTCPeerConnectionState {
    return this.#rtc.connectionState
  }
  /** False until either side has offered. */
  get isBegun(): boolean {
    return this.#isBegun
  }
  /** Has offered, and never taken a description. */
  get isFirstAnswerDue(): boolean {
    return this.isOffering && this.#rtc.remoteDescription === null
  }
  /** Waits for the answer to an own offer. */
  get isOffering(): boolean {
    return this.#rtc.signalingState === 'have-local-offer'
  }
  get isOpen(): boolean {
    return this.#channel?.isOpen ?? false
  }

  /** Makes the first offer. Twice is no error. */
  begin(): void {
    if (this.#isBegun) return
    this.#isBegun = true
    this.#negotiation.start()
    this.#audio.open(this.#rtc)
    this.#video.open(this.#rtc)
    this.#openChannel()
  }

  handle(message: Message): void {
    this.#negotiation.handle(message)
  }

  /** Offers new ICE credentials and candidates (RFC 8445, section 9); the path there is stays in use meanwhile. */
  restartIce(): void {
    this.#rtc.restartIce()
  }

  resend(options?: { andAnswer?: boolean }): void {
    this.#negotiation.resend(options)
  }

  send(message: ControlMessage): boolean {
    return this.#channel?.send(message) ?? false
  }

  /** For the candidates that are gathered from now on. */
  setIceServers(iceServers: RTCIceServer[]): void {
    this.#rtc.setConfiguration({ ...this.#rtc.getConfiguration(), iceServers })
  }

  async setMedia({ audio, video }: OwnMedia): Promise<void> {
    this.#isSending = video !== null
    this.#growPicture()
    await Promise.all([this.#audio.set({ track: audio }), this.#video.set({ track: video })])
  }

  async setVideoLimits(limits: VideoLimits): Promise<void> {
    this.#videoLimits = limits
    await this.#video.set({ encoding: this.#videoEncoding })
  }

  /** There was a gap in the path: lets the other side see something at once. */
  async refreshPicture(): Promise<void> {
    await this.#video.refresh()
  }

  /** Null before hands were shaken, and of connections without a control channel. */
  async fingerprints(): Promise<Fingerprints | null> {
    const [own, certificate] = [this.#certificate && ownFingerprint(this.#certificate), this.#remoteCertificate.read()]
    return own && certificate ? { own, theirs: await fingerprintOf(certificate) } : null
  }

  async sample(): Promise<LinkSample> {
    this.#checkCertificate()
    const report = (await this.#rtc.getStats()) as ReadonlyMap<string, RTCStats & Record<string, unknown>>
    return readSample(report, performance.now())
  }

  /** Of the direct path; null when nothing can be told yet, and for whoever wants none. */
  async observe(): Promise<Observation | null> {
    if (this.#rtc.getConfiguration().iceTransportPolicy === 'relay' || !this.#isBegun) return null
    const isGathered = this.#rtc.iceGatheringState === 'complete'
    const report = (await this.#rtc.getStats()) as ReadonlyMap<string, RTCStats & Record<string, unknown>>
    return readObservation(report, isGathered)
  }

  close(): void {
    clearTimeout(this.#firstPictureTimer)
    this.#negotiation.close()
    this.#rtc.close()
  }

  get #videoEncoding() {
    return videoEncoding(this.#isAtFirstPicture ? firstPicture(this.#videoLimits) : this.#videoLimits)
  }

  #growPicture(): void {
    if (!this.#isSending || this.state !== 'connected') return
    this.#firstPictureTimer ??= setTimeout(() => {
      this.#isAtFirstPicture = false
      void this.#video.set({ encoding: this.#videoEncoding })
    }, FIRST_PICTURE_MS)
  }

  #checkCertificate(): void {
    if (this.#hasCertificateChanged || !this.#remoteCertificate.hasChanged()) return
    this.#hasCertificateChanged = true
    this.#events.emit('certificate')
  }

  #adoptLines(): void {
    this.#isBegun = true
    this.#audio.adopt(this.#rtc)
    this.#video.adopt(this.#rtc)
    this.#openChannel()
    this.#collectTracks()
  }

  #openChannel(): void {
    if (!this.#hasChannel || this.#channel) return
    const channel = new ControlChannel(this.#rtc)
    this.#channel = channel
    channel.on('open', () => this.#events.emit('open'))
    channel.on('message', (message) => {
      this.#checkCertificate()
      this.#events.emit('control', message)
    })
    channel.on('abused', () => this.#events.emit('abused'))
  }

  #collectTracks(): void {
    const tracks = [this.#audio, this.#video]
      .map((line) => line.remoteTrack(this.#rtc))
      .filter((track) => track !== null)
    const former = this.#stream.getTracks()
    if (tracks.length === former.length && tracks.every((track) => former.includes(track))) return
    this.#stream = new MediaStream(tracks)
    this.#events.emit('stream')
  }

  #onFlow(track: MediaStreamTrack): void {
    if (this.#stream.getTracks().includes(track))
      this.#events.emit('flow', track.kind === 'video' ? 'video' : 'audio', !track.muted)
  }
}
