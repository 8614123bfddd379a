/**
 * `npm run bench`: how far Earshot is from the least that the same machine can do. Every figure is a ratio to a bare
 * thing measured in the same run, since the machine is never quiet. Loopback and own network namespaces only.
 */
import { cpus } from 'node:os'
import { HOME_LIMIT_KB, homeSizeKb } from '#build/page-size.ts'
import { node, run, runMain } from '#build/run.ts'
import { whyNoRedis } from '../helpers/redis.ts'
import { measureClusterRelay } from './cluster-relay.ts'
import { whyNoDelayedLan } from './delayed-lan.ts'
import { measureEventStreams } from './event-streams.ts'
import { measureDelayedJoin, measureJoinTime } from './join-time.ts'
import { measureLiveRelay } from './live-relay.ts'
import { measureRelayMemory, measureRelayRate } from './relay.ts'
import { measureRelayLatency } from './relay-latency.ts'
import { measureRelayTurn } from './relay-turn.ts'

const WHOLE_RUN_LIMIT_MS = 15 * 60_000

interface Row {
  readonly what: string
  /** The two figures behind the value. */
  readonly measured: string
  readonly value: number
  readonly limit: { readonly atMost: number } | { readonly atLeast: number }
}

const isWithin = ({ value, limit }: Row): boolean =>
  'atMost' in limit ? value <= limit.atMost : value >= limit.atLeast

const cells = (row: Row): string[] => [
  row.what,
  row.measured,
  row.value.toFixed(2),
  'atMost' in row.limit ? `<= ${String(row.limit.atMost)}` : `>= ${String(row.limit.atLeast)}`,
  isWithin(row) ? 'PASS' : 'over',
]

const print = (row: Row): void => {
  const [what = '', measured = '', value = '', limit = '', verdict = ''] = cells(row)
  console.log([what.padEnd(42), measured.padEnd(52), value.padStart(7), limit.padStart(8), verdict].join('  '))
}

const round = (value: number): string => String(Math.round(value))

/** As it arrives, and per second of the server's own processor time, which a busy machine disturbs less. */
const relayRate = async (): Promise<Row[]> => {
  const { earshot, bare } = await measureRelayRate()
  const row = (what: string, ours: number, theirs: number): Row => ({
    what,
    measured: `${round(ours)} to ${round(theirs)}`,
    value: ours / theirs,
    limit: { atLeast: 0.8 },
  })
  return [
    row('descriptions a second, to bare', earshot.perSecond, bare.perSecond),
    row('descriptions a CPU second, to bare', earshot.perCpuSecond, bare.perCpuSecond),
  ]
}

const relayMemory = async (): Promise<Row[]> => {
  const rows: Row[] = []
  for (const [sockets, times] of [
    [1000, 3],
    [5000, 1],
  ] as const) {
    const { earshot, bare } = await measureRelayMemory(sockets, times)
    const what = `memory of one of ${String(sockets)} quiet people, to bare`
    const measured = `${(earshot / 1000).toFixed(1)} to ${(bare / 1000).toFixed(1)} kB`
    rows.push({ what, measured, value: earshot / bare, limit: { atMost: 1.3 } })
  }
  return rows
}

const relayLatency = async (): Promise<Row[]> => {
  const { earshot, bare } = await measureRelayLatency()
  const row = (what: string, ours: number, theirs: number): Row => ({
    what: `${what} through the server, 1,000 busy pairs`,
    measured: `${ours.toFixed(2)} to ${theirs.toFixed(2)} ms`,
    value: ours / theirs,
    limit: { atMost: 1.3 },
  })
  return [row('median', earshot.medianMs, bare.medianMs), row('p99', earshot.p99Ms, bare.p99Ms)]
}

/** Three processes that Redis joins, to one alone: people of a room at the same process, and never at the same. */
const relayCluster = async (): Promise<Row[]> => {
  const reason = await whyNoRedis()
  if (reason !== null) {
    console.log(`several processes: left out (${reason})`)
    return []
  }
  const { alone, together, apart } = await measureClusterRelay()
  const { length: cores } = cpus()
  console.log(
    `  here, with ${String(cores)} cores for everything: ${round(alone.perSecond)} a second by one process alone, ` +
      `${round(together.perSecond)} by three, ${round(apart.perSecond)} by three with rooms apart`,
  )
  const row = (what: string, rate: number, limit: number): Row => ({
    what: `messages of 3 processes to 1, ${what}`,
    measured: `${round(rate)} to ${round(alone.perCpuSecond)} a CPU second`,
    value: rate / alone.perCpuSecond,
    limit: { atLeast: limit },
  })
  return [row('rooms together', together.perCpuSecond, 1.8), row('rooms apart', apart.perCpuSecond, 0.5)]
}

