/**
 * A few seconds of sound and picture as RTP packets, for a device that has no camera: read by build/device.ts. Run by
 * itself, this makes the recording anew from a drawn clock and a soft tone, by the encoder of Chromium.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface RecordedPacket {
  readonly kind: 'audio' | 'video'
  /** Since the first packet of the recording. */
  readonly atMs: number
  /** As the encoder counted. */
  readonly timestamp: number
  readonly marker: boolean
  readonly payload: Buffer
}

const FILE = new URL('device-recording.bin', import.meta.url)
/** Flags, time, timestamp, length. */
const HEAD_BYTES = 1 + 4 + 4 + 2
const IS_VIDEO = 1
const HAS_MARKER = 2

const encode = ({ kind, atMs, timestamp, marker, payload }: RecordedPacket): Buffer => {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt8((kind === 'video' ? IS_VIDEO : 0) | (marker ? HAS_MARKER : 0), 0)
  head.writeUInt32BE(Math.round(atMs), 1)
  head.writeUInt32BE(timestamp, 5)
  head.writeUInt16BE(payload.length, 9)
  return Buffer.concat([head, payload])
}

/** In the order of sending; begins with a key frame. */
export const readRecording = (): RecordedPacket[] => {
  const bytes = readFileSync(FILE)
  const packets: RecordedPacket[] = []
  for (let at = 0; at < bytes.length;) {
    const flags = bytes.readUInt8(at)
    const end = at + HEAD_BYTES + bytes.readUInt16BE(at + 9)
    packets.push({
      kind: (flags & IS_VIDEO) === 0 ? 'audio' : 'video',
      atMs: bytes.readUInt32BE(at + 1),
      timestamp: bytes.readUInt32BE(at + 5),
      marker: (flags & HAS_MARKER) !== 0,
      payload: bytes.subarray(at + HEAD_BYTES, end),
    })
    at = end
  }
  return packets
}

const RECORDED_MS = 6000

/** Runs in a page: draws a clock, sounds a tone, and answers the offer with both. */
const play = async (offer: string): Promise<string> => {
  const canvas = document.createElement('canvas')
  canvas.width = 480
  canvas.height = 270
  const pen = canvas.getContext('2d')
  const draw = () => {
    const turn = (performance.now() / 6000) * 2 * Math.PI
    if (!pen) return
    pen.fillStyle = '#14323a'
    pen.fillRect(0, 0, 480, 270)
    pen.strokeStyle = '#46cbb4'
    pen.lineWidth = 8
    pen.beginPath()
    pen.arc(240, 135, 90, 0, 2 * Math.PI)
    pen.moveTo(240, 135)
    pen.lineTo(240 + 75 * Math.sin(turn), 135 - 75 * Math.cos(turn))
    pen.stroke()
    requestAnimationFrame(draw)
  }
  draw()
  const audio = new AudioContext()
  const sound = new MediaStreamAudioDestinationNode(audio)
  const quiet = new GainNode(audio, { gain: 0.05 })
  const tone = new OscillatorNode(audio, { frequency: 330 })
  tone.connect(quiet).connect(sound)
  tone.start()
  const pc = new RTCPeerConnection()
  const stream = new MediaStream([...canvas.captureStream(12).getTracks(), ...sound.stream.getTracks()])
  for (const track of stream.getTracks()) pc.addTrack(track, stream)
  await pc.setRemoteDescription({ type: 'offer', sdp: offer })
  await pc.setLocalDescription()
  await new Promise<void>((resolve) => {
    if (pc.iceGatheringState === 'complete') resolve()
    else pc.addEventListener('icegatheringstatechange', () => pc.iceGatheringState === 'complete' && resolve())
  })
  return pc.localDescription?.sdp ?? ''
}

const record = async (): Promise<RecordedPacket[]> => {
  const { chromium } = await import('playwright')
  const { chromiumArgs, chromiumPath } = await import('#tests/helpers/chromium-launch.ts')
  const { RTCPeerConnection, useOPUS, useVP8 } = await import('werift')
  const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArgs })
  const pc = new RTCPeerConnection({ codecs: { audio: [useOPUS()], video: [useVP8()] }, iceServers: [] })
  const packets: RecordedPacket[] = []
  let startedAt: number | null = null
  for (const kind of ['audio', 'video'] as const) pc.addTransceiver(kind, { direction: 'recvonly' })
  await pc.setLocalDescription()
  const page = await browser.newPage()
  const sdp = await page.evaluate(play, pc.localDescription?.sdp ?? '')
  await pc.setRemoteDescription({ type: 'answer', sdp })
  for (const { track } of pc.getReceivers())
    track.onReceiveRtp.subscribe(({ header, payload }) => {
      // An encoder's first picture is a key frame.
      if (startedAt === null && track.kind === 'audio') return
      startedAt ??= performance.now()
      const atMs = performance.now() - startedAt
      const { timestamp, marker } = header
      packets.push({ kind: track.kind === 'video' ? 'video' : 'audio', atMs, timestamp, marker, payload })
    })
  await new Promise((resolve) => setTimeout(resolve, RECORDED_MS))
  await browser.close()
  await pc.close()
  return packets
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const packets = await record()
  writeFileSync(FILE, Buffer.concat(packets.map(encode)))
  console.log(`${String(packets.length)} packets, ${String(packets.at(-1)?.atMs)} ms`)
}
