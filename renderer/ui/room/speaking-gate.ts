/** Above breath and fans, below a low voice: 43 dB below full scale on the scale of renderer/call/level-meter.ts. */
const OPEN_LEVEL = 0.35
/** Pauses between words are shorter; the ring would flicker. */
const HOLD_MS = 600

/** Turns a level into "is speaking": at once when it rises, with a delay when it falls. */
export class SpeakingGate {
  #heardAtMs = Number.NEGATIVE_INFINITY

  hear(level: number, nowMs: number): boolean {
    if (level >= OPEN_LEVEL) this.#heardAtMs = nowMs
    return nowMs - this.#heardAtMs < HOLD_MS
  }
}
