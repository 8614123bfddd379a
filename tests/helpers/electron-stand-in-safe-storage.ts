/** Stand-in of Electron's `safeStorage`: real encryption, with the key of a keychain that the test makes up. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type Electron from 'electron'

/** What the system keeps secrets with. */
export interface KeychainOptions {
  /** Hex, 32 bytes; another one is another computer or a keychain that was reset. Null: nothing there keeps a key. */
  readonly key: string | null
  readonly backend?: ReturnType<Electron.SafeStorage['getSelectedStorageBackend']>
  /** False where Electron itself says that nothing is encrypted. */
  readonly isAvailable?: boolean
  /** Until the person unlocks it. */
  readonly isLocked?: boolean
  /** What was encrypted before is of a former key that still decrypts. */
  readonly isRotated?: boolean
}

export const createKeychain = (): KeychainOptions => ({ key: randomBytes(32).toString('hex') })

/** Chromium's tags: what is encrypted under the password that everybody knows (Linux), and under a key of the system. */
const FIXED = Buffer.from('v10')
const KEPT = Buffer.from('v11')
const TAG_BYTES = 16
const IV_BYTES = 12

const encrypt = (key: Buffer, text: string): Buffer => {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), body])
}

const decrypt = (key: Buffer, sealed: Buffer): string => {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
}

type SafeStoragePieces = Pick<
  Electron.SafeStorage,
  'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
>

/** Does and says what Electron 45 does on Linux; `isReady` answers whether the app is. */
export const createSafeStorage = (keychain: KeychainOptions, isReady: () => boolean): SafeStoragePieces => {
  const isAvailable = () => isReady() && keychain.isAvailable !== false
  const fixedKey = Buffer.alloc(32, 'peanuts')
  const kept = keychain.key === null ? null : Buffer.from(keychain.key, 'hex')
  const demandAvailable = (what: string): void => {
    if (!isAvailable()) throw new Error(`Error while calling safeStorage.${what}: encryption is not available.`)
  }
  return {
    isAsyncEncryptionAvailable: () => Promise.resolve(isAvailable()),
    getSelectedStorageBackend: () => (isReady() ? (keychain.backend ?? 'gnome_libsecret') : 'unknown'),
    encryptStringAsync: async (text) => {
      await Promise.resolve()
      demandAvailable('encryptStringAsync')
      return kept === null
        ? Buffer.concat([FIXED, encrypt(fixedKey, text)])
        : Buffer.concat([KEPT, encrypt(kept, text)])
    },
    decryptStringAsync: async (encrypted) => {
      await Promise.resolve()
      demandAvailable('decryptStringAsync')
      if (keychain.isLocked === true)
        throw new Error('safeStorage.decryptStringAsync is temporarily unavailable. Please try again.')
      const key = encrypted.subarray(0, FIXED.length).equals(FIXED) ? fixedKey : kept
      try {
        if (key === null) throw new Error('No key')
        const result = decrypt(key, encrypted.subarray(FIXED.length))
        return { result, shouldReEncrypt: keychain.isRotated === true }
      } catch (cause) {
        const words = 'Error while decrypting the ciphertext provided to safeStorage.decryptStringAsync.'
        throw new Error(words, { cause })
      }
    },
  }
}
