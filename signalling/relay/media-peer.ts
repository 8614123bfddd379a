/**
 * What the relay needs of a WebRTC implementation, and nothing else of it: werift stands behind this in werift-*.ts, and
 * tests put something simpler there.
 */

export type MediaKind = 'audio' | 'video'

/** One kind of media that a device sends, in the codec that it chose. */
export interface MediaTrack {
  readonly kind: MediaKind
  readonly codec: 'VP8' | 'H264' | 'opus'
  /** Format parameters as in SDP (`a=fmtp`), such as the profile of H264; empty when there are none. */
  readonly parameters: string
}

/** An RTP packet without what belongs to one connection alone (SSRC, payload type, extension ids). */
export interface MediaPacket {
  readonly sequenceNumber: number
  readonly timestamp: number
  readonly marker: boolean
  readonly payload: Buffer
  /** Payload of the header extension `urn:3gpp:video-orientation`: how a phone is held. Null when the packet has none. */
  readonly orientation: Buffer | null
}

/** One moment by two clocks, of a sender report (RFC 3550, section 6.4.1): what sound and picture are aligned by. */
export interface SenderClock {
  readonly ntp: bigint
  readonly timestamp: number
}

export interface IceCandidate {
  readonly candidate: string
  readonly sdpMid: string | null
  readonly sdpMLineIndex: number | null
}

/** The server's end of one connection. The server makes the only offer. */
export interface MediaPeer {
  /** Resolves with SDP that holds the candidates below; takes as long as gathering them, 2 s at most. */
  readonly offer: () => Promise<{ readonly sdp: string; readonly candidates: readonly IceCandidate[] }>
  /** Rejects for what is no answer to the offer. */
  readonly accept: (answer: string) => Promise<void>
  /** Null ends them. What the server could not use is let go. */
  readonly addCandidate: (candidate: IceCandidate | null) => Promise<void>
  /** Frees sockets and timers. Closing twice is no error. */
  readonly close: () => Promise<void>
}

export interface PeerEvents {
  readonly connected: () => void
  /** The connection failed or was closed by the other side; not called after `close`. */
  readonly gone: () => void
}

/** The connection that a device's media come in by. */
export interface DevicePeer extends MediaPeer {
  /** What the device sends; known when it is `connected`. */
  readonly tracks: readonly MediaTrack[]
  readonly askForKeyFrame: () => void
  /** Asks for packets that were lost on the way here. */
  readonly askAgain: (kind: MediaKind, sequenceNumbers: readonly number[]) => void
  /** Tells how much the device should send at most, in bits a second. */
  readonly limitBitrate: (bitsPerSecond: number) => void
}

export interface DeviceEvents extends PeerEvents {
  readonly packet: (kind: MediaKind, packet: MediaPacket) => void
  readonly clock: (kind: MediaKind, clock: SenderClock) => void
}

/** The connection that one viewer is sent to by. */
export interface ViewerPeer extends MediaPeer {
  readonly send: (kind: MediaKind, packet: MediaPacket) => void
  readonly sendAgain: (kind: MediaKind, packet: MediaPacket) => void
  readonly tellClock: (kind: MediaKind, clock: SenderClock) => void
}

export interface ViewerEvents extends PeerEvents {
  readonly keyFrameWanted: () => void
  readonly packetsWanted: (kind: MediaKind, sequenceNumbers: readonly number[]) => void
  /** What the viewer estimates that it can receive, in bits a second. */
  readonly estimate: (bitsPerSecond: number) => void
}

export interface MediaEngine {
  readonly openDevice: (events: DeviceEvents) => DevicePeer
  readonly openViewer: (tracks: readonly MediaTrack[], events: ViewerEvents) => ViewerPeer
}
