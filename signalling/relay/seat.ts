import type { Cancel, Clock } from '../domain/clock.ts'
import type { Log } from '../log.ts'
import type { IceCandidate, MediaPeer } from './media-peer.ts'
import { Refused } from './refused.ts'
import type { RelayLimits } from './relay-limits.ts'

/** A client at a stream: its device or a viewer. */
export interface Guest {
  readonly send: (event: string, payload: unknown) => void
  /** It takes part no more, and may join again. */
  readonly released: () => void
}

/** How many are connecting at this moment, over all streams: it is what costs the most. */
export class Negotiations {
  readonly #most: number
  #count = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Answers what gives the place back. */
  enter(): () => void {
    if (this.#count >= this.#most) throw new Refused(503, 'Too many are connecting right now. Try again in a moment.')
    this.#count += 1
    let isInside = true
    return () => {
      if (isInside) this.#count -= 1
      isInside = false
    }
  }
}

interface SeatOptions {
  readonly peer: MediaPeer
  readonly guest: Guest
  readonly sessionId: string
  readonly negotiations: Negotiations
  readonly clock: Clock
  readonly limits: RelayLimits
  readonly log: Log
  /** No connection came about; the seat is closed already. */
  readonly failed: (message: string) => void
}

type Phase = 'gathering' | 'offered' | 'answered' | 'connected' | 'closed'

const NOT_CONNECTED = 'The connection could not be made.'

/** One client's connection from the server's offer on, with a time limit until it stands. */
export class Seat {
  readonly #options: SeatOptions
  readonly #leaveNegotiation: () => void
  readonly #cancelLimit: Cancel
  #phase: Phase = 'gathering'
  #candidates = 0

  /** Throws `Refused` when too many are connecting; the peer is then closed. */
  constructor(options: SeatOptions) {
    this.#options = options
    const { negotiations, clock, limits, peer } = options
    try {
      this.#leaveNegotiation = negotiations.enter()
    } catch (refused) {
      void peer.close()
      throw refused
    }
    this.#cancelLimit = clock.schedule(limits.liveNegotiationMs, () =>
      this.#fail('The connection was not made in time.'),
    )
    void this.#offer()
  }

  /** Throws or rejects with `Refused`. */
  async answer(sdp: string): Promise<void> {
    if (this.#phase !== 'offered') throw new Refused(409, 'There is no offer that waits for an answer.')
    this.#phase = 'answered'
    try {
      await this.#options.peer.accept(sdp)
    } catch (fault) {
      this.#options.log('info', 'relay-answer-refused', { fault: String(fault).slice(0, 200) })
      this.#fail(null)
      throw new Refused(400, 'The answer does not fit the offer.')
    }
  }

  async addCandidate(candidate: IceCandidate | null): Promise<void> {
    if (this.#phase === 'gathering' || this.#phase === 'closed') throw new Refused(409, 'There is no offer yet.')
    this.#candidates += 1
    if (this.#candidates > this.#options.limits.liveCandidates) throw new Refused(429, 'Too many candidates.')
    await this.#options.peer.addCandidate(candidate)
  }

  /** The connection stands. */
  connected(): void {
    if (this.#phase === 'answered') this.#phase = 'connected'
    this.#endNegotiation()
  }

  /** The connection is lost, or never came about. */
  gone(): void {
    if (this.#phase !== 'closed') this.#fail(this.#phase === 'connected' ? 'The connection was lost.' : NOT_CONNECTED)
  }

  async close(): Promise<void> {
    this.#phase = 'closed'
    this.#endNegotiation()
    await this.#options.peer.close()
  }

  async #offer(): Promise<void> {
    const { peer, guest, sessionId, log } = this.#options
    try {
      const { sdp, candidates } = await peer.offer()
      if (this.#phase !== 'gathering') return
      this.#phase = 'offered'
      guest.send('offerSdp', { sdp: { type: 'offer', sdp }, sessionId })
      for (const candidate of candidates) guest.send('ice-candidate', { candidate, sessionId })
    } catch (fault) {
      log('error', 'relay-offer-fault', { fault: String(fault) })
      this.#fail(NOT_CONNECTED)
    }
  }

  #fail(message: string | null): void {
    if (this.#phase === 'closed') return
    void this.close()
    this.#options.failed(message ?? '')
  }

  #endNegotiation(): void {
    this.#cancelLimit()
    this.#leaveNegotiation()
  }
}
