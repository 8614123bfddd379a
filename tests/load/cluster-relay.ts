/**
 * What several server processes carry that Redis joins, beside one alone. This machine has few cores, so that processes,
 * Redis and the load share them: what counts is the processor time that a message takes in the process that has most to do. As
 * many times as that goes into what it takes in one process alone, so many times the messages of one are carried where each has a
 * core of its own.
 */
import { RedisServer } from '../helpers/redis.ts'
import { openPair, Relay, relayForAWhile, type Pair } from './relay.ts'
import { median } from './statistics.ts'

const PAIRS = 150
const PROCESSES = 3
const ROUNDS = 3

/** `together`: both of a room are connected to the same process; `apart`: never. */
type Placement = 'alone' | 'together' | 'apart'

export interface ClusterRate {
  readonly perSecond: number
  /** Messages of the whole server for each processor second of its busiest process. */
  readonly perCpuSecond: number
}

const openAll = async (relays: readonly Relay[], placement: Placement): Promise<Pair[]> => {
  const pairs: Pair[] = []
  for (let at = 0; at < PAIRS; at += 1) {
    const url = relays[at % relays.length]?.url ?? ''
    const other = placement === 'apart' ? relays[(at + 1) % relays.length]?.url : url
    pairs.push(await openPair.earshot(url, other))
  }
  return pairs
}

const cpuOf = (relays: readonly Relay[]): Promise<number[]> =>
  Promise.all(relays.map(async (relay) => (await relay.usage()).cpuMs))

const measureRound = async (relays: readonly Relay[], pairs: readonly Pair[]): Promise<ClusterRate> => {
  const before = await cpuOf(relays)
  const { arrived, seconds } = await relayForAWhile(pairs)
  const after = await cpuOf(relays)
  const busiestMs = Math.max(...after.map((cpuMs, at) => cpuMs - (before[at] ?? 0)))
  return { perSecond: arrived / seconds, perCpuSecond: (arrived * 1000) / busiestMs }
}

const measurePlacement = async (placement: Placement, redisUrl: string): Promise<ClusterRate> => {
  const count = placement === 'alone' ? 1 : PROCESSES
  const starting = Array.from({ length: count }, () =>
    Relay.start('earshot', placement === 'alone' ? undefined : redisUrl),
  )
  const relays = await Promise.all(starting)
  try {
    const pairs = await openAll(relays, placement)
    const rounds: ClusterRate[] = []
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measureRound(relays, pairs))
    for (const { sender, receiver } of pairs) for (const client of [sender, receiver]) client.close()
    return {
      perSecond: median(rounds.map(({ perSecond }) => perSecond)),
      perCpuSecond: median(rounds.map(({ perCpuSecond }) => perCpuSecond)),
    }
  } finally {
    for (const relay of relays) relay.stop()
  }
}

/** Rejects when there is no Redis to be had. */
export const measureClusterRelay = async (): Promise<Record<Placement, ClusterRate>> => {
  const redis = await RedisServer.start()
  try {
    const alone = await measurePlacement('alone', redis.url)
    const together = await measurePlacement('together', redis.url)
    const apart = await measurePlacement('apart', redis.url)
    return { alone, together, apart }
  } finally {
    await redis.close()
  }
}
