import type { Quality } from './call-state.ts'
import type { LinkSample } from './link-sample.ts'

/** Below the first it is good, below the second fair. Loss as a share; frozen time as a share of the time between. */
const thresholds = {
  loss: [0.01, 0.04],
  roundTripMs: [150, 350],
  frozen: [0.04, 0.2],
} as const

const ranked = ['good', 'fair', 'poor'] as const

const rank = (value: number, [fair, poor]: readonly [number, number]): number =>
  Number(value >= fair) + Number(value >= poor)

/** Judges a connection by what happened between two samples of it: the worst of loss, round trip and freezes. */
export const judgeQuality = (before: LinkSample | null, now: LinkSample): Quality => {
  if (!before || now.atMs <= before.atMs || now.roundTripMs === null) return 'unknown'
  const lost = Math.max(0, now.packetsLost - before.packetsLost)
  const expected = Math.max(0, now.packetsReceived - before.packetsReceived) + lost
  const frozen = Math.max(0, now.freezesMs - before.freezesMs) / (now.atMs - before.atMs)
  const worst = Math.max(
    rank(expected === 0 ? 0 : lost / expected, thresholds.loss),
    rank(now.roundTripMs, thresholds.roundTripMs),
    rank(frozen, thresholds.frozen),
  )
  return ranked[worst] ?? 'poor'
}
