import type { MediaPacket } from './media-peer.ts'

/** The last packets of one track, for viewers that lost some. One for all viewers: 512 packets are about 600 kB. */
export class PacketBuffer {
  readonly #packets: (MediaPacket | undefined)[]

  /** `size`: a power of two, so that sequence numbers wrap where the buffer does. */
  constructor(size: number) {
    this.#packets = new Array<MediaPacket | undefined>(size).fill(undefined)
  }

  put(packet: MediaPacket): void {
    this.#packets[packet.sequenceNumber % this.#packets.length] = packet
  }

  /** Answers null for a packet that never came or has been overwritten. */
  get(sequenceNumber: number): MediaPacket | null {
    const packet = this.#packets[sequenceNumber % this.#packets.length]
    return packet?.sequenceNumber === sequenceNumber ? packet : null
  }
}
