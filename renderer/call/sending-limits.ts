/** What one picture sent to one person may cost. */
export interface VideoLimits {
  readonly maxWidth: number
  readonly maxHeight: number
  readonly maxFramerate: number
  readonly maxBitrate: number
}

/**
 * Every connection of a mesh encodes for itself, so processor and uplink grow with the people: the more there are, the
 * smaller each picture. `others` is the number of people besides oneself.
 */
export const videoLimitsFor = (others: number): VideoLimits => {
  if (others <= 1) return { maxWidth: 1280, maxHeight: 720, maxFramerate: 30, maxBitrate: 1_800_000 }
  if (others <= 3) return { maxWidth: 960, maxHeight: 540, maxFramerate: 25, maxBitrate: 800_000 }
  if (others <= 5) return { maxWidth: 640, maxHeight: 360, maxFramerate: 20, maxBitrate: 400_000 }
  return { maxWidth: 320, maxHeight: 180, maxFramerate: 15, maxBitrate: 150_000 }
}

/**
 * What the first pictures of a connection may cost. libwebrtc starts at 300 kb/s and drops frames of a larger size until
 * it has measured the path, so that a small picture is there sooner than a large one (npm run bench, "Join to both pictures").
 */
export const firstPicture = (limits: VideoLimits): VideoLimits => ({
  ...limits,
  maxWidth: Math.min(limits.maxWidth, 480),
  maxHeight: Math.min(limits.maxHeight, 270),
})

/** W3C webrtc-extensions; not yet in TypeScript's DOM types. */
type Encoding = RTCRtpEncodingParameters & { scaleResolutionDownTo?: { maxWidth: number; maxHeight: number } }

export const videoEncoding = ({ maxWidth, maxHeight, maxFramerate, maxBitrate }: VideoLimits): Encoding => ({
  maxBitrate,
  maxFramerate,
  scaleResolutionDownTo: { maxWidth, maxHeight },
})

/** Speech in Opus is clear at 32 to 40 kb/s; sound goes before pictures when a path is narrow. */
export const audioEncoding = (): Encoding => ({ maxBitrate: 48_000, priority: 'high', networkPriority: 'high' })
