/** Certificates that vouch for themselves, as computers show that host a meeting. */
import 'reflect-metadata'
import { createHash } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const DAY_MS = 86_400_000
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const

export interface SelfSignedOptions {
  /** Made anew when left out. */
  readonly keys?: CryptoKeyPair
  /** From now, in days; also negative. */
  readonly validDays?: readonly [number, number]
  readonly isAuthority?: boolean
}

export interface SelfSigned {
  readonly keys: CryptoKeyPair
  /** PEM. */
  readonly key: string
  readonly certificate: string
  /** Of the public key, as an invitation has it. */
  readonly pin: string
}

const createKeys = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

export const createSelfSigned = async (options: SelfSignedOptions = {}): Promise<SelfSigned> => {
  const { validDays = [-1, 30], isAuthority = false } = options
  const keys = options.keys ?? (await createKeys())
  const [notBefore, notAfter] = validDays.map((days) => new Date(Date.now() + days * DAY_MS))
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test host',
    keys,
    notBefore: notBefore!,
    notAfter: notAfter!,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new BasicConstraintsExtension(isAuthority, undefined, true),
      new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      new SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ]),
    ],
  })
  const [pkcs8, spki] = await Promise.all([
    crypto.subtle.exportKey('pkcs8', keys.privateKey),
    crypto.subtle.exportKey('spki', keys.publicKey),
  ])
  return {
    keys,
    key: PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    certificate: certificate.toString('pem'),
    pin: createHash('sha256').update(Buffer.from(spki)).digest('base64url'),
  }
}
