import { fromBase64Url } from '../../call/trust/encoding.ts'

/** Bytes in hex, in groups of four bytes that people compare one by one. */
const group = (hex: string): readonly string[] => hex.match(/.{1,8}/g) ?? []

/** Of a fingerprint as `HostIdentity` has it: upper-case hex with colons. */
export const groupsOfFingerprint = (fingerprint: string): readonly string[] => group(fingerprint.replaceAll(':', ''))

/** Of a pin (base64url): lower-case hex, as browsers show the hash of a public key. Empty for what is no base64url. */
export const groupsOfPin = (pin: string): readonly string[] =>
  group(Array.from(fromBase64Url(pin) ?? [], (byte) => byte.toString(16).padStart(2, '0')).join(''))
