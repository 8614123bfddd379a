/**
 * STUN messages (RFC 8489) with the attributes of TURN (RFC 8656), read and written.
 *
 * Own code, because the codec of werift is made for clients: of several attributes of one type it keeps the last one, also
 * when that stands behind MESSAGE-INTEGRITY and so was sealed by nobody, and it builds every address byte by byte.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

export const STUN_HEADER_BYTES = 20
const COOKIE = 0x2112a442
/** HMAC-SHA1. */
const INTEGRITY_BYTES = 20
const FINGERPRINT_MASK = 0x5354554e
/** The longest request of a browser has eight. */
const MAX_ATTRIBUTES = 32
/** Unknown attributes from here on may be passed over ("comprehension-optional"). */
const OPTIONAL_FROM = 0x8000

export const methods = {
  binding: 0x001,
  allocate: 0x003,
  refresh: 0x004,
  send: 0x006,
  data: 0x007,
  createPermission: 0x008,
  channelBind: 0x009,
} as const

export const classes = { request: 0x000, indication: 0x010, success: 0x100, error: 0x110 } as const

export const attributeTypes = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  channelNumber: 0x000c,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedAddressFamily: 0x0017,
  evenPort: 0x0018,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
  reservationToken: 0x0022,
  fingerprint: 0x8028,
} as const

const knownTypes: ReadonlySet<number> = new Set(Object.values(attributeTypes))
const methodMask = 0x3eef
const classMask = 0x0110

export interface StunAttribute {
  readonly type: number
  readonly value: Buffer
}

export interface StunMessage {
  readonly method: number
  readonly class: number
  readonly transactionId: Buffer
  /** In their order, without MESSAGE-INTEGRITY, what stands behind it, and FINGERPRINT. */
  readonly attributes: readonly StunAttribute[]
  /** Where MESSAGE-INTEGRITY begins; null when there is none. */
  readonly integrityAt: number | null
  readonly hasFingerprint: boolean
  readonly bytes: Buffer
}

/** How many bytes are missing to a multiple of four. */
export const paddingOf = (length: number): number => -length & 3

/** What the seal of the first `end` bytes covers: the length in the header is as if the message ended behind the seal. */
const sealed = (bytes: Buffer, end: number, sealBytes: number): readonly [header: Buffer, rest: Buffer] => {
  const header = Buffer.from(bytes.subarray(0, STUN_HEADER_BYTES))
  header.writeUInt16BE(end + 4 + sealBytes - STUN_HEADER_BYTES, 2)
  return [header, bytes.subarray(STUN_HEADER_BYTES, end)]
}

const integrityOf = (bytes: Buffer, end: number, key: Buffer): Buffer => {
  const [header, rest] = sealed(bytes, end, INTEGRITY_BYTES)
  return createHmac('sha1', key).update(header).update(rest).digest()
}

const fingerprintOf = (bytes: Buffer, end: number): number => {
  const [header, rest] = sealed(bytes, end, 4)
  return (crc32(rest, crc32(header)) ^ FINGERPRINT_MASK) >>> 0
}

const hasStunHeader = (bytes: Buffer): boolean =>
  bytes.length >= STUN_HEADER_BYTES &&
  bytes.readUInt8(0) < 0x40 &&
  bytes.readUInt16BE(2) === bytes.length - STUN_HEADER_BYTES &&
  bytes.length % 4 === 0 &&
  bytes.readUInt32BE(4) === COOKIE

