/** RTP's 16 bit sequence numbers and 32 bit timestamps, which wrap around (RFC 3550, section 5.1). */

/** How far `later` is ahead of `earlier`: -32768 to 32767. */
export const sequenceAhead = (later: number, earlier: number): number => {
  const distance = (later - earlier) & 0xffff
  return distance < 0x8000 ? distance : distance - 0x10000
}

export const addSequence = (sequenceNumber: number, count: number): number => (sequenceNumber + count) & 0xffff

export const addTimestamp = (timestamp: number, ticks: number): number => (timestamp + ticks) >>> 0
