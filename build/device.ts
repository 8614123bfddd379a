/**
 * Plays a device of live streams without a camera, from a recording:
 *
 *     node build/device.ts http://localhost:8001 front-door           waits to be asked, comes, stays
 *     node build/device.ts http://localhost:8001 front-door garden    also asks for the stream "garden" itself
 *
 * Watch it at http://localhost:8001/live/<the stream that it says>.
 */
import { io } from 'socket.io-client'
import { RtpHeader, RtpPacket } from 'werift'
import { readRecording, type RecordedPacket } from './device-recording.ts'
import { createStream, LiveClient } from './live-client.ts'
import { runMain } from './run.ts'

const CLOCK_RATES = { audio: 48_000, video: 90_000 }
const PAYLOAD_TYPES = { audio: 111, video: 96 }

/** Sends the recording over and over. Begins anew when a key frame is asked for: its first picture is the only one. */
class Player {
  readonly #packets: readonly RecordedPacket[] = readRecording()
  readonly #numbers = { audio: 0, video: 0 }
  readonly #startedAt = performance.now()
  #next = 0
  #roundAt = performance.now()
  #timer: ReturnType<typeof setTimeout> | undefined

  start(client: LiveClient): void {
    const packet = this.#packets[this.#next] ?? this.#packets[0]
    if (packet === undefined) throw new Error('the recording is empty')
    if (this.#next >= this.#packets.length) this.restart()
    this.#timer = setTimeout(
      () => {
        client.send(packet.kind, this.#number(packet))
        this.#next += 1
        this.start(client)
      },
      Math.max(0, this.#roundAt + packet.atMs - performance.now()),
    )
  }

  restart(): void {
    this.#next = 0
    this.#roundAt = performance.now()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #number({ kind, marker, payload, timestamp: recorded }: RecordedPacket): RtpPacket {
    this.#numbers[kind] = (this.#numbers[kind] + 1) & 0xffff
    const first = this.#packets.find((packet) => packet.kind === kind)?.timestamp ?? 0
    const roundTicks = Math.round(((this.#roundAt - this.#startedAt) * CLOCK_RATES[kind]) / 1000)
    // All packets of a picture have one timestamp.
    const timestamp = (roundTicks + recorded - first) >>> 0
    const header = new RtpHeader({
      payloadType: PAYLOAD_TYPES[kind],
      sequenceNumber: this.#numbers[kind],
      timestamp,
      marker,
    })
    return new RtpPacket(header, payload)
  }
}

/** Sends to one stream until it has ended. */
const send = async (url: string, deviceId: string, sessionId: string): Promise<void> => {
  console.log(`live at ${new URL(`/live/${sessionId}`, url).href}`)
  const player = new Player()
  const ended = Promise.withResolvers<undefined>()
  const client = await LiveClient.connect({
    ...{ url, deviceId, sessionId },
    onKeyFrameWanted: () => player.restart(),
    onState: (state) => {
      if (state === 'ended') ended.resolve(undefined)
    },
  })
  player.start(client)
  await ended.promise
  player.stop()
  await client.close()
  console.log('ended')
}

await runMain(async () => {
  const [url, deviceId, sessionId] = process.argv.slice(2)
  if (url === undefined || deviceId === undefined) {
    console.error('Say the server and the id of the device: node build/device.ts http://localhost:8001 front-door')
    return 1
  }
  if (sessionId !== undefined) {
    await send(url, deviceId, await createStream(url, deviceId, sessionId))
    return 0
  }
  const socket = io(url, { transports: ['websocket'] })
  socket.on('connect', () => socket.emit('wait-for-stream', { deviceId }))
  socket.on('stream-request', (request: { sessionId: string }) => {
    send(url, deviceId, request.sessionId).catch((error: unknown) => console.error(String(error)))
  })
  console.log('waiting to be asked')
  return new Promise<number>(() => undefined)
})
