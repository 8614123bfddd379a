/** In bits a second. */
export interface BitrateBounds {
  /** Below this a picture is not worth sending: such a viewer does not count. */
  readonly min: number
  readonly max: number
  /** While no viewer has told anything. */
  readonly start: number
}

/** A viewer with less than this part of what the middle one can take is left behind. */
const HOPELESS = 1 / 4

/**
 * What the device should send at most: as much as the slowest decent viewer can take. One on a hopeless connection does not
 * spoil the picture of all others; if nobody is better off, the least is sent.
 */
export const chooseBitrate = (estimates: readonly number[], bounds: BitrateBounds): number => {
  if (estimates.length === 0) return bounds.start
  const sorted = estimates.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0
  const slowest = sorted.find((estimate) => estimate >= Math.max(bounds.min, middle * HOPELESS))
  return Math.min(bounds.max, slowest ?? bounds.min)
}
