/** Whoever knocks again and again is not heard more often than this. */
const PAUSE_MS = 3000
const KNOCKS_S = [0, 0.17] as const
const LENGTH_S = 0.14
/** Below a voice, so that nobody who speaks is interrupted. */
const LOUDNESS = 0.14

/** Chromium's own option; elsewhere it is played where the system plays. */
type OutputChoice = AudioContextOptions & { readonly sinkId?: string }

let playedAtMs = Number.NEGATIVE_INFINITY

const knockAt = (context: AudioContext, startS: number): void => {
  const wood = new OscillatorNode(context, { frequency: 210 })
  const strength = new GainNode(context, { gain: 0 })
  wood.frequency.setValueAtTime(210, startS)
  wood.frequency.exponentialRampToValueAtTime(120, startS + LENGTH_S)
  strength.gain.setValueAtTime(0, startS)
  strength.gain.linearRampToValueAtTime(LOUDNESS, startS + 0.008)
  strength.gain.exponentialRampToValueAtTime(0.001, startS + LENGTH_S)
  wood.connect(strength).connect(context.destination)
  wood.start(startS)
  wood.stop(startS + LENGTH_S)
}

/** Knocks softly, through the chosen speaker where the browser can. Where it gives no sound, nothing happens. */
export const playKnock = (speakerId: string): void => {
  const nowMs = performance.now()
  if (nowMs - playedAtMs < PAUSE_MS) return
  playedAtMs = nowMs
  try {
    const output: OutputChoice = speakerId === '' ? {} : { sinkId: speakerId }
    const context = new AudioContext(output)
    for (const offsetS of KNOCKS_S) knockAt(context, context.currentTime + 0.02 + offsetS)
    setTimeout(() => void context.close(), PAUSE_MS)
  } catch {
    // No speaker, or too many sounds at once: it is seen and announced all the same.
  }
}
