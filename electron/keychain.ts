import type { SafeStorage } from 'electron'
import type { Log } from './log.ts'

/** What became of a sealed text. `locked`: not to be read now, perhaps later. `lost`: never again. */
export type Opened =
  | { readonly state: 'open'; readonly text: string; /** Should be sealed anew. */ readonly isStale: boolean }
  | { readonly state: 'locked' | 'lost' }

/** Encrypts what only this person on this computer may read. Neither function rejects. */
export interface Keychain {
  /** Base64 for `open`; null where the system has nothing that would keep it secret. */
  seal: (text: string) => Promise<string | null>
  open: (sealed: string) => Promise<Opened>
}

export interface SystemKeychainOptions {
  readonly safeStorage: Pick<
    SafeStorage,
    'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
  >
  readonly platform: NodeJS.Platform
  readonly log: Log
}

/** The system may ask the person first; one that does not answer must not keep the page empty. */
const ANSWER_TIMEOUT_MS = 20_000
/** Chromium's mark of what it encrypted under a fixed password, on Linux only: for want of a key of the system's. */
const FIXED_PASSWORD_TAG = 'v10'
/** Electron 45 tells it by words only (electron_api_safe_storage.cc). */
const TRY_AGAIN = /temporarily unavailable/

const timeout = (ms: number): { readonly passed: Promise<false>; readonly clear: () => void } => {
  const { promise, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), ms)
  return { passed: promise, clear: () => clearTimeout(timer) }
}

/** The system's keychain through Electron. Whether there is one is asked once, when it is first needed; the app must be ready. */
export class SystemKeychain implements Keychain {
  readonly #options: SystemKeychainOptions
  #isThere: Promise<boolean> | null = null

  constructor(options: SystemKeychainOptions) {
    this.#options = options
  }

  async seal(text: string): Promise<string | null> {
    if (!(await this.#askOnce())) return null
    try {
      return (await this.#options.safeStorage.encryptStringAsync(text)).toString('base64')
    } catch (error) {
      this.#options.log.warn(`Not encrypted: ${String(error)}`)
      return null
    }
  }

  async open(sealed: string): Promise<Opened> {
    if (!(await this.#askOnce())) return { state: 'locked' }
    try {
      const encrypted = Buffer.from(sealed, 'base64')
      const { result, shouldReEncrypt } = await this.#options.safeStorage.decryptStringAsync(encrypted)
      return { state: 'open', text: result, isStale: shouldReEncrypt }
    } catch (error) {
      return { state: TRY_AGAIN.test(String(error)) ? 'locked' : 'lost' }
    }
  }

  #askOnce(): Promise<boolean> {
    this.#isThere ??= this.#ask()
    return this.#isThere
  }

  async #ask(): Promise<boolean> {
    const late = timeout(ANSWER_TIMEOUT_MS)
    const isThere = await Promise.race([this.#keepsSecrets().catch(() => false), late.passed])
    late.clear()
    if (!isThere) this.#options.log.warn('No keychain: secrets are kept unencrypted, encrypted ones stay locked')
    return isThere
  }

  /** Electron also says yes where Chromium falls back to its fixed password, and before the person has refused: try it. */
  async #keepsSecrets(): Promise<boolean> {
    const { safeStorage, platform } = this.#options
    if (!(await safeStorage.isAsyncEncryptionAvailable())) return false
    if (platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text') return false
    const sample = await safeStorage.encryptStringAsync('sample')
    return platform !== 'linux' || sample.toString('latin1', 0, FIXED_PASSWORD_TAG.length) !== FIXED_PASSWORD_TAG
  }
}
