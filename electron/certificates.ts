import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { openHostKey, type HostKeyOptions } from './host-key.ts'
import type { HostAddress, HostIdentity } from './ipc.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { createCertificate, type CertificateNames } from './self-signed.ts'
import { pinOf, pinOfKey } from './tls-key.ts'

const FILE_NAME = 'host-certificate.pem'
const MAX_FILE_BYTES = 64 * 1024
/** One with less time left is made anew. */
const LEFT_MS = 30 * 24 * 60 * 60_000
/** Computers full of containers have dozens of addresses; the best come first. */
const MAX_ADDRESSES = 64

/** What the embedded server proves itself with, in PEM, and how others know it again. */
export interface TlsIdentity {
  readonly key: string
  readonly certificate: string
  readonly identity: HostIdentity
}

export interface HostCertificatesOptions extends HostKeyOptions {
  /** As the system calls this computer. */
  readonly machineName?: string
  readonly now?: () => number
}

/** The names the server answers to (signalling/http/hosts.ts); one that can stand in no certificate is left out. */
const namesOf = (machineName: string): readonly string[] => {
  const machine = machineName.toLowerCase()
  const names = ['localhost', machine, `${machine.replace(/\.local$/, '')}.local`]
  return [...new Set(names)].filter((name) => name.length < 254 && /^[a-z\d](?:[\w.-]*[a-z\d])?$/.test(name))
}

/** Without those that are good on one network card alone, as its name behind them says. */
const certifiable = (addresses: readonly HostAddress[]): readonly string[] =>
  addresses.map(({ address }) => address).filter((address) => isIP(address) !== 0 && !address.includes('%'))

const covers = (certificate: X509Certificate, { names, addresses }: CertificateNames): boolean =>
  names.every((name) => certificate.checkHost(name) !== undefined) &&
  addresses.every((address) => certificate.checkIP(address) !== undefined)

const isInTime = ({ validFrom, validTo }: X509Certificate, now: number): boolean =>
  Date.parse(validFrom) <= now && Date.parse(validTo) - now >= LEFT_MS

/**
 * What this installation is known by to others on the network: one key for ever, and a certificate for the names and addresses
 * it has now. Both are kept in `folder`.
 */
export class HostCertificates {
  readonly #options: HostCertificatesOptions
  readonly #names: readonly string[]
  readonly #now: () => number
  #key: KeyObject | null = null
  #certificate: X509Certificate | null = null
  /** The last that was asked for; each waits for the one before, so that no two keys are made. Never rejects. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: HostCertificatesOptions) {
    this.#options = options
    this.#names = namesOf(options.machineName ?? hostname())
    this.#now = options.now ?? Date.now
  }

  /**
   * Answers the key with a certificate that holds these addresses and has 30 days left at least; a new one when the former
   * does not. Rejects when none can be made; that it cannot be kept is logged, and it is good until the app ends.
   */
  identityFor(addresses: readonly HostAddress[]): Promise<TlsIdentity> {
    return this.#inTurn(() => this.#identify(addresses))
  }

  /** Answers what others know this installation by, whether it hosts or not. Makes the key when there is none, and no certificate. */
  pin(): Promise<string> {
    return this.#inTurn(async () => pinOfKey(createPublicKey(await this.#openKey())))
  }

  #inTurn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }

  async #openKey(): Promise<KeyObject> {
    return (this.#key ??= await openHostKey(this.#options))
  }

  async #identify(addresses: readonly HostAddress[]): Promise<TlsIdentity> {
    const key = await this.#openKey()
    const wanted = { names: this.#names, addresses: certifiable(addresses).slice(0, MAX_ADDRESSES) }
    const kept = this.#certificate ?? (await this.#readCertificate())
    const isGood = kept !== null && this.#isGood(kept, key, wanted)
    const certificate = isGood ? kept : await this.#makeCertificate(key, wanted)
    this.#certificate = certificate
    const pin = pinOf(certificate)
    if (pin === null) throw new Error('The key of this computer cannot be read')
    return {
      key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      certificate: certificate.toString(),
      identity: { pin, fingerprint: certificate.fingerprint256 },
    }
  }

  #isGood(certificate: X509Certificate, key: KeyObject, wanted: CertificateNames): boolean {
    return certificate.checkPrivateKey(key) && covers(certificate, wanted) && isInTime(certificate, this.#now())
  }

  async #makeCertificate(key: KeyObject, wanted: CertificateNames): Promise<X509Certificate> {
    const { folder, log } = this.#options
    const pem = await createCertificate(key, wanted, this.#now())
    log.info(`A certificate was made for ${wanted.addresses.length} addresses`)
    try {
      await writePrivateFile(join(folder, FILE_NAME), pem)
    } catch (error) {
      log.warn(`The certificate could not be written: ${String(error)}`)
    }
    return new X509Certificate(pem)
  }

  /** Null when there is none that can be read; another is made then, and nobody loses anything. */
  async #readCertificate(): Promise<X509Certificate | null> {
    const { folder, log } = this.#options
    try {
      const pem = await readPrivateFile(join(folder, FILE_NAME), MAX_FILE_BYTES)
      return pem === null ? null : new X509Certificate(pem)
    } catch (error) {
      log.warn(`The certificate could not be read: ${String(error)}`)
      return null
    }
  }
}
