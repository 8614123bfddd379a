import { willText, type WillStep } from '#signalling/protocol.ts'

const base64Url = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')

/** The key of one computer that hosts, or could. */
export class LanKey {
  readonly pin: string
  readonly #public: string
  readonly #secret: CryptoKey

  private constructor(pin: string, publicKey: string, secret: CryptoKey) {
    this.pin = pin
    this.#public = publicKey
    this.#secret = secret
  }

  static async make(): Promise<LanKey> {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
    const spki = await crypto.subtle.exportKey('spki', pair.publicKey)
    return new LanKey(base64Url(await crypto.subtle.digest('SHA-256', spki)), base64Url(spki), pair.privateKey)
  }

  /** As signalling/domain/wills.ts does. */
  async sign(code: string, heir: string): Promise<WillStep> {
    const text = new TextEncoder().encode(willText(code, heir))
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, this.#secret, text)
    return { key: this.#public, signature: base64Url(signature) }
  }
}
