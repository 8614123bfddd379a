/**
 * What it costs to hand one packet of sound or picture from one client to another: processor time of a process that does
 * nothing else, to one that hands on datagrams unread.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { TurnClient, type TurnPass } from '../helpers/turn-client.ts'
import type { Usage } from './relay-process.ts'
import { median } from './statistics.ts'

const PAYLOAD_BYTES = 1200
const CHANNEL = 0x4000
const PACKETS = 60_000
const WARM_UP_PACKETS = 10_000
/** On the way at a time: what the buffers of a socket hold on any system. */
const WINDOW = 64
const TIMES = 3
const LIMIT_MS = 30_000

interface Started {
  readonly port: number
  readonly passes: readonly TurnPass[]
}

const ask = async (process: ChildProcess): Promise<unknown> => {
  const [answer] = (await once(process, 'message', { signal: AbortSignal.timeout(LIMIT_MS) })) as [unknown]
  return answer
}

const cpuMs = async (relay: ChildProcess): Promise<number> => {
  const answer = ask(relay)
  relay.send('usage')
  return ((await answer) as Usage).cpuMs
}

/** Until so many have arrived. One that is lost is made up for by another. */
const pour = async (from: TurnClient, to: TurnClient, packets: number): Promise<void> => {
  const data = Buffer.alloc(PAYLOAD_BYTES, 'x')
  const until = performance.now() + LIMIT_MS
  to.received.length = 0
  let sent = 0
  let stuck = 0
  while (to.received.length < packets) {
    if (performance.now() > until) throw new Error('the packets do not arrive')
    const before = to.received.length
    for (; sent - to.received.length < WINDOW; sent += 1) from.sendBy(CHANNEL, data)
    await new Promise((resolve) => setImmediate(resolve))
    stuck = to.received.length === before ? stuck + 1 : 0
    if (stuck > 10_000) sent = to.received.length
  }
}

/** Opens the way between the two, where it has to be asked for. */
const meet = async (clients: readonly [TurnClient, TurnClient], passes: readonly TurnPass[]): Promise<void> => {
  const [ann, ben] = clients
  const [annPass, benPass] = passes
  if (annPass === undefined || benPass === undefined) {
    for (const client of clients) client.sendBy(CHANNEL, 'here')
    return
  }
  const [annAt, benAt] = [await ann.allocate(annPass), await ben.allocate(benPass)]
  await ann.bind(CHANNEL, benAt)
  await ben.bind(CHANNEL, annAt)
}

/** Microseconds of processor time for one packet. */
const measureOne = async (kind: 'turn' | 'bare-datagrams'): Promise<number> => {
  const relay = fork(new URL('relay-process.ts', import.meta.url), [kind], { execArgv: ['--expose-gc'] })
  const clients: TurnClient[] = []
  try {
    const { port, passes } = JSON.parse((await ask(relay)) as string) as Started
    const [ann, ben] = [await TurnClient.udp(port), await TurnClient.udp(port)]
    clients.push(ann, ben)
    await meet([ann, ben], passes)
    await pour(ann, ben, WARM_UP_PACKETS)
    const before = await cpuMs(relay)
    await pour(ann, ben, PACKETS)
    return ((await cpuMs(relay)) - before) * (1000 / PACKETS)
  } finally {
    for (const client of clients) client.close()
    relay.disconnect()
  }
}

export interface RelayTurnFigures {
  readonly relayUs: number
  readonly bareUs: number
  readonly megabitsPerSecond: number
}

export const measureRelayTurn = async (): Promise<RelayTurnFigures> => {
  const [relay, bare]: [number[], number[]] = [[], []]
  for (let time = 0; time < TIMES; time += 1) {
    relay.push(await measureOne('turn'))
    bare.push(await measureOne('bare-datagrams'))
  }
  const relayUs = median(relay)
  return { relayUs, bareUs: median(bare), megabitsPerSecond: (PAYLOAD_BYTES * 8) / relayUs }
}
