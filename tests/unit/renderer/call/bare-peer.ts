import { expect, onTestFinished, vi } from 'vitest'
import type { Candidate, Signal } from '#signalling/protocol.ts'

/** RFC 8866, section 5.2: what the server makes the epoch of a client out of that knows none. */
const epochOf = (sdp: string): string => /^o=\S+ (\S+) /m.exec(sdp)?.[1] ?? 'none'

interface BareOptions {
  readonly tracks?: readonly MediaStreamTrack[]
  /** Brings a signal to the other side, as the server would have translated it. */
  readonly send: (signal: Signal) => void
  /** Begins anew with each offer, as many textbook clients do; else each is taken by the connection there is. */
  readonly beginsAnew?: boolean
}

/**
 * A client of another system as its textbook has it: one RTCPeerConnection to one other, offers, answers, candidates one
 * at a time, nothing else. No epochs, no perfect negotiation, no data channel.
 */
export class BarePeer {
  readonly received: Signal[] = []
  readonly #options: BareOptions
  readonly #stream = new MediaStream()
  #epoch = 'none'
  rtc: RTCPeerConnection
  remote = new MediaStream()

  constructor(options: BareOptions) {
    this.#options = options
    this.rtc = this.#open()
    onTestFinished(() => this.rtc.close())
  }

  /** As for `LinkEnd.other`. */
  readonly link = {
    handleSignal: (signal: Signal): void => {
      this.received.push(signal)
      if (signal.kind === 'report') return
      if (signal.kind === 'candidates') for (const candidate of signal.candidates) this.#addCandidate(candidate)
      else if (signal.type === 'offer') void this.#answer(signal.sdp)
      else void this.rtc.setRemoteDescription({ type: 'answer', sdp: signal.sdp })
    },
  }

  /** The first offer, or a further one of the same connection. */
  async offer(): Promise<void> {
    // Whoever offers again before the answer is there takes that for the answer to the second offer.
    await vi.waitFor(
      () => {
        expect(this.rtc.signalingState).toBe('stable')
      },
      { timeout: 10_000 },
    )
    await this.rtc.setLocalDescription(await this.rtc.createOffer())
    this.#describe('offer')
  }

  /** As a page that was loaded anew. */
  async reconnect(): Promise<void> {
    this.rtc.close()
    this.rtc = this.#open()
    await this.offer()
  }

  async #answer(sdp: string): Promise<void> {
    if (this.#options.beginsAnew && this.rtc.remoteDescription) {
      this.rtc.close()
      this.rtc = this.#open()
    }
    await this.rtc.setRemoteDescription({ type: 'offer', sdp })
    await this.rtc.setLocalDescription(await this.rtc.createAnswer())
    this.#describe('answer')
  }

  #open(): RTCPeerConnection {
    const rtc = new RTCPeerConnection()
    this.remote = new MediaStream()
    for (const track of this.#options.tracks ?? []) rtc.addTrack(track, this.#stream)
    rtc.addEventListener('track', ({ track }) => {
      if (rtc === this.rtc) this.remote.addTrack(track)
    })
    rtc.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate && rtc === this.rtc) this.#tellCandidate(candidate)
    })
    return rtc
  }

  #describe(type: 'offer' | 'answer'): void {
    const { sdp } = this.rtc.localDescription!
    this.#epoch = epochOf(sdp)
    this.#options.send({ kind: 'description', epoch: this.#epoch, toEpoch: null, type, sdp })
  }

  #tellCandidate({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: RTCIceCandidate): void {
    const candidates = [{ candidate, sdpMid, sdpMLineIndex, usernameFragment }]
    this.#options.send({ kind: 'candidates', epoch: this.#epoch, toEpoch: null, candidates })
  }

  #addCandidate(candidate: Candidate): void {
    // Without a description yet it is lost, as it is for those who do not keep it.
    this.rtc.addIceCandidate(candidate).catch(() => undefined)
  }
}
