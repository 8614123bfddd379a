import type { Page } from 'playwright/test'
import type { IceServer } from '#signalling/protocol.ts'

/** How a page of a test connects; what it has then is in `window.pc`. */
export interface Connecting {
  readonly ice: Partial<IceServer>
  readonly policy: 'relay' | 'all'
}

/** Offers or answers with camera and microphone, and answers the description with all its candidates. */
export const describeSelf = async (page: Page, how: Connecting, offer: string | null): Promise<string> =>
  await page.evaluate(
    async ([{ ice, policy }, said]) => {
      const pc = new RTCPeerConnection({ iceServers: [ice as RTCIceServer], iceTransportPolicy: policy })
      Object.assign(window, { pc })
      // Sound that nobody plays is not decoded.
      pc.addEventListener('track', ({ track }) => {
        if (track.kind !== 'audio') return
        const player = new Audio()
        player.srcObject = new MediaStream([track])
        void player.play()
      })
      const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180 } })
      for (const track of media.getTracks()) pc.addTrack(track, media)
      if (said !== null) await pc.setRemoteDescription({ type: 'offer', sdp: said })
      await pc.setLocalDescription()
      await new Promise<void>((resolve) => {
        const check = () => {
          if (pc.iceGatheringState === 'complete') resolve()
        }
        pc.addEventListener('icegatheringstatechange', check)
        check()
      })
      return pc.localDescription!.sdp
    },
    [how, offer] as const,
  )

export const acceptAnswer = async (page: Page, answer: string): Promise<void> =>
  await page.evaluate(async (sdp) => {
    await (window as unknown as { pc: RTCPeerConnection }).pc.setRemoteDescription({ type: 'answer', sdp })
  }, answer)

export interface MediaFlow {
  /** Pictures of the other that were decoded. */
  readonly frames: number
  /** Energy of the sound of the other, since the beginning. */
  readonly sound: number
  /** Kinds of both ends of the way they came. */
  readonly path: string
  /** By which the own relay is reached; empty when the way begins at none. */
  readonly relayProtocol: string
}

export const mediaFlow = async (page: Page): Promise<MediaFlow> =>
  await page.evaluate(async () => {
    type Entry = Record<string, string | number | boolean>
    const stats = new Map<string, Entry>()
    const report = await (window as unknown as { pc: RTCPeerConnection }).pc.getStats()
    report.forEach((entry: { id: string } & Entry) => stats.set(entry.id, entry))
    const all = [...stats.values()]
    const transport = all.find(({ type }) => type === 'transport')
    const pair = stats.get(String(transport?.['selectedCandidatePairId']))
    const [local, remote] = ['localCandidateId', 'remoteCandidateId'].map((end) => stats.get(String(pair?.[end])))
    const inbound = (wanted: string) => all.find(({ type, kind }) => type === 'inbound-rtp' && kind === wanted)
    return {
      frames: Number(inbound('video')?.['framesDecoded'] ?? 0),
      sound: Number(inbound('audio')?.['totalAudioEnergy'] ?? 0),
      path: `${String(local?.['candidateType'])} to ${String(remote?.['candidateType'])}`,
      relayProtocol: String(local?.['relayProtocol'] ?? ''),
    }
  })
