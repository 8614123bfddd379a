/** Ours has at most 1,232 bytes (fits IPv6's smallest packet); jumbo ones are made to keep a decoder busy. */
const MAX_BYTES = 1500
/** Each packet about our service has the labels of its name in it; nothing else of the network's mDNS is for us. */
const MARK = Buffer.from('\x08_earshot\x04_tcp')
const WINDOW_MS = 1000
/** A computer that starts a meeting while it looks for others sends 8 in its first second, with two apps twice that. */
const MAX_PER_SENDER = 20
/** Of 50 computers that all host and look at once; what is beyond comes again in some seconds. */
const MAX_PACKETS = 300

/** Says which packets are worth decoding: short, about our service, and not too many of one sender nor in all. */
export class PacketGuard {
  readonly #counts = new Map<string, number>()
  #total = 0
  #windowStart = -Infinity

  accepts(message: Uint8Array, sender: string, now: number): boolean {
    if (message.length > MAX_BYTES || !Buffer.from(message.buffer, message.byteOffset, message.length).includes(MARK))
      return false
    if (now - this.#windowStart >= WINDOW_MS) this.#open(now)
    const count = (this.#counts.get(sender) ?? 0) + 1
    if (count > MAX_PER_SENDER || this.#total >= MAX_PACKETS) return false
    this.#counts.set(sender, count)
    this.#total += 1
    return true
  }

  #open(now: number): void {
    this.#windowStart = now
    this.#counts.clear()
    this.#total = 0
  }
}
