import { fromBase64Url, toBase64Url, utf8 } from './encoding.ts'
import type { Fingerprint, Fingerprints } from './fingerprints.ts'

const HMAC = { name: 'HMAC', hash: 'SHA-256', length: 256 } as const

/** Sender first, so that what one side said is no proof when it is said back to it. */
const textOf = (sender: Fingerprint, receiver: Fingerprint): Uint8Array<ArrayBuffer> =>
  utf8(`earshot-proof-1|${sender}|${receiver}`)

/**
 * Proves over a link that one holds the secret of the invitation and sees the same two certificates as the other side. The
 * server never saw the secret, so that it can not put itself between two people by changing the fingerprints in what it brings:
 * each side then sees a certificate of the server's, and the proofs do not fit.
 *
 * The key is HKDF-SHA-256 of the secret, without salt, for `earshot proof 1 <code of the room>` (RFC 5869).
 */
export class LinkProof {
  readonly #key: CryptoKey

  private constructor(key: CryptoKey) {
    this.#key = key
  }

  /** `secret` is base64url, `code` the one form of `RoomView.code`. Null when the secret is none. */
  static async of(secret: string, code: string): Promise<LinkProof | null> {
    const bytes = fromBase64Url(secret)
    if (bytes === null) return null
    const material = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey'])
    const derivation = { name: 'HKDF', hash: 'SHA-256', salt: utf8(''), info: utf8(`earshot proof 1 ${code}`) }
    return new LinkProof(await crypto.subtle.deriveKey(derivation, material, HMAC, false, ['sign', 'verify']))
  }

  /** Base64url, 43 characters. */
  async prove({ own, theirs }: Fingerprints): Promise<string> {
    return toBase64Url(await crypto.subtle.sign('HMAC', this.#key, textOf(own, theirs)))
  }

  /** Compares in a time that does not tell how much of it is right (W3C WebCrypto, HMAC verify). */
  async isProof(mac: string, { own, theirs }: Fingerprints): Promise<boolean> {
    const bytes = fromBase64Url(mac)
    return bytes !== null && (await crypto.subtle.verify('HMAC', this.#key, bytes, textOf(theirs, own)))
  }
}
