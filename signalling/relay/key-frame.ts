import type { MediaTrack } from './media-peer.ts'

/** RFC 7741, section 4.2: the descriptor before a piece of a VP8 frame, then the frame's own first byte (RFC 6386, 9.1). */
const startsVp8KeyFrame = (payload: Buffer): boolean => {
  const [first = 0, second = 0, third = 0] = payload
  const isStart = (first & 0x10) !== 0 && (first & 0x07) === 0
  if (!isStart) return false
  let size = 1
  if ((first & 0x80) !== 0) {
    size += 1
    if ((second & 0x80) !== 0) size += (third & 0x80) === 0 ? 1 : 2
    if ((second & 0x40) !== 0) size += 1
    if ((second & 0x30) !== 0) size += 1
  }
  const frame = payload[size]
  return frame !== undefined && (frame & 0x01) === 0
}

const IDR = 5
const SPS = 7
const STAP_A = 24
const FU_A = 28

/** RFC 6184, section 5.2. A decoder can begin at the parameters (SPS) or at the picture that needs no other (IDR). */
const startsH264KeyFrame = (payload: Buffer): boolean => {
  const type = (payload[0] ?? 0) & 0x1f
  if (type === FU_A) {
    const header = payload[1] ?? 0
    return (header & 0x80) !== 0 && (header & 0x1f) === IDR
  }
  if (type !== STAP_A) return type === IDR || type === SPS
  for (let at = 1; at + 2 < payload.length; at += 2 + payload.readUInt16BE(at)) {
    const inside = (payload[at + 2] ?? 0) & 0x1f
    if (inside === IDR || inside === SPS) return true
  }
  return false
}

/** Whether a viewer's decoder can begin with this packet. Every packet of sound can be begun with. */
export const startsKeyFrame = (codec: MediaTrack['codec'], payload: Buffer): boolean => {
  if (codec === 'VP8') return startsVp8KeyFrame(payload)
  return codec === 'H264' ? startsH264KeyFrame(payload) : true
}
