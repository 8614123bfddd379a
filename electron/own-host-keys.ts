import { randomBytes } from 'node:crypto'
import type { HostCertificates } from './certificates.ts'
import type { HostKeys } from './ipc.ts'
import type { Log } from './log.ts'

/** As many bits as nobody guesses: 128, 22 characters of base64url. */
const OWNER_KEY_BYTES = 16

export interface OwnHostKeysOptions {
  readonly certificates: Pick<HostCertificates, 'pin'>
  readonly log: Log
}

/** What the page is told of this computer as one that hosts (`HostKeys`); the server inside the app does not have to run for it. */
export class OwnHostKeys {
  /** For the embedded server, at each of its starts. Lives as long as the app, in memory alone; never logged. */
  readonly ownerKey = randomBytes(OWNER_KEY_BYTES).toString('base64url')
  readonly #certificates: OwnHostKeysOptions['certificates']
  readonly #log: Log

  constructor({ certificates, log }: OwnHostKeysOptions) {
    this.#certificates = certificates
    this.#log = log
  }

  /** Null when this computer has no key and none can be made; the log says why. */
  async read(): Promise<HostKeys | null> {
    try {
      return { pin: await this.#certificates.pin(), ownerKey: this.ownerKey }
    } catch (error) {
      this.#log.error(`This computer has no key to host with: ${String(error)}`)
      return null
    }
  }
}