/** One device of 1 Mb/s to 20 viewers. */
const relayLive = async (): Promise<Row[]> => {
  const { viewers, medianMs, share, arrived, mostViewers } = await measureLiveRelay()
  const measured = `${String(viewers)} viewers, ${(arrived * 100).toFixed(1)} % arrived`
  return [
    { what: 'live stream: ms from device to viewer, median', measured, value: medianMs, limit: { atMost: 10 } },
    { what: 'live stream: share of one core', measured, value: share, limit: { atMost: 0.4 } },
    { what: 'live stream: viewers that one core carries', measured: '', value: mostViewers, limit: { atLeast: 50 } },
  ]
}

/** Packets of 1,200 bytes from one client of the own relay to another, by UDP. */
const relayTurn = async (): Promise<Row[]> => {
  const { relayUs, bareUs, megabitsPerSecond } = await measureRelayTurn()
  console.log(`  one core carries ${round(megabitsPerSecond)} Mbit/s through the relay`)
  const measured = `${relayUs.toFixed(1)} to ${bareUs.toFixed(1)} us of CPU`
  return [
    { what: 'a packet through the own relay, to bare', measured, value: relayUs / bareUs, limit: { atMost: 1.5 } },
  ]
}

/** In the size that the measured limits of others are known for, and in the size that people use. */
const joinTime = async (): Promise<Row[]> => {
  const rows: Row[] = []
  for (const size of [
    { width: 640, height: 360 },
    { width: 1280, height: 720 },
  ]) {
    const { earshotMs, limitMs } = await measureJoinTime(size)
    const what = `Join to both pictures, ${String(size.width)}x${String(size.height)}, to wired`
    const measured = `${round(earshotMs)} to ${round(limitMs)} ms`
    rows.push({ what, measured, value: earshotMs / limitMs, limit: { atMost: 1.4 } })
  }
  return rows
}

const delayedJoin = async (): Promise<Row[]> => {
  const reason = await whyNoDelayedLan()
  if (reason !== null) {
    console.log(`Join over a slow network: left out (${reason})`)
    return []
  }
  const { points, roundTrips } = await measureDelayedJoin()
  const measured = points.map(({ roundTripMs, joinMs }) => `${round(joinMs)} ms at ${String(roundTripMs)}`).join(', ')
  return [{ what: 'Join, in round trips', measured, value: roundTrips, limit: { atMost: 5 } }]
}

const pageSize = (): Promise<Row[]> => {
  const value = homeSizeKb('dist/renderer')
  return Promise.resolve([{ what: 'Home, kB gzipped', measured: '', value, limit: { atMost: HOME_LIMIT_KB } }])
}

const eventStreams = async (): Promise<Row[]> => {
  const { earshotBytes, bareBytes, medianMs, p99Ms } = await measureEventStreams()
  const measured = `${(earshotBytes / 1000).toFixed(1)} to ${(bareBytes / 1000).toFixed(1)} kB`
  console.log(`  a message between two of 5,000 event streams: ${medianMs.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`)
  return [
    {
      what: 'memory of one of 5000 event streams, to bare',
      measured,
      value: earshotBytes / bareBytes,
      limit: { atMost: 2.5 },
    },
  ]
}

const parts = {
  relayRate,
  relayCluster,
  relayMemory,
  relayLive,
  relayTurn,
  relayLatency,
  eventStreams,
  joinTime,
  delayedJoin,
  pageSize,
}

/** Each part on its own, so that one that cannot be measured does not hide the others. */
const measure = async (name: keyof typeof parts): Promise<boolean> => {
  try {
    const rows = await parts[name]()
    for (const row of rows) print(row)
    return rows.every(isWithin)
  } catch (error) {
    console.error(`${name} could not be measured:`, error)
    return false
  }
}

await runMain(async () => {
  setTimeout(() => {
    console.error('The bench is stopped: it ran for more than 15 minutes.')
    process.exit(1)
  }, WHOLE_RUN_LIMIT_MS).unref()
  const wanted = process.argv.slice(2)
  const names = (Object.keys(parts) as (keyof typeof parts)[]).filter(
    (name) => wanted.length === 0 || wanted.includes(name),
  )
  if (names.some((name) => !name.startsWith('relay')) && (await run([node, 'build/build.ts', 'page'])) !== 0) return 1
  let isAllWithin = true
  for (const name of names) isAllWithin = (await measure(name)) && isAllWithin
  return isAllWithin ? 0 : 1
})