/** Reads one whole message. Null for everything that is not well formed, also when FINGERPRINT is there and wrong. */
export const parseStun = (bytes: Buffer): StunMessage | null => {
  if (!hasStunHeader(bytes)) return null
  const attributes: StunAttribute[] = []
  let integrityAt: number | null = null
  let hasFingerprint = false
  for (let at = STUN_HEADER_BYTES, count = 0; at < bytes.length; count += 1) {
    if (count === MAX_ATTRIBUTES || hasFingerprint) return null
    // The length of the whole is a multiple of four, so there are four bytes.
    const type = bytes.readUInt16BE(at)
    const length = bytes.readUInt16BE(at + 2)
    const value = bytes.subarray(at + 4, at + 4 + length)
    if (at + 4 + length + paddingOf(length) > bytes.length) return null
    if (type === attributeTypes.fingerprint) {
      if (length !== 4 || value.readUInt32BE(0) !== fingerprintOf(bytes, at)) return null
      hasFingerprint = true
    } else if (type === attributeTypes.messageIntegrity) {
      if (length !== INTEGRITY_BYTES) return null
      integrityAt ??= at
    } else if (integrityAt === null) attributes.push({ type, value })
    at += 4 + length + paddingOf(length)
  }
  const kind = bytes.readUInt16BE(0)
  const transactionId = bytes.subarray(8, STUN_HEADER_BYTES)
  return {
    ...{ method: kind & methodMask, class: kind & classMask, transactionId, attributes },
    ...{ integrityAt, hasFingerprint, bytes },
  }
}

/** The first of this type; later ones are passed over (RFC 8489, 14). */
export const attributeOf = ({ attributes }: StunMessage, type: number): Buffer | null =>
  attributes.find((attribute) => attribute.type === type)?.value ?? null

/** Types that have to be understood, and are not. */
export const unknownTypesOf = ({ attributes }: StunMessage): readonly number[] =>
  attributes.map(({ type }) => type).filter((type) => type < OPTIONAL_FROM && !knownTypes.has(type))

/** Whether the message was sealed with this key. Takes the same time whether it nearly was or not at all. */
export const isSealedWith = ({ bytes, integrityAt }: StunMessage, key: Buffer): boolean =>
  integrityAt !== null &&
  timingSafeEqual(
    integrityOf(bytes, integrityAt, key),
    bytes.subarray(integrityAt + 4, integrityAt + 4 + INTEGRITY_BYTES),
  )

interface StunDraft {
  readonly method: number
  readonly class: number
  /** 12 bytes. */
  readonly transactionId: Buffer
  readonly attributes: readonly StunAttribute[]
  /** Seals it with MESSAGE-INTEGRITY. */
  readonly key?: Buffer | null
  readonly hasFingerprint?: boolean
}

const writeAttribute = (bytes: Buffer, at: number, { type, value }: StunAttribute): number => {
  bytes.writeUInt16BE(type, at)
  bytes.writeUInt16BE(value.length, at + 2)
  value.copy(bytes, at + 4)
  return at + 4 + value.length + paddingOf(value.length)
}

export const encodeStun = (draft: StunDraft): Buffer => {
  const { attributes, transactionId, key = null, hasFingerprint = false } = draft
  const body = attributes.reduce((sum, { value }) => sum + 4 + value.length + paddingOf(value.length), 0)
  const seals = (key === null ? 0 : 4 + INTEGRITY_BYTES) + (hasFingerprint ? 8 : 0)
  const bytes = Buffer.alloc(STUN_HEADER_BYTES + body + seals)
  bytes.writeUInt16BE(draft.method | draft.class, 0)
  bytes.writeUInt16BE(body + seals, 2)
  bytes.writeUInt32BE(COOKIE, 4)
  transactionId.copy(bytes, 8)
  let at = STUN_HEADER_BYTES
  for (const attribute of attributes) at = writeAttribute(bytes, at, attribute)
  if (key !== null) {
    const value = integrityOf(bytes, at, key)
    at = writeAttribute(bytes, at, { type: attributeTypes.messageIntegrity, value })
  }
  if (hasFingerprint) {
    const value = numberValue(fingerprintOf(bytes, at))
    writeAttribute(bytes, at, { type: attributeTypes.fingerprint, value })
  }
  return bytes
}

/** Four bytes, the most significant first. */
export const numberValue = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value, 0)
  return bytes
}
