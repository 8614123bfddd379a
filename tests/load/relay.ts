/**
 * What the server costs beside a bare Socket.IO relay on the same machine: descriptions a second through it, and memory
 * for each person who is in a room and says nothing. Rooms of two, loopback only.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { PROTOCOL_VERSION, type Joined, type Result, type Signal } from '#signalling/protocol.ts'
import type { Usage } from './relay-process.ts'
import { median } from './statistics.ts'
import { eventFrame, WireClient } from './wire-client.ts'

export type RelayKind = 'earshot' | 'bare'
export const kinds = ['bare', 'earshot'] as const

const SOCKETS = 1000
const ROUNDS = 5
const ROUND_MS = 3000
const MEMORY_ROUNDS = 3
/** Connections opened at a time; more only queue up in the server. */
const BATCH = 20

/** A description of the size Chromium makes for sound, picture and data, less what compresses away: 2.5 kB. */
const offer: Signal = {
  kind: 'description',
  epoch: 'load',
  toEpoch: null,
  type: 'offer',
  sdp: 'v=0\r\n'.padEnd(2400, 'a'),
}

export interface Pair {
  readonly sender: WireClient
  readonly receiver: WireClient
  readonly message: Buffer
}

export class Relay {
  readonly #process: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, url: string) {
    this.#process = child
    this.url = url
  }

  /** `redisUrl` joins it with others. */
  static async start(kind: RelayKind | 'bare-streams', redisUrl?: string): Promise<Relay> {
    const child = fork(new URL('relay-process.ts', import.meta.url), [kind], {
      execArgv: ['--expose-gc'],
      env: { ...process.env, ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }) },
    })
    const [url] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [string]
    return new Relay(child, url)
  }

  async usage(): Promise<Usage> {
    const answer = once(this.#process, 'message', { signal: AbortSignal.timeout(20_000) })
    this.#process.send('usage')
    const [usage] = (await answer) as [Usage]
    return usage
  }

  stop(): void {
    this.#process.disconnect()
  }
}

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`the server refused: ${result.code} (${result.message})`)
  return result.value
}

/** `receiverUrl`: another process of the same server. */
export const openPair: Record<RelayKind, (url: string, receiverUrl?: string) => Promise<Pair>> = {
  bare: async (url) => {
    // One after the other: the relay pairs them as they come.
    const sender = await WireClient.connect(url, {})
    const receiver = await WireClient.connect(url, {})
    return { sender, receiver, message: eventFrame('signal:send', { to: 'x'.repeat(22), signal: offer }) }
  },
  earshot: async (url, receiverUrl = url) => {
    const open = (to: string) => WireClient.connect(to, { version: PROTOCOL_VERSION })
    const [sender, receiver] = await Promise.all([open(url), open(receiverUrl)])
    const { code } = valueOf((await sender.request('room:create', {})) as Result<{ code: string }>)
    const join = async (client: WireClient, name: string) =>
      valueOf((await client.request('room:join', { code, name })) as Result<Joined>)
    await join(sender, 'Ada')
    const { peerId } = await join(receiver, 'Grace')
    return { sender, receiver, message: eventFrame('signal:send', { to: peerId, signal: offer }) }
  },
}

export const openPairs = async (kind: RelayKind, url: string, count = SOCKETS / 2): Promise<Pair[]> => {
  const pairs: Pair[] = []
  const batch = kind === 'bare' ? 1 : BATCH
  while (pairs.length < count) {
    const opening = Array.from({ length: batch }, () => openPair[kind](url))
    pairs.push(...(await Promise.all(opening)))
  }
  return pairs
}

export interface Passage {
  readonly arrived: number
  readonly seconds: number
}

/** Keeps one message under way in each room for `ROUND_MS`, and waits for the last ones. */
export const relayForAWhile = async (pairs: readonly Pair[]): Promise<Passage> => {
  const startedAt = performance.now()
  const { promise: drained, resolve } = Promise.withResolvers<undefined>()
  let arrived = 0
  let underWay = pairs.length
  for (const { sender, receiver, message } of pairs) {
    receiver.onEvent = (bytes) => {
      if (bytes < offer.sdp.length) return
      arrived += 1
      if (performance.now() - startedAt < ROUND_MS) sender.write(message)
      else if (--underWay === 0) resolve(undefined)
    }
    sender.write(message)
  }
  await Promise.race([drained, failAfter(ROUND_MS + 10_000, 'messages that were sent never arrived')])
  return { arrived, seconds: (performance.now() - startedAt) / 1000 }
}

const failAfter = async (limitMs: number, message: string): Promise<never> => {
  await wait(limitMs, undefined, { ref: false })
  throw new Error(message)
}

export interface RelayRate {
  /** As many arrive when nothing else runs on the machine. */
  readonly perSecond: number
  /** For each second of the relay's own processor time: what one core carries, whatever else runs beside it. */
  readonly perCpuSecond: number
}

const measureRound = async (relay: Relay, pairs: readonly Pair[]): Promise<RelayRate> => {
  const before = await relay.usage()
  const { arrived, seconds } = await relayForAWhile(pairs)
  const after = await relay.usage()
  return { perSecond: arrived / seconds, perCpuSecond: (arrived * 1000) / (after.cpuMs - before.cpuMs) }
}

/** Medians of rounds that take turns, so that a slow moment of the machine meets both. */
export const measureRelayRate = async (): Promise<Record<RelayKind, RelayRate>> => {
  const rounds: Record<RelayKind, RelayRate[]> = { bare: [], earshot: [] }
  const relays = { bare: await Relay.start('bare'), earshot: await Relay.start('earshot') }
  try {
    const pairs = {
      bare: await openPairs('bare', relays.bare.url),
      earshot: await openPairs('earshot', relays.earshot.url),
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const kind of kinds) rounds[kind].push(await measureRound(relays[kind], pairs[kind]))
    }
    for (const { sender, receiver } of [...pairs.bare, ...pairs.earshot])
      for (const client of [sender, receiver]) client.close()
  } finally {
    for (const kind of kinds) relays[kind].stop()
  }
  const middle = (kind: RelayKind): RelayRate => ({
    perSecond: median(rounds[kind].map((round) => round.perSecond)),
    perCpuSecond: median(rounds[kind].map((round) => round.perCpuSecond)),
  })
  return { bare: middle('bare'), earshot: middle('earshot') }
}

/** Bytes for each of so many quiet people, in a fresh process that has served and lost some before. */
const measureMemoryOnce = async (kind: RelayKind, sockets: number): Promise<number> => {
  const relay = await Relay.start(kind)
  try {
    const warmUp = await Promise.all(Array.from({ length: BATCH }, () => openPair[kind](relay.url)))
    for (const { sender, receiver } of warmUp) for (const client of [sender, receiver]) client.close()
    await wait(300)
    const before = await relay.usage()
    const pairs = await openPairs(kind, relay.url, sockets / 2)
    await wait(300)
    const after = await relay.usage()
    for (const { sender, receiver } of pairs) for (const client of [sender, receiver]) client.close()
    return (after.rssBytes - before.rssBytes) / sockets
  } finally {
    relay.stop()
  }
}

export const measureRelayMemory = async (
  sockets = SOCKETS,
  times = MEMORY_ROUNDS,
): Promise<Record<RelayKind, number>> => {
  const rounds: Record<RelayKind, number[]> = { bare: [], earshot: [] }
  for (let round = 0; round < times; round += 1) {
    for (const kind of kinds) rounds[kind].push(await measureMemoryOnce(kind, sockets))
  }
  return { bare: median(rounds.bare), earshot: median(rounds.earshot) }
}
