import { Emitter } from './emitter.ts'
import { noMedia, noProblems, type OwnMedia } from './own-media.ts'
import { PeerConnection, type PeerConnectionEvents, type PeerConnectionOptions } from './peer-connection.ts'
import type { VideoLimits } from './sending-limits.ts'

const SECOND_PICTURE_MS = 700
/** Lets a last word leave before the connection closes. */
const FAREWELL_MS = 300

export interface LinkConnectionOptions extends Omit<PeerConnectionOptions, 'own'> {
  /** Null while one of the two is only in front of the room: connects, and neither sends anything nor says a word of it. */
  readonly own: OwnMedia | null
}

const areSame = (one = noProblems, other = noProblems): boolean =>
  one.camera === other.camera && one.microphone === other.microphone

/**
 * The present `PeerConnection` of a link, and what holds for each that takes its place: what we send and how, and through
 * which servers. Hands on the events of the present one, and none after `close` or `leave`.
 */
export class LinkConnection {
  readonly #events = new Emitter<PeerConnectionEvents>()
  #options: LinkConnectionOptions
  #present: PeerConnection
  #isClosed = false

  constructor(options: LinkConnectionOptions) {
    this.#options = options
    this.#present = this.#connect()
  }

  on<Name extends keyof PeerConnectionEvents>(
    name: Name,
    listener: (...args: PeerConnectionEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  get present(): PeerConnection {
    return this.#present
  }

  /** Puts a new connection in the place of the present one; `begin` or a message begins it. */
  replace(): void {
    this.#present.close()
    this.#present = this.#connect()
  }

  setMedia(own: OwnMedia): void {
    const former = this.#options.own
    const areProblemsNew = !areSame(own.problems, former?.problems)
    const isNews = own.microphoneOn !== former?.microphoneOn || own.cameraOn !== former.cameraOn
    this.#options = { ...this.#options, own }
    void this.#present.setMedia(own)
    if (isNews) this.#tellState()
    if (areProblemsNew) this.#tellProblems()
  }

  setIceServers(iceServers: RTCIceServer[]): void {
    this.#options = { ...this.#options, configuration: { ...this.#options.configuration, iceServers } }
    if (!this.#isClosed) this.#present.setIceServers(iceServers)
  }

  setVideoLimits(videoLimits: VideoLimits): void {
    this.#options = { ...this.#options, videoLimits }
    void this.#present.setVideoLimits(videoLimits)
  }

  /** Looks for another path; the present one stays in use until there is a better one (RFC 8445, section 9). */
  restartIce(): void {
    if (this.#present.isOffering) this.#present.resend()
    else this.#present.restartIce()
  }

  /** Twice: of the first burst over a path that is just back, packets are often lost. */
  refreshPicture(): void {
    const connection = this.#present
    for (const pauseMs of [0, SECOND_PICTURE_MS])
      setTimeout(() => {
        if (this.#isInUse(connection)) void connection.refreshPicture()
      }, pauseMs)
  }

  /** Says goodbye and closes as soon as the word is out. Media stops at once. */
  leave(): void {
    const connection = this.#present
    const isSaid = connection.send({ kind: 'bye' })
    this.#isClosed = true
    if (!isSaid) connection.close()
    else {
      void connection.setMedia(noMedia)
      setTimeout(() => {
        connection.close()
      }, FAREWELL_MS)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#present.close()
  }

  #isInUse(connection: PeerConnection): boolean {
    return connection === this.#present && !this.#isClosed
  }

  #connect(): PeerConnection {
    const connection = new PeerConnection({ ...this.#options, own: this.#options.own ?? noMedia })
    const isInUse = () => this.#isInUse(connection)
    connection.on('message', (message) => isInUse() && this.#events.emit('message', message))
    connection.on('state', (state) => isInUse() && this.#events.emit('state', state))
    connection.on('stream', () => isInUse() && this.#events.emit('stream'))
    connection.on('flow', (kind, isFlowing) => isInUse() && this.#events.emit('flow', kind, isFlowing))
    connection.on('control', (message) => isInUse() && this.#events.emit('control', message))
    connection.on('abused', () => isInUse() && this.#events.emit('abused'))
    connection.on('certificate', () => isInUse() && this.#events.emit('certificate'))
    connection.on('open', () => {
      if (!isInUse()) return
      this.#tellState()
      if (!areSame(this.#options.own?.problems, noProblems)) this.#tellProblems()
      this.#events.emit('open')
    })
    return connection
  }

  #tellState(): void {
    if (!this.#options.own) return
    const { microphoneOn, cameraOn } = this.#options.own
    this.#present.send({ kind: 'state', microphoneOn, cameraOn })
  }

  #tellProblems(): void {
    if (this.#options.own) this.#present.send({ kind: 'devices', ...(this.#options.own.problems ?? noProblems) })
  }
}
