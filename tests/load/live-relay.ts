/**
 * What relaying one device of 1 Mb/s to many viewers costs: the time that it adds on the way, and the server's own
 * processor time. The server runs in a process of its own; device and viewers share this one, so that the time between
 * sending and receiving also holds the wait for their turn in it.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { RtpHeader, RtpPacket } from 'werift'
import { createStream, LiveClient } from '#build/live-client.ts'
import type { Usage } from './relay-process.ts'
import { median, slope } from './statistics.ts'

const VIEWERS = [5, 20] as const
const PAYLOAD_BYTES = 1100
/** 1 Mb/s of pictures, in 25 frames a second, and 50 packets of sound a second beside it. */
const FRAMES_PER_SECOND = 25
const PACKETS_PER_FRAME = Math.round(1_000_000 / 8 / FRAMES_PER_SECOND / PAYLOAD_BYTES)
const FRAME_MS = 1000 / FRAMES_PER_SECOND
const MEASURED_MS = 8000

/** Packets that look like VP8, each with the time of its sending behind the descriptor and the first byte of the frame. */
class SyntheticDevice {
  readonly #client: LiveClient
  #sequenceNumber = 0
  #soundNumber = 0
  #isRunning = true
  readonly done: Promise<void>

  constructor(client: LiveClient) {
    this.#client = client
    this.done = this.#run()
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    await this.done
  }

  async #run(): Promise<void> {
    const startedAt = performance.now()
    for (let frame = 0; this.#isRunning; frame += 1) {
      this.#sendFrame(frame)
      for (let count = 0; count < 2; count += 1) this.#sendSound()
      await wait(Math.max(0, startedAt + (frame + 1) * FRAME_MS - performance.now()))
    }
  }

  #sendFrame(frame: number): void {
    for (let part = 0; part < PACKETS_PER_FRAME; part += 1) {
      const payload = Buffer.alloc(PAYLOAD_BYTES)
      payload[0] = part === 0 ? 0x10 : 0x00
      // Every frame is a key frame: a viewer may begin with any.
      payload[1] = 0x00
      payload.writeDoubleBE(performance.now(), 2)
      this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff
      const header = new RtpHeader({
        payloadType: 96,
        sequenceNumber: this.#sequenceNumber,
        timestamp: (frame * 90_000) / FRAMES_PER_SECOND,
        marker: part === PACKETS_PER_FRAME - 1,
      })
      this.#client.send('video', new RtpPacket(header, payload))
    }
  }

  #sendSound(): void {
    this.#soundNumber = (this.#soundNumber + 1) & 0xffff
    const header = new RtpHeader({
      payloadType: 111,
      sequenceNumber: this.#soundNumber,
      timestamp: this.#soundNumber * 960,
    })
    this.#client.send('audio', new RtpPacket(header, Buffer.alloc(80)))
  }
}

const usageOf = async (server: ChildProcess): Promise<Usage> => {
  const answer = once(server, 'message', { signal: AbortSignal.timeout(20_000) })
  server.send('usage')
  const [usage] = (await answer) as [Usage]
  return usage
}

interface LiveFigures {
  readonly viewers: number
  readonly medianMs: number
  /** Of one core. */
  readonly share: number
  /** Of the pictures' packets that were sent, for each viewer. */
  readonly arrived: number
}

const measureWith = async (viewers: number): Promise<LiveFigures> => {
  const server = fork(new URL('relay-process.ts', import.meta.url), ['earshot'], { execArgv: ['--expose-gc'] })
  const clients: LiveClient[] = []
  try {
    const [url] = (await once(server, 'message', { signal: AbortSignal.timeout(20_000) })) as [string]
    const deviceId = 'bench-device'
    const sessionId = await createStream(url, deviceId)
    const latencies: number[] = []
    let isMeasuring = false
    const onPacket = (kind: string, packet: RtpPacket) => {
      if (isMeasuring && kind === 'video') latencies.push(performance.now() - packet.payload.readDoubleBE(2))
    }
    const camera = await LiveClient.connect({ url, sessionId, deviceId })
    clients.push(camera)
    const device = new SyntheticDevice(camera)
    for (let count = 0; count < viewers; count += 1)
      clients.push(await LiveClient.connect({ url, sessionId, onPacket }))
    await wait(1000)
    const before = await usageOf(server)
    const startedAt = performance.now()
    isMeasuring = true
    await wait(MEASURED_MS)
    isMeasuring = false
    const elapsedMs = performance.now() - startedAt
    const after = await usageOf(server)
    await device.stop()
    const sent = (elapsedMs / FRAME_MS) * PACKETS_PER_FRAME
    return {
      viewers,
      medianMs: median(latencies),
      share: (after.cpuMs - before.cpuMs) / elapsedMs,
      arrived: latencies.length / viewers / sent,
    }
  } finally {
    await Promise.all(clients.map((client) => client.close()))
    server.disconnect()
  }
}

export interface LiveRelayFigures {
  readonly viewers: number
  readonly medianMs: number
  readonly share: number
  readonly arrived: number
  /** By the straight line through the shares that were measured. */
  readonly mostViewers: number
}

export const measureLiveRelay = async (): Promise<LiveRelayFigures> => {
  const figures: LiveFigures[] = []
  for (const viewers of VIEWERS) figures.push(await measureWith(viewers))
  const perViewer = slope(figures.map(({ viewers, share }) => ({ x: viewers, y: share })))
  const last = figures.at(-1)
  if (last === undefined) throw new Error('nothing was measured')
  return { ...last, mostViewers: last.viewers + (1 - last.share) / perViewer }
}
