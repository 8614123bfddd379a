import { fromBase64Url, toBase64Url, utf8 } from './encoding.ts'
import type { Fingerprint, Fingerprints } from './fingerprints.ts'
import type { TrustStorage } from './trust-storage.ts'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const

/** Public key (SPKI) and signature (IEEE P1363, 64 bytes), both base64url. */
export interface Introduction {
  readonly key: string
  readonly signature: string
}

const textOf = (code: string, sender: Fingerprint, receiver: Fingerprint): Uint8Array<ArrayBuffer> =>
  utf8(`earshot-identity-1|${code}|${sender}|${receiver}`)

const isKeyPair = (value: unknown): value is CryptoKeyPair => {
  const { privateKey, publicKey } = (value ?? {}) as Partial<CryptoKeyPair>
  return privateKey instanceof CryptoKey && publicKey instanceof CryptoKey
}

/**
 * The key of this installation, by which those who once compared the words with its person know them again. The private part
 * can not be read, not even by this page.
 *
 * One key for all meetings: it also makes a person recognisable to everyone with whom they are in meetings, under whatever
 * name they come. It is told only to those inside the same room, over links that are encrypted, and never to a server. Deleting the
 * data of the page (or of the app) deletes it.
 */
export class Identity {
  readonly #storage: TrustStorage
  #pair: Promise<CryptoKeyPair> | null = null

  constructor(storage: TrustStorage) {
    this.#storage = storage
  }

  /** Signs, for the other side of one link in one room, that its certificate is ours. */
  async introduce(code: string, { own, theirs }: Fingerprints): Promise<Introduction> {
    this.#pair ??= this.#load()
    const { privateKey, publicKey } = await this.#pair
    const [key, signature] = await Promise.all([
      crypto.subtle.exportKey('spki', publicKey),
      crypto.subtle.sign(SIGNING, privateKey, textOf(code, own, theirs)),
    ])
    return { key: toBase64Url(key), signature: toBase64Url(signature) }
  }

  async #load(): Promise<CryptoKeyPair> {
    const kept = await this.#storage.read('identity')
    if (isKeyPair(kept)) return kept
    const made = await crypto.subtle.generateKey(ECDSA, false, ['sign', 'verify'])
    // Another window may have been quicker.
    return this.#storage.change('identity', (present) => (isKeyPair(present) ? present : made))
  }
}

/** Whether whoever holds `key` signed that the other side's certificate is theirs, for this room and for us. */
export const isIntroduction = async (
  { key, signature }: Introduction,
  code: string,
  { own, theirs }: Fingerprints,
): Promise<boolean> => {
  const [keyBytes, signatureBytes] = [fromBase64Url(key), fromBase64Url(signature)]
  if (keyBytes === null || signatureBytes === null) return false
  try {
    const publicKey = await crypto.subtle.importKey('spki', keyBytes, ECDSA, false, ['verify'])
    return await crypto.subtle.verify(SIGNING, publicKey, signatureBytes, textOf(code, theirs, own))
  } catch {
    return false
  }
}
