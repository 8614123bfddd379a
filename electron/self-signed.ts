// First: @peculiar/x509 needs it to be there when it is loaded.
import 'reflect-metadata'
import { createPublicKey, randomBytes, type KeyObject } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const DAY_MS = 24 * 60 * 60_000
/** Clocks of a network without internet are often a little wrong. */
const BEFORE_MS = DAY_MS
const AFTER_MS = 364 * DAY_MS

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

export interface CertificateNames {
  /** Host names: letters, digits and `.-_`. */
  readonly names: readonly string[]
  /** IPv4 and IPv6, without a zone. */
  readonly addresses: readonly string[]
}

x509.cryptoProvider.set(crypto)

/** 16 bytes, of which the first bit is 0 (it has to be positive) and the second 1 (it keeps its length); the others are random. */
const newSerialNumber = (): string => {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

const importKeys = async (key: KeyObject): Promise<CryptoKeyPair> => {
  const [own, common] = [
    key.export({ type: 'pkcs8', format: 'der' }),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
  ]
  return {
    privateKey: await crypto.subtle.importKey('pkcs8', new Uint8Array(own), ALGORITHM, false, ['sign']),
    publicKey: await crypto.subtle.importKey('spki', new Uint8Array(common), ALGORITHM, true, ['verify']),
  }
}

/**
 * Makes a certificate (X.509, PEM) for a server under these names: signed by its own key (ECDSA, P-256), good from a day ago for
 * a year altogether, and with nothing in it that says who uses this computer beside the names.
 */
export const createCertificate = async (
  key: KeyObject,
  { names, addresses }: CertificateNames,
  now: number,
): Promise<string> => {
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Earshot',
    keys: await importKeys(key),
    serialNumber: newSerialNumber(),
    notBefore: new Date(now - BEFORE_MS),
    notAfter: new Date(now + AFTER_MS),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        ...addresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
    ],
  })
  return certificate.toString('pem')
}
