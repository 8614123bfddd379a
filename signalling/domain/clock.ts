/** Takes back what was scheduled; harmless when it already ran. */
export type Cancel = () => void

/** Time as the domain knows it. Given from outside, so that tests can move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now: () => number
  schedule: (delayMs: number, run: () => void) => Cancel
}
