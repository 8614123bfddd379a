/**
 * How long a description takes through the server while 1,000 pairs are busy, beside a bare Socket.IO relay. Each pair sends
 * five a second, evenly spread, which keeps either server far from its limit: what is measured is waiting, not queueing.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { kinds, openPairs, Relay, type Pair, type RelayKind } from './relay.ts'
import { median, quantile } from './statistics.ts'

const PAIRS = 1000
const ROUNDS = 5
const ROUND_MS = 4000
/** Pairs take turns in slices of this length: 1,000 pairs, five times a second, are 5 in each millisecond. */
const TICK_MS = 5
const PAIRS_A_TICK = (PAIRS * TICK_MS) / 200

export interface Latency {
  readonly medianMs: number
  readonly p99Ms: number
}

const measureRound = async (pairs: readonly Pair[]): Promise<number[]> => {
  const latencies: number[] = []
  const sentAt = new Map<Pair, number>()
  for (const pair of pairs) {
    pair.receiver.onEvent = (bytes) => {
      const at = sentAt.get(pair)
      if (bytes < 2000 || at === undefined) return
      sentAt.delete(pair)
      latencies.push(performance.now() - at)
    }
  }
  let next = 0
  for (const until = performance.now() + ROUND_MS; performance.now() < until;) {
    for (let count = 0; count < PAIRS_A_TICK; count += 1) {
      const pair = pairs[next++ % pairs.length]
      if (pair === undefined || sentAt.has(pair)) continue
      sentAt.set(pair, performance.now())
      pair.sender.write(pair.message)
    }
    await wait(TICK_MS)
  }
  await wait(200)
  return latencies
}

/** Medians over rounds that take turns. */
export const measureRelayLatency = async (): Promise<Record<RelayKind, Latency>> => {
  const rounds: Record<RelayKind, number[][]> = { bare: [], earshot: [] }
  for (const kind of kinds) rounds[kind] = []
  const relays = { bare: await Relay.start('bare'), earshot: await Relay.start('earshot') }
  try {
    const pairs = {
      bare: await openPairs('bare', relays.bare.url, PAIRS),
      earshot: await openPairs('earshot', relays.earshot.url, PAIRS),
    }
    for (let round = 0; round < ROUNDS; round += 1)
      for (const kind of kinds) rounds[kind].push(await measureRound(pairs[kind]))
    for (const { sender, receiver } of [...pairs.bare, ...pairs.earshot])
      for (const client of [sender, receiver]) client.close()
  } finally {
    for (const kind of kinds) relays[kind].stop()
  }
  const summary = (kind: RelayKind): Latency => ({
    medianMs: median(rounds[kind].map((round) => quantile(round, 0.5))),
    p99Ms: median(rounds[kind].map((round) => quantile(round, 0.99))),
  })
  return { bare: summary('bare'), earshot: summary('earshot') }
}
