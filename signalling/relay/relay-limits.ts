import type { Rate } from '../server-limits.ts'

/** Bounds and times of the live streams. */
export interface RelayLimits {
  /** Live streams at a time. */
  readonly liveStreams: number
  /** Viewers of one live stream. One core carries about 100 of a 1 Mb/s stream. */
  readonly liveViewers: number
  /** Devices and viewers of all streams whose connection is just being made. */
  readonly liveNegotiations: number
  /** From the offer to a standing connection. */
  readonly liveNegotiationMs: number
  /** ICE candidates taken from one client for one connection. */
  readonly liveCandidates: number
  /** A stream whose device does not come is ended after this, */
  readonly liveDeviceWaitMs: number
  /** and one whose device is gone after that. */
  readonly liveDeviceAwayMs: number
  /** Least time between two requests for a key frame to a device, and how often one viewer can cause one. */
  readonly liveKeyFrameMs: number
  readonly liveViewerKeyFrameMs: number
  /** Packets kept of each video track for viewers that lose some; a power of two. */
  readonly liveBufferPackets: number
  /** Packets that are sent to one viewer again. */
  readonly liveResendRate: Rate
  /** What a device is told to send, in bits a second (signalling/relay/bitrate-choice.ts). */
  readonly liveBitrate: { readonly min: number; readonly max: number; readonly start: number }
  /** How long the notification address may take. */
  readonly liveNoticeMs: number
  /** Devices that wait to be asked, and connections that wait for the same device. */
  readonly liveListeners: number
  readonly liveListenersPerDevice: number
  /** Between comments on a quiet event stream of a device, so that nothing on the way cuts it. */
  readonly liveKeepAliveMs: number
}

export const defaultRelayLimits: RelayLimits = {
  liveStreams: 50,
  liveViewers: 100,
  liveNegotiations: 50,
  liveNegotiationMs: 15_000,
  liveCandidates: 64,
  liveDeviceWaitMs: 60_000,
  liveDeviceAwayMs: 30_000,
  liveKeyFrameMs: 500,
  liveViewerKeyFrameMs: 2000,
  liveBufferPackets: 512,
  liveResendRate: { burst: 400, perSecond: 200 },
  liveBitrate: { min: 150_000, max: 6_000_000, start: 2_500_000 },
  liveNoticeMs: 5000,
  liveListeners: 1000,
  liveListenersPerDevice: 4,
  liveKeepAliveMs: 15_000,
}
