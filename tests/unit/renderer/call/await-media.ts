import { expect, onTestFinished, vi } from 'vitest'

const TIMEOUT_MS = 15_000

export const eventually = async (check: () => void | Promise<void>, timeout = TIMEOUT_MS): Promise<void> => {
  await vi.waitFor(check, { timeout, interval: 20 })
}

/** Plays a stream as the page would, and waits until `count` more of its frames have been decoded. */
export const expectFrames = async (stream: () => MediaStream | null, count = 5): Promise<void> => {
  const video = document.createElement('video')
  video.muted = true
  video.autoplay = true
  document.body.append(video)
  onTestFinished(() => {
    video.remove()
  })
  const total = () => video.getVideoPlaybackQuality().totalVideoFrames
  await eventually(() => {
    if (video.srcObject !== stream()) video.srcObject = stream()
    expect(total()).toBeGreaterThanOrEqual(1)
  })
  const before = total()
  await eventually(() => {
    expect(total()).toBeGreaterThanOrEqual(before + count)
  })
}

/** Plays a stream as the page would, and waits until it is louder than silence. */
export const expectSound = async (stream: () => MediaStream | null): Promise<void> => {
  const audio = new Audio()
  audio.srcObject = stream()
  await audio.play()
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  context.createMediaStreamSource(stream()!).connect(analyser)
  onTestFinished(async () => {
    audio.srcObject = null
    await context.close()
  })
  const samples = new Float32Array(analyser.fftSize)
  await eventually(() => {
    analyser.getFloatTimeDomainData(samples)
    expect(samples.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0)).toBeGreaterThan(0.01)
  })
}

/** Packets of sound and picture that these connections have sent. */
export const sentPackets = async (connections: readonly RTCPeerConnection[]): Promise<number> => {
  let total = 0
  for (const connection of connections) {
    const report = (await connection.getStats()) as ReadonlyMap<string, RTCStats & { readonly packetsSent?: number }>
    for (const { type, packetsSent = 0 } of report.values()) if (type === 'outbound-rtp') total += packetsSent
  }
  return total
}
