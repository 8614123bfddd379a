import type { Log } from './log.ts'
import { MediaLine } from './media-line.ts'
import { audioEncoding, videoEncoding } from './sending-limits.ts'

/** What goes to those who watch. */
export interface LiveTracks {
  readonly audio: MediaStreamTrack | null
  readonly video: MediaStreamTrack | null
}

interface LiveUploadOptions {
  readonly iceServers: RTCIceServer[]
  readonly tracks: LiveTracks
  readonly log: Log
  readonly onCandidate: (candidate: RTCIceCandidate | null) => void
  /** Nothing gets through any more, or never did. */
  readonly onFailed: () => void
}

/** Sent once, whatever the number of those who watch; the server asks for less when they cannot take it. */
const limits = { maxWidth: 1280, maxHeight: 720, maxFramerate: 30, maxBitrate: 1_500_000 }

/** One connection to the server's relay, by the server's offer. The tracks are the caller's. */
export class LiveUpload {
  readonly #rtc: RTCPeerConnection
  readonly #audio: MediaLine
  readonly #video: MediaLine

  constructor({ iceServers, tracks, log, onCandidate, onFailed }: LiveUploadOptions) {
    const group = new MediaStream()
    this.#audio = new MediaLine({ kind: 'audio', track: tracks.audio, encoding: audioEncoding(), group, log })
    this.#video = new MediaLine({ kind: 'video', track: tracks.video, encoding: videoEncoding(limits), group, log })
    const rtc = new RTCPeerConnection({ iceServers })
    this.#rtc = rtc
    rtc.addEventListener('icecandidate', ({ candidate }) => onCandidate(candidate))
    rtc.addEventListener('connectionstatechange', () => {
      if (rtc.connectionState === 'failed' || rtc.connectionState === 'closed') onFailed()
    })
  }

  /** Rejects for an offer that is none. */
  async answer(offer: RTCSessionDescriptionInit): Promise<RTCSessionDescription | null> {
    await this.#rtc.setRemoteDescription(offer)
    this.#audio.adopt(this.#rtc)
    this.#video.adopt(this.#rtc)
    await this.#rtc.setLocalDescription()
    return this.#rtc.localDescription
  }

  async addCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    await this.#rtc.addIceCandidate(candidate)
  }

  async setTracks({ audio, video }: LiveTracks): Promise<void> {
    await Promise.all([this.#audio.set({ track: audio }), this.#video.set({ track: video })])
  }

  close(): void {
    this.#rtc.close()
  }
}
