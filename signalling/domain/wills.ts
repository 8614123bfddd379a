import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { willText, type Will, type WillStep } from '#signalling/protocol.ts'

/** As the public key of a `WillStep` is written (SPKI, DER). */
const KEY_BYTES = 91

const pinOf = (key: Buffer): string => createHash('sha256').update(key).digest('base64url')
const isP256 = (key: KeyObject): boolean => key.asymmetricKeyDetails?.namedCurve === 'prime256v1'

interface OwnKey {
  readonly secret: KeyObject
  /** Its public half, as `WillStep` has it. */
  readonly key: string
  readonly pin: string
}

/** Throws for anything but the PEM of a private key on the curve P-256. */
const readOwnKey = (pem: string): OwnKey => {
  const secret = createPrivateKey(pem)
  const key = createPublicKey(secret).export({ type: 'spki', format: 'der' })
  if (!isP256(secret) || key.length !== KEY_BYTES) throw new Error('Wills are signed with a key on the curve P-256.')
  return { secret, key: key.toString('base64url'), pin: pinOf(key) }
}

/** The key of the computer that hosts, as it signs who may go on in its place. */
export class HostSigner {
  #own: OwnKey

  /** `pem`: that of its TLS certificate. Throws when it is no private key on the curve P-256. */
  constructor(pem: string) {
    this.#own = readOwnKey(pem)
  }

  /** As an invitation names it. */
  get pin(): string {
    return this.#own.pin
  }

  /** Reads another key, and answers how to sign with that one from then on. Throws as the constructor does. */
  prepare(pem: string): () => void {
    const next = readOwnKey(pem)
    return () => {
      this.#own = next
    }
  }

  /** That whoever holds the key with this pin may go on with the room. */
  sign(code: string, pin: string): WillStep {
    const { secret, key } = this.#own
    const signature = sign('sha256', Buffer.from(willText(code, pin)), { key: secret, dsaEncoding: 'ieee-p1363' })
    return { key, signature: signature.toString('base64url') }
  }
}

const isSigned = ({ key, signature }: WillStep, text: string): boolean => {
  const signer = createPublicKey({ key: Buffer.from(key, 'base64url'), format: 'der', type: 'spki' })
  const isRight = () =>
    verify('sha256', Buffer.from(text), { key: signer, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  return isP256(signer) && isRight()
}

/** As `readWill` of the contract, but at once: whether these signatures lead to the computer with the pin `to`. Never throws. */
export const leadsTo = (will: Will, { code, to }: { readonly code: string; readonly to: string }): boolean => {
  try {
    const pins = will.map(({ key }) => pinOf(Buffer.from(key, 'base64url')))
    return will.every((step, index) => isSigned(step, willText(code, pins[index + 1] ?? to)))
  } catch {
    // No key that this OpenSSL knows.
    return false
  }
}
