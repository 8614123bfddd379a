/**
 * What the fragment of an invitation holds: browsers keep it to themselves, so that no server and no log on the way sees
 * it. Base64url of: version, flags, secret (16 bytes), pin (32 bytes), then each further address of the host.
 */
import { isPrivateAddress } from './private-address.ts'
import { fromBase64Url, toBase64Url } from './trust/encoding.ts'

/** Of the addresses, without the one of the link itself: 7 and that one make 8. */
const MAX_FURTHER = 7
const VERSION = 1
const HAS_SECRET = 1
const HAS_PIN = 2
/** Version and flags. */
const HEAD_BYTES = 2
const SECRET_BYTES = 16
const PIN_BYTES = 32
/** The first bytes of this version in base64url; anything long enough to be one of ours counts as one, too. */
const BEGINNING = /^AQ/
const MIN_LENGTH = 24

export interface InvitationFragment {
  /** Base64url, 22 characters. */
  readonly secret: string | null
  /** Base64url, 43 characters. */
  readonly pin: string | null
  /** `192.168.1.20:8001`, `[fd00::1]:8001`; none without a pin. */
  readonly further: readonly string[]
}

/** Empty when there is nothing to say. Leaves out what is too much. */
export const formatFragment = ({ secret, pin, further }: InvitationFragment): string => {
  if (secret === null && pin === null) return ''
  const flags = (secret === null ? 0 : HAS_SECRET) | (pin === null ? 0 : HAS_PIN)
  const addresses = pin === null ? [] : further.slice(0, MAX_FURTHER).flatMap(bytesOfAuthority)
  const [secretBytes, pinBytes] = [fromBase64Url(secret ?? '') ?? [], fromBase64Url(pin ?? '') ?? []]
  return toBase64Url(Uint8Array.from([VERSION, flags, ...secretBytes, ...pinBytes, ...addresses]))
}

/**
 * Reads a fragment without its `#`. Null for one that is none of ours; `damaged` for one that is, of another version or
 * with anything missing, left over or not allowed: an invitation is not to lose its pin on its way.
 */
export const parseFragment = (text: string): InvitationFragment | 'damaged' | null => {
  const isOurs = BEGINNING.test(text) || (text.length >= MIN_LENGTH && /^[\w-]+$/.test(text))
  if (!isOurs) return null
  const bytes = fromBase64Url(text)
  return (bytes && parseBytes(bytes)) ?? 'damaged'
}

const parseBytes = (bytes: Uint8Array): InvitationFragment | null => {
  const [version, flags = 0] = bytes
  if (version !== VERSION || flags < HAS_SECRET || flags > (HAS_SECRET | HAS_PIN)) return null
  const secretEnd = HEAD_BYTES + (flags & HAS_SECRET ? SECRET_BYTES : 0)
  const pinEnd = secretEnd + (flags & HAS_PIN ? PIN_BYTES : 0)
  const hasPin = pinEnd > secretEnd
  if (bytes.length < pinEnd || (!hasPin && bytes.length > pinEnd)) return null
  const further = parseAddresses(bytes.subarray(pinEnd))
  if (further === null) return null
  return {
    secret: secretEnd > HEAD_BYTES ? toBase64Url(bytes.subarray(HEAD_BYTES, secretEnd)) : null,
    pin: hasPin ? toBase64Url(bytes.subarray(secretEnd, pinEnd)) : null,
    further,
  }
}

const parseAddresses = (bytes: Uint8Array): string[] | null => {
  const found: string[] = []
  for (let at = 0; at < bytes.length;) {
    const size = bytes[at] === 4 ? 4 : bytes[at] === 6 ? 16 : 0
    const end = at + 1 + size + 2
    if (size === 0 || end > bytes.length || found.length === MAX_FURTHER) return null
    const address = bytes.subarray(at + 1, end - 2)
    const authority = readAuthority(authorityOfBytes(address, bytes.subarray(end - 2, end)))
    if (authority === null) return null
    found.push(authority)
    at = end
  }
  return found
}

const authorityOfBytes = (address: Uint8Array, [high = 0, low = 0]: Uint8Array): string => {
  const port = String(high * 256 + low)
  if (address.length === 4) return `${address.join('.')}:${port}`
  const groups = Array.from(
    { length: 8 },
    (_, group) => (address[group * 2] ?? 0) * 256 + (address[group * 2 + 1] ?? 0),
  )
  return `[${groups.map((group) => group.toString(16)).join(':')}]:${port}`
}

/** The one form of `192.168.1.20:8001`; null for what is no private address with a port from 1024 on. */
export const readAuthority = (text: string): string | null => {
  const url = URL.parse(`https://${text}`)
  if (url === null || !isPrivateAddress(url.hostname) || Number(url.port) < 1024) return null
  return url.host
}

/** Nothing for what `readAuthority` does not take. */
const bytesOfAuthority = (text: string): readonly number[] => {
  const authority = readAuthority(text)
  if (authority === null) return []
  const { hostname, port } = new URL(`https://${authority}`)
  const address = hostname.startsWith('[') ? bytesOfIpv6(hostname.slice(1, -1)) : hostname.split('.').map(Number)
  return [address.length === 4 ? 4 : 6, ...address, Number(port) >> 8, Number(port) & 255]
}

/** Of the form that `URL` gives: hex groups, once shortened by `::`. */
const bytesOfIpv6 = (text: string): readonly number[] => {
  const [left = '', right = ''] = text.split('::')
  const groupsOf = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const [before, after] = [groupsOf(left), groupsOf(right)]
  const gap = Array.from({ length: 8 - before.length - after.length }, () => 0)
  return [...before, ...gap, ...after].flatMap((group) => [group >> 8, group & 255])
}
