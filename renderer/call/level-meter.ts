/** Twenty looks a second are a lively meter; a timer goes on in a hidden window, animation frames do not. */
const INTERVAL_MS = 50
/** Quiet room and raised voice at a usual microphone, in dB below full scale. */
const QUIET_DB = -60
const LOUD_DB = -12
/** Share of the way down that a meter falls in one interval: speech has pauses between syllables. */
const RELEASE = 0.25

interface SharedContext {
  readonly context: AudioContext
  users: number
}

/**
 * Browsers bound the number of AudioContexts of a page, and each has a thread: all meters share one, which lives as
 * long as there is a meter.
 */
let shared: SharedContext | null = null

const borrowContext = (): AudioContext => {
  shared ??= { context: new AudioContext({ latencyHint: 'interactive' }), users: 0 }
  shared.users++
  return shared.context
}

const returnContext = (): void => {
  if (!shared || --shared.users > 0) return
  void shared.context.close()
  shared = null
}

/** Maps samples of -1 to 1 to how loud they feel: 0 is a quiet room, 1 a raised voice. */
export const speechLevel = (samples: Float32Array): number => {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length)
  const decibels = 10 * Math.log10(Math.max(power, Number.EPSILON))
  return Math.min(1, Math.max(0, (decibels - QUIET_DB) / (LOUD_DB - QUIET_DB)))
}

/**
 * Tells how loud a track is, 0 to 1, twenty times a second: rises at once, falls gently. A remote track must also be
 * playing in a media element, or Chromium does not decode it. Answers its own end; never touches the track.
 */
export const watchLevel = (track: MediaStreamTrack, listener: (level: number) => void): (() => void) => {
  const context = borrowContext()
  const source = context.createMediaStreamSource(new MediaStream([track]))
  const analyser = new AnalyserNode(context, { fftSize: 1024 })
  const samples = new Float32Array(analyser.fftSize)
  source.connect(analyser)
  let level = 0
  const look = (): void => {
    // Suspended until the person has touched the page.
    if (context.state === 'suspended') void context.resume()
    analyser.getFloatTimeDomainData(samples)
    level = Math.max(speechLevel(samples), level * (1 - RELEASE))
    listener(level < 0.01 ? 0 : level)
  }
  const timer = setInterval(look, INTERVAL_MS)
  let isOver = false
  return () => {
    if (isOver) return
    isOver = true
    clearInterval(timer)
    source.disconnect()
    returnContext()
  }
}
