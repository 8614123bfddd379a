/** What `getStats` says about one connection at one moment. Counters grow over the life of the connection. */
export interface LinkSample {
  readonly atMs: number
  /** Grows with anything that arrives: media, data, answers to connectivity checks. */
  readonly arrivals: number
  readonly packetsReceived: number
  readonly packetsLost: number
  readonly freezesMs: number
  /** Null before the first measurement. */
  readonly roundTripMs: number | null
}

type Entry = Readonly<Record<string, unknown>> & { readonly type: string }

const numberIn = (entry: Entry | undefined, field: string): number => {
  const value = entry?.[field]
  return typeof value === 'number' ? value : 0
}

/** Reads a report of a whole connection (W3C webrtc-stats). Missing entries count as zero. */
export const readSample = (report: Iterable<readonly [string, Entry]>, atMs: number): LinkSample => {
  const entries = [...report].map(([, entry]) => entry)
  const sum = (type: string, field: string) =>
    entries.filter((entry) => entry.type === type).reduce((total, entry) => total + numberIn(entry, field), 0)
  const transport = entries.find(({ type }) => type === 'transport')
  const pair = entries.find((entry) => entry['id'] === transport?.['selectedCandidatePairId'])
  const roundTripSeconds = pair?.['currentRoundTripTime']
  return {
    atMs,
    arrivals:
      sum('transport', 'bytesReceived') +
      sum('candidate-pair', 'requestsReceived') +
      sum('candidate-pair', 'responsesReceived'),
    packetsReceived: sum('inbound-rtp', 'packetsReceived'),
    packetsLost: sum('inbound-rtp', 'packetsLost'),
    freezesMs: sum('inbound-rtp', 'totalFreezesDuration') * 1000,
    roundTripMs: typeof roundTripSeconds === 'number' ? roundTripSeconds * 1000 : null,
  }
}
