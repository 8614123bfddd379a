import type { MediaPacket, SenderClock } from './media-peer.ts'
import { addSequence, addTimestamp, sequenceAhead } from './sequence.ts'

/**
 * Sequence numbers and timestamps as viewers get them: one unbroken run, also when the device comes back with a new
 * connection that counts from somewhere else. Viewers then neither negotiate again nor wait for packets that never were.
 */
export class Timeline {
  readonly #clockRate: number
  #sequenceOffset = 0
  #timestampOffset = 0
  /** The newest packet so far, as viewers got it. */
  #last: { readonly sequenceNumber: number; readonly timestamp: number; readonly atMs: number } | null = null
  /** The source's own number of its first packet; null until that comes. */
  #first: number | null = null

  constructor(clockRate: number) {
    this.#clockRate = clockRate
  }

  /** The next packet is the first of another source. */
  switchSource(): void {
    this.#first = null
  }

  /** Answers null for a packet from before the first one, for which no number was left free. */
  place(packet: MediaPacket, nowMs: number): MediaPacket | null {
    if (this.#first === null) this.#begin(packet, nowMs)
    const sequenceNumber = addSequence(packet.sequenceNumber, this.#sequenceOffset)
    const timestamp = addTimestamp(packet.timestamp, this.#timestampOffset)
    const ahead = this.#last === null ? 1 : sequenceAhead(sequenceNumber, this.#last.sequenceNumber)
    if (ahead < 0) {
      if (sequenceAhead(packet.sequenceNumber, this.#first ?? 0) < 0) return null
      // One from before the wrap of the numbers: werift's SRTP would lose count of the rounds (srtp/context/context.ts).
      if (this.#last !== null && sequenceNumber > this.#last.sequenceNumber) return null
    } else this.#last = { sequenceNumber, timestamp, atMs: nowMs }
    return { ...packet, sequenceNumber, timestamp }
  }

  /** Answers null when no packet of this source has come yet. */
  placeClock({ ntp, timestamp }: SenderClock): SenderClock | null {
    return this.#first === null ? null : { ntp, timestamp: addTimestamp(timestamp, this.#timestampOffset) }
  }

  #begin(packet: MediaPacket, nowMs: number): void {
    this.#first = packet.sequenceNumber
    if (this.#last === null) {
      // RFC 3711, section 3.3.1: begun in the lower half, nobody who joins mistakes the round that the numbers are in.
      this.#sequenceOffset = addSequence(0, -(packet.sequenceNumber & 0x8000))
      return
    }
    const { sequenceNumber, timestamp, atMs } = this.#last
    const ticks = Math.max(1, Math.round(((nowMs - atMs) * this.#clockRate) / 1000))
    this.#sequenceOffset = addSequence(sequenceNumber, 1 - packet.sequenceNumber)
    this.#timestampOffset = addTimestamp(timestamp, ticks - packet.timestamp)
  }
}
