/** An end of the path in use: fields of the W3C's `RTCIceCandidateStats`. */
export interface PathEnd {
  readonly candidateType: string
  /** Address of the computer; null when the browser does not tell it. */
  readonly address: string | null
  /** The TURN server that relays for this end; null when it is not relayed, or not by our side. */
  readonly url: string | null
}
export interface PathEnds {
  readonly local: PathEnd
  readonly remote: PathEnd
}

/** What `getStats` says about one connection at one moment. Counters grow over the life of the connection. */
export interface LinkSample {
  readonly atMs: number
  /** Grows with what shows that there is a way there and back: media, data, answers to connectivity checks. Not with their checks. */
  readonly arrivals: number
  readonly packetsReceived: number
  readonly packetsLost: number
  readonly freezesMs: number
  /** Null before the first measurement. */
  readonly roundTripMs: number | null
  /** Null while there is no path. */
  readonly path: PathEnds | null
}

type Entry = Readonly<Record<string, unknown>> & { readonly type: string }

const numberIn = (entry: Entry | undefined, field: string): number => {
  const value = entry?.[field]
  return typeof value === 'number' ? value : 0
}

const textIn = (entry: Entry, field: string): string | null => {
  const value = entry[field]
  return typeof value === 'string' && value !== '' ? value : null
}

const readEnd = (entries: readonly Entry[], id: unknown): PathEnd | null => {
  const entry = entries.find((each) => each['id'] === id)
  const candidateType = entry && textIn(entry, 'candidateType')
  return candidateType ? { candidateType, address: textIn(entry, 'address'), url: textIn(entry, 'url') } : null
}

const readPath = (entries: readonly Entry[], pair: Entry | undefined): PathEnds | null => {
  const local = readEnd(entries, pair?.['localCandidateId'])
  const remote = readEnd(entries, pair?.['remoteCandidateId'])
  return local && remote ? { local, remote } : null
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
    arrivals: sum('transport', 'bytesReceived') + sum('candidate-pair', 'responsesReceived'),
    packetsReceived: sum('inbound-rtp', 'packetsReceived'),
    packetsLost: sum('inbound-rtp', 'packetsLost'),
    freezesMs: sum('inbound-rtp', 'totalFreezesDuration') * 1000,
    roundTripMs: typeof roundTripSeconds === 'number' ? roundTripSeconds * 1000 : null,
    path: readPath(entries, pair),
  }
}
