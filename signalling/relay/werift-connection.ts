import { RTCPeerConnection, type RTCRtpCodecParameters, type RTCRtpHeaderExtensionParameters } from 'werift'
import type { IceServer } from '#signalling/protocol.ts'
import type { Clock } from '../domain/clock.ts'
import { contain, type Log } from '../log.ts'
import { isUsableCandidate, withoutUnusableCandidates } from './candidates.ts'
import type { IceCandidate, PeerEvents } from './media-peer.ts'

interface Codecs {
  readonly audio: RTCRtpCodecParameters[]
  readonly video: RTCRtpCodecParameters[]
}

/** What all connections have in common. */
export interface WeriftOptions {
  readonly iceServers: readonly IceServer[]
  readonly clock: Clock
  readonly log: Log
}

interface ConnectionOptions {
  readonly codecs: Codecs
  readonly videoExtensions: RTCRtpHeaderExtensionParameters[]
  readonly iceServers: readonly IceServer[]
  readonly events: PeerEvents
  readonly log: Log
}

/** Seconds that a STUN server is waited for. */
const STUN_SECONDS = 2

/** One connection of werift, offering. What goes wrong inside of it is logged and ends that connection alone. */
export class WeriftConnection {
  readonly pc: RTCPeerConnection
  readonly #log: Log
  #closed: Promise<void> | undefined

  constructor({ codecs, videoExtensions, iceServers, events, log }: ConnectionOptions) {
    this.#log = log
    this.pc = new RTCPeerConnection({
      codecs: { audio: codecs.audio, video: codecs.video },
      headerExtensions: { audio: [], video: videoExtensions },
      iceServers: iceServers.map(({ urls, username, credential }) => ({
        urls: [urls].flat(),
        ...(username === undefined ? {} : { username }),
        ...(credential === undefined ? {} : { credential }),
      })),
      iceStunGatherTimeout: STUN_SECONDS,
      bundlePolicy: 'max-bundle',
    })
    this.pc.connectionStateChange.subscribe((state) => {
      if (this.#closed !== undefined) return
      if (state === 'connected') this.contain(events.connected)
      if (state === 'failed' || state === 'closed') this.contain(events.gone)
    })
  }

  async offer(): Promise<{ sdp: string; candidates: IceCandidate[] }> {
    const candidates: IceCandidate[] = []
    this.pc.onIceCandidate.subscribe((found) => {
      if (found === undefined || found.candidate === '') return
      const { candidate, sdpMid, sdpMLineIndex } = found
      candidates.push({ candidate, sdpMid: sdpMid ?? null, sdpMLineIndex: sdpMLineIndex ?? null })
    })
    this.#contactNobodyByItself()
    await this.pc.setLocalDescription()
    return { sdp: this.pc.localDescription?.sdp ?? '', candidates }
  }

  async accept(answer: string): Promise<void> {
    await this.pc.setRemoteDescription({ type: 'answer', sdp: withoutUnusableCandidates(answer) })
  }

  async addCandidate(candidate: IceCandidate | null): Promise<void> {
    if (this.#closed !== undefined || candidate === null || !isUsableCandidate(candidate.candidate)) return
    const { sdpMid, sdpMLineIndex } = candidate
    try {
      await this.pc.addIceCandidate({
        candidate: candidate.candidate,
        ...(sdpMid === null ? {} : { sdpMid }),
        // Everything is bundled on the first line, so that is what a candidate alone can only be about.
        ...(sdpMLineIndex === null ? (sdpMid === null ? { sdpMLineIndex: 0 } : {}) : { sdpMLineIndex }),
      })
    } catch (fault) {
      this.#log('debug', 'relay-candidate-fault', { fault: String(fault) })
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.pc
      .close()
      .catch((fault: unknown) => this.#log('warn', 'relay-close-fault', { fault: String(fault) })))
  }

  /** Runs a callback of werift: a fault in one rejects whatever werift was at (setRemoteDescription, for one). */
  contain(run: () => void): void {
    if (this.#closed === undefined) contain(this.#log, 'relay-fault', run)
  }

  /** Without a STUN server werift asks one of Google (0.25.2, ice/src/ice.ts, DEFAULT_STUN_SERVER). */
  #contactNobodyByItself(): void {
    const urls = this.pc.getConfiguration().iceServers.flatMap((server) => server.urls)
    if (urls.some((url) => url.startsWith('stun:'))) return
    for (const { connection } of this.pc.iceTransports) delete connection.stunServer
  }
}
