import { expect, onTestFinished, vi } from 'vitest'
import type { Signal } from '#signalling/protocol.ts'
import { makeCertificate } from '#renderer/call/link-configuration.ts'
import type { Offerer } from '#renderer/call/negotiation.ts'
import type { OwnMedia } from '#renderer/call/own-media.ts'
import { PeerLink } from '#renderer/call/peer-link.ts'
import { videoLimitsFor } from '#renderer/call/sending-limits.ts'
import { eventually } from './await-media.ts'

/** How signals travel between two links: at once, unless a test says otherwise. */
export interface Path {
  /** Answers how long this signal takes, or null to lose it. */
  readonly delayMs?: (signal: Signal, count: number) => number | null
  isDown?: boolean
}

export const silence: OwnMedia = { audio: null, video: null, microphoneOn: false, cameraOn: false }

/** Fake camera and microphone of the test browser, closed with the test. */
export const openMedia = async (): Promise<
  OwnMedia & { readonly audio: MediaStreamTrack; readonly video: MediaStreamTrack }
> => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180 } })
  onTestFinished(() => {
    for (const track of stream.getTracks()) track.stop()
  })
  const [audio, video] = [stream.getAudioTracks()[0]!, stream.getVideoTracks()[0]!]
  return { audio, video, microphoneOn: true, cameraOn: true }
}

/** One end of a path; `link` may be replaced by another one, as by a page that was loaded anew. */
export class LinkEnd {
  readonly path: Path
  readonly sent: Signal[] = []
  readonly log: string[] = []
  /** Times that something could not be sent. */
  refused = 0
  readonly #isPolite: boolean
  readonly #certificate: RTCCertificate
  readonly #offerer: Offerer
  link: PeerLink
  other: { readonly link: Pick<PeerLink, 'handleSignal'> } | null = null

  constructor(
    isPolite: boolean,
    certificate: RTCCertificate,
    own: OwnMedia | null,
    path: Path,
    offerer: Offerer = 'either',
  ) {
    this.#isPolite = isPolite
    this.#offerer = offerer
    this.#certificate = certificate
    this.path = path
    this.link = this.open(own)
    onTestFinished(() => {
      this.link.close()
    })
  }

  open(own: OwnMedia | null): PeerLink {
    const link: PeerLink = new PeerLink({
      configuration: { iceServers: [], certificates: [this.#certificate] },
      isPolite: this.#isPolite,
      offerer: this.#offerer,
      own,
      videoLimits: videoLimitsFor(1),
      canSend: () => {
        if (this.path.isDown) this.refused++
        return !this.path.isDown
      },
      send: (signal) => {
        if (link === this.link) this.#send(signal)
      },
      log: (level, message) => this.log.push(`${level} ${message}`),
    })
    return link
  }

  /** Loads the page anew: the former link is gone without a word. */
  reload(own: OwnMedia): void {
    this.link.close()
    this.link = this.open(own)
  }

  #send(signal: Signal): void {
    // What the wire would do, so that a signal that the protocol refuses fails here, too.
    const copy = JSON.parse(JSON.stringify(signal)) as Signal
    this.sent.push(copy)
    const delayMs = this.path.delayMs?.(copy, this.sent.length) ?? (this.path.delayMs ? null : 0)
    if (delayMs !== null) setTimeout(() => this.other?.link.handleSignal(copy), delayMs)
  }
}

export const makePair = async ({
  own = [silence, silence],
  paths = [{}, {}],
}: { own?: readonly [OwnMedia | null, OwnMedia | null]; paths?: readonly [Path, Path] } = {}): Promise<{
  polite: LinkEnd
  impolite: LinkEnd
}> => {
  const [one, two] = await Promise.all([makeCertificate(), makeCertificate()])
  const polite = new LinkEnd(true, one, own[0], paths[0])
  const impolite = new LinkEnd(false, two, own[1], paths[1])
  polite.other = impolite
  impolite.other = polite
  return { polite, impolite }
}

export const expectConnected = async (...ends: readonly LinkEnd[]): Promise<void> => {
  for (const end of ends)
    await eventually(() => {
      expect(end.link.view.phase, end.log.join('\n')).toBe('connected')
    })
}

/** The control channels that were made, by their connection. */
export const channels = new WeakMap<RTCPeerConnection, RTCDataChannel>()

/** The connections that are made from now on in this test, in order. */
export const collectConnections = (): readonly RTCPeerConnection[] => {
  const made: RTCPeerConnection[] = []
  const Collected = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      made.push(this)
    }

    override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
      const channel = super.createDataChannel(label, options)
      channels.set(this, channel)
      return channel
    }
  }
  vi.stubGlobal('RTCPeerConnection', Collected)
  onTestFinished(() => {
    vi.unstubAllGlobals()
  })
  return made
}
