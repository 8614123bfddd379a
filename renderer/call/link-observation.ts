import type { LinkReport } from '#signalling/protocol.ts'
import { limits } from '#signalling/protocol.ts'
import { networkOf } from './diagnosis.ts'

type Entry = Readonly<Record<string, unknown>> & { readonly type: string }

/** What one connection says of its own addresses, and of the checks over paths that no relay is part of. */
export type Observation = LinkReport

const MAX_COUNT = 1_000_000

const isHost = (entry: Entry): boolean => entry.type === 'local-candidate' && entry['candidateType'] === 'host'
const addressOf = (entry: Entry): string => (typeof entry['address'] === 'string' ? entry['address'] : '')

/** Chromium tells no address of a candidate that it hides behind a name; others tell the name. */
const isHidden = (entry: Entry): boolean => addressOf(entry) === '' || addressOf(entry).endsWith('.local')

const sumOf = (pairs: readonly Entry[], field: string): number => {
  const counts = pairs.map((pair) => pair[field]).filter((count) => typeof count === 'number')
  return Math.min(
    counts.reduce((total, count) => total + count, 0),
    MAX_COUNT,
  )
}

/**
 * Reads a report of a whole connection (W3C webrtc-stats). Null as long as it cannot be told what addresses there are:
 * none came yet, and more may (`isGathered`).
 */
export const readObservation = (
  report: Iterable<readonly [string, Entry]>,
  isGathered: boolean,
): Observation | null => {
  const entries = new Map(report)
  const all = [...entries.values()]
  const own = all.filter(isHost)
  if (own.length === 0 && !isGathered) return null
  const isRelayed = (id: unknown) => entries.get(String(id))?.['candidateType'] === 'relay'
  const direct = all.filter(
    (entry) =>
      entry.type === 'candidate-pair' &&
      !isRelayed(entry['localCandidateId']) &&
      !isRelayed(entry['remoteCandidateId']),
  )
  const networks = new Set(own.map((entry) => networkOf(addressOf(entry))).filter((network) => network !== null))
  return {
    networks: [...networks].slice(0, limits.reportNetworks),
    isHidden: own.some(isHidden),
    hasVpn: own.length > 0 && own.every((entry) => entry['networkType'] === 'vpn'),
    sent: sumOf(direct, 'requestsSent'),
    heard: sumOf(direct, 'requestsReceived'),
    answered: sumOf(direct, 'responsesReceived'),
  }
}

const counters = ['sent', 'heard', 'answered'] as const

/** What has been counted since `before`; all of it when the counters began anew meanwhile. */
export const since = (before: Observation | null, now: Observation): Observation => {
  if (before === null || counters.some((counter) => now[counter] < before[counter])) return now
  return {
    ...now,
    sent: now.sent - before.sent,
    heard: now.heard - before.heard,
    answered: now.answered - before.answered,
  }
}
