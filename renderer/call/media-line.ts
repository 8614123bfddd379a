import { reasonOf, type Log } from './log.ts'

/** W3C webrtc-extensions, `RTCSetParameterOptions`; not yet in TypeScript's DOM types. */
interface RefreshableSender {
  setParameters: (
    parameters: RTCRtpSendParameters,
    options: { encodingOptions: { keyFrame: boolean }[] },
  ) => Promise<void>
}

interface Wish {
  readonly track: MediaStreamTrack | null
  readonly encoding: RTCRtpEncodingParameters
}

interface MediaLineOptions extends Wish {
  readonly kind: 'audio' | 'video'
  /** Never holds tracks: its id makes both kinds one stream, so that lips and words stay together. */
  readonly group: MediaStream
  readonly log: Log
}

/**
 * One kind of media of one connection: its transceiver, what is sent on it and under which limits. A track is switched
 * by `replaceTrack`, so nothing here ever renegotiates. Changes are made one after the other; the last wish wins.
 */
export class MediaLine {
  readonly #options: MediaLineOptions
  #wish: Wish
  #transceiver: RTCRtpTransceiver | null = null
  #work: Promise<void> = Promise.resolve()

  constructor(options: MediaLineOptions) {
    this.#options = options
    this.#wish = options
  }

  /** What the other side sends: on this line, or on one that it added later. Null when there is no line of this kind. */
  remoteTrack(rtc: RTCPeerConnection): MediaStreamTrack | null {
    const { kind } = this.#options
    const theirs = rtc
      .getTransceivers()
      .findLast(
        ({ receiver, currentDirection }) =>
          receiver.track.kind === kind && (currentDirection === 'sendrecv' || currentDirection === 'recvonly'),
      )
    return (theirs ?? this.#transceiver)?.receiver.track ?? null
  }

  /** Adds the line to a connection that will offer. */
  open(rtc: RTCPeerConnection): void {
    const { kind, group } = this.#options
    this.#transceiver ??= rtc.addTransceiver(this.#wish.track ?? kind, {
      direction: 'sendrecv',
      streams: [group],
      sendEncodings: [{ ...this.#wish.encoding }],
    })
  }

  /**
   * Takes the line that the other side offered, and gives up an own one that lost against it. What is sent on it is set
   * while the answer is made: nothing of it is in the description.
   */
  adopt(rtc: RTCPeerConnection): void {
    const own = this.#transceiver
    if (own !== null && own.mid !== null) return
    const { kind, group } = this.#options
    const offered = rtc.getTransceivers().find(({ mid, receiver }) => mid !== null && receiver.track.kind === kind)
    if (!offered) return
    if (own) void this.#giveUp(rtc, own)
    offered.direction = 'sendrecv'
    offered.sender.setStreams(group)
    this.#transceiver = offered
    void this.set(this.#wish)
  }

  async set(wish: Partial<Wish>): Promise<void> {
    this.#wish = { ...this.#wish, ...wish }
    this.#work = this.#work.then(() => this.#apply())
    await this.#work
  }

  /**
   * Sends a whole picture now. After a pause in the path a receiver asks for one only every 3 s (libwebrtc,
   * `kMaxWaitForFrame`), and shows nothing until then. Browsers without `encodingOptions` do nothing here.
   */
  async refresh(): Promise<void> {
    this.#work = this.#work.then(async () => {
      const sender = this.#transceiver?.sender
      if (!sender?.track) return
      try {
        await (sender as RefreshableSender).setParameters(sender.getParameters(), {
          encodingOptions: [{ keyFrame: true }],
        })
      } catch (error) {
        this.#options.log('debug', `No whole picture was sent: ${reasonOf(error)}`)
      }
    })
    await this.#work
  }

  /**
   * Stopped before any description holds it, a line would keep Chromium asking for a negotiation for ever, 60 times a second:
   * it goes into the next one without a direction, and is stopped when it is there.
   */
  async #giveUp(rtc: RTCPeerConnection, lost: RTCRtpTransceiver): Promise<void> {
    const stop = () => {
      if (rtc.signalingState !== 'stable' || lost.mid === null) return
      rtc.removeEventListener('signalingstatechange', stop)
      lost.stop()
    }
    rtc.addEventListener('signalingstatechange', stop)
    lost.direction = 'inactive'
    try {
      await lost.sender.replaceTrack(null)
    } catch (error) {
      this.#options.log('debug', `A line was not given up: ${reasonOf(error)}`)
    }
  }

  async #apply(): Promise<void> {
    const sender = this.#transceiver?.sender
    if (!sender) return
    const { track, encoding } = this.#wish
    try {
      if (sender.track !== track) await sender.replaceTrack(track)
      const parameters = sender.getParameters()
      const [current] = parameters.encodings
      if (!current) return
      if (Object.entries(encoding).every(([name, value]) => isSame(current[name as keyof typeof current], value)))
        return
      parameters.encodings = [{ ...current, ...encoding }]
      await sender.setParameters(parameters)
    } catch (error) {
      // The connection is closed, or the track ended under our hands; the next wish sets it right.
      this.#options.log('debug', `A sender was not set: ${reasonOf(error)}`)
    }
  }
}

const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)
