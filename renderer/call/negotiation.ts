import type { Candidate } from '#signalling/protocol.ts'
import { CandidateBatch } from './candidate-batch.ts'
import { CandidateQueue } from './candidate-queue.ts'
import { Emitter } from './emitter.ts'
import { reasonOf, type Log } from './log.ts'

export interface Description {
  readonly kind: 'description'
  readonly type: 'offer' | 'answer'
  readonly sdp: string
}
interface Candidates {
  readonly kind: 'candidates'
  readonly candidates: Candidate[]
}
/** A `Signal` before its epochs are stamped. */
export type Message = Description | Candidates

/**
 * Who makes the offers of a link. `either`: both sides are clients of ours, and negotiate perfectly. `we`, `they`: the
 * other side speaks another system's wire, and knows neither epochs nor our control channel.
 */
export type Offerer = 'either' | 'we' | 'they'

/** An offer to another system waits so long for the candidates that are at hand: many lose those that come by themselves. */
const GATHER_MS = 500

interface NegotiationEvents {
  readonly message: [Message]
}

export interface NegotiationOptions {
  readonly rtc: RTCPeerConnection
  /** Gives way when both offer at once. Exactly one of the two sides is polite. */
  readonly isPolite: boolean
  readonly offerer: Offerer
  /** Runs between taking an offer and answering it: the moment to put own tracks on its transceivers. */
  readonly onOffer: () => void
  readonly log: Log
}

/**
 * Perfect negotiation over one RTCPeerConnection (W3C WebRTC, section 10.7): either side may offer at any time; of two
 * crossing offers the polite side's is rolled back. Incoming messages are handled one after the other.
 * Nothing is offered before `start()`, and nothing at all where only the other side may.
 */
export class Negotiation {
  readonly #options: NegotiationOptions
  readonly #events = new Emitter<NegotiationEvents>()
  readonly #remoteCandidates = new CandidateQueue()
  readonly #ownCandidates: CandidateBatch
  #isStarted = false
  #isMakingOffer = false
  #isIgnoringOffer = false
  /** The offer on its way will hold the candidates that come now. */
  #areCandidatesHeld = false
  #handled: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: NegotiationOptions) {
    this.#options = options
    this.#ownCandidates = new CandidateBatch((candidates) => {
      this.#events.emit('message', { kind: 'candidates', candidates })
    })
    options.rtc.addEventListener('negotiationneeded', () => {
      if (this.#isStarted && options.offerer !== 'they') void this.#offer()
    })
    options.rtc.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate && !this.#areCandidatesHeld) this.#ownCandidates.add(candidate)
    })
  }

  on<Name extends keyof NegotiationEvents>(
    name: Name,
    listener: (...args: NegotiationEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** From now on `negotiationneeded` makes offers. Call before transceivers are added. */
  start(): void {
    this.#isStarted = true
  }

  /** Sends the outstanding offer, or with `andAnswer` the last answer, again, with the candidates gathered since. */
  resend({ andAnswer = false } = {}): void {
    const { localDescription, signalingState } = this.#options.rtc
    if (signalingState === 'have-local-offer' || (andAnswer && signalingState === 'stable')) this.#say(localDescription)
  }

  /** Takes a message of the other side; never rejects: what it cannot use is logged and dropped. */
  handle(message: Message): void {
    this.#handled = this.#handled.then(async () => {
      if (this.#isClosed) return
      try {
        if (message.kind === 'description') await this.#handleDescription(message)
        else await this.#add(this.#remoteCandidates.take(message.candidates))
      } catch (error) {
        if (!this.#isOver()) this.#options.log('warn', `A ${message.kind} was of no use: ${reasonOf(error)}`)
      }
    })
  }

  close(): void {
    this.#isClosed = true
    this.#ownCandidates.drop()
  }

  async #offer(): Promise<void> {
    const { rtc, offerer, log } = this.#options
    this.#isMakingOffer = true
    this.#areCandidatesHeld = offerer === 'we'
    try {
      await rtc.setLocalDescription()
      if (offerer === 'we') await gathered(rtc)
      if (rtc.localDescription?.type === 'offer') this.#say(rtc.localDescription)
    } catch (error) {
      if (!this.#isOver()) log('warn', `No offer could be made: ${reasonOf(error)}`)
    } finally {
      this.#isMakingOffer = this.#areCandidatesHeld = false
    }
  }

  async #handleDescription({ type, sdp }: Description): Promise<void> {
    const { rtc, isPolite, onOffer, log } = this.#options
    const isColliding = type === 'offer' && (this.#isMakingOffer || rtc.signalingState !== 'stable')
    this.#isIgnoringOffer = !isPolite && isColliding
    if (this.#isIgnoringOffer) return
    // The answer to an offer that was sent twice comes twice.
    if (type === 'answer' && rtc.signalingState !== 'have-local-offer') return
    await rtc.setRemoteDescription({ type, sdp })
    log('debug', `Took an ${type}`)
    if (type === 'offer') {
      this.#isStarted = true
      onOffer()
      await rtc.setLocalDescription()
      if (rtc.signalingState === 'stable') this.#say(rtc.localDescription)
    }
    await this.#add(this.#remoteCandidates.release(sdp))
  }

  async #add(candidates: readonly Candidate[]): Promise<void> {
    for (const candidate of candidates) {
      try {
        await this.#options.rtc.addIceCandidate(candidate)
      } catch (error) {
        if (!this.#isIgnoringOffer && !this.#isOver())
          this.#options.log('debug', `A candidate was of no use: ${reasonOf(error)}`)
      }
    }
  }

  #say(description: RTCSessionDescription | null): void {
    if (this.#isOver() || description === null) return
    if (description.type !== 'offer' && description.type !== 'answer') return
    this.#ownCandidates.drop()
    this.#events.emit('message', { kind: 'description', type: description.type, sdp: description.sdp })
  }

  #isOver(): boolean {
    return this.#isClosed || this.#options.rtc.signalingState === 'closed'
  }
}

/** All candidates are in the local description, or `GATHER_MS` are over. */
const gathered = (rtc: RTCPeerConnection): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_MS)
    const check = () => {
      if (rtc.iceGatheringState !== 'complete') return
      clearTimeout(timer)
      rtc.removeEventListener('icegatheringstatechange', check)
      resolve()
    }
    rtc.addEventListener('icegatheringstatechange', check)
    check()
  })
