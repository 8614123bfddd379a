import { statSync } from 'node:fs'
import { join } from 'node:path'
import Store from 'electron-store'
import type { Settings } from './ipc.ts'
import type { Keychain } from './keychain.ts'
import type { Log } from './log.ts'
import { putAside } from './put-aside.ts'
import { openTokens, sealTokens } from './sealed-tokens.ts'
import { parseSettingsFile, type SealedToken, type StoredSettings, type WindowPlace } from './settings-schema.ts'

/** A settings file is some kilobytes; a larger one is not ours. */
const MAX_FILE_BYTES = 1024 * 1024

const openStore = (folder: string): Store<StoredSettings> =>
  new Store<StoredSettings>({
    cwd: folder,
    name: 'settings',
    accessPropertiesByDotNotation: false,
    // Names, meeting codes and access tokens (encrypted or not) are nobody else's business on a shared computer.
    configFileMode: 0o600,
    deserialize: (text) => parseSettingsFile(text),
  })

const refuseHuge = (file: string): void => {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > MAX_FILE_BYTES) throw new Error(`The settings file has ${String(size)} bytes`)
}

/**
 * Everything that outlives the app on this computer, for the main process; the page gets `Settings` by request.
 * The access tokens are encrypted by the system's keychain where there is one, and are there once `opened` resolves.
 */
export class SettingsStore {
  readonly #store: Store<StoredSettings>
  readonly #keychain: Keychain
  readonly #log: Log
  readonly #opening: Promise<void>
  /** The last change that was asked for; each waits for the one before. Never rejects. */
  #last: Promise<unknown>
  #stored: StoredSettings
  #settings: Settings
  #locked: readonly SealedToken[] = []

  /** Opens settings.json in `folder`. A damaged file is put aside and the defaults take its place; the log says so. */
  constructor(folder: string, keychain: Keychain, log: Log) {
    const file = join(folder, 'settings.json')
    this.#keychain = keychain
    this.#log = log
    try {
      refuseHuge(file)
      this.#store = openStore(folder)
    } catch (error) {
      const aside = putAside(folder, 'settings.json')
      log.warn(`The settings could not be read (${String(error)}); kept as ${aside}, starting with defaults`)
      this.#store = openStore(folder)
    }
    this.#stored = parseSettingsFile(JSON.stringify(this.#store.store))
    this.#settings = this.#stored.settings
    this.#opening = this.#openTokens()
    this.#last = this.#opening
  }

  /** At once; without encrypted access tokens until `opened` has resolved. */
  get settings(): Settings {
    return this.#settings
  }

  get windowPlace(): WindowPlace | null {
    return this.#stored.windowPlace
  }

  /** All of them. The keychain may ask the person first; it is waited for a bounded time. */
  async opened(): Promise<Settings> {
    await this.#opening
    return this.#settings
  }

  /** Writes the given fields (already parsed) to the disk before it answers all. Rejects, and changes nothing, when it cannot. */
  change(change: Partial<Settings>): Promise<Settings> {
    const changed = this.#last.then(() => this.#apply(change))
    this.#last = changed.catch(() => undefined)
    return changed
  }

  rememberWindowPlace(windowPlace: WindowPlace): void {
    this.#write({ ...this.#stored, windowPlace })
  }

  async #apply(change: Partial<Settings>): Promise<Settings> {
    const settings = { ...this.#settings, ...change }
    const areTokensNew = change.accessTokens !== undefined
    await this.#writeSettings(settings, areTokensNew)
    this.#settings = settings
    return settings
  }

  async #writeSettings(settings: Settings, areTokensNew: boolean): Promise<void> {
    const { accessTokens, sealedTokens } = areTokensNew
      ? await sealTokens(settings.accessTokens, this.#locked, this.#keychain)
      : { accessTokens: this.#stored.settings.accessTokens, sealedTokens: this.#stored.sealedTokens }
    this.#write({
      ...this.#stored,
      settings: { ...settings, recent: [...settings.recent], accessTokens },
      sealedTokens,
    })
    // One that another took the place of does not come back when that one is forgotten.
    this.#locked = this.#locked.filter((locked) => sealedTokens.includes(locked))
  }

  /** Decrypts the access tokens, and encrypts those that could not be before. Never rejects. */
  async #openTokens(): Promise<void> {
    const { settings, sealedTokens } = this.#stored
    if (settings.accessTokens.length === 0 && sealedTokens.length === 0) return
    const stored = { accessTokens: settings.accessTokens, sealedTokens }
    const { tokens, locked, lost, isCurrent } = await openTokens(stored, this.#keychain)
    this.#settings = { ...settings, accessTokens: tokens }
    this.#locked = locked
    if (locked.length > 0) this.#log.warn(`The access tokens (${locked.length}) stay locked: no keychain opens them`)
    if (lost > 0)
      this.#log.warn(`The access tokens (${lost}) cannot be decrypted any more; dropped, their servers will ask again`)
    if (isCurrent) return
    try {
      await this.#writeSettings(this.#settings, true)
    } catch (error) {
      this.#log.warn(`The access tokens could not be written: ${String(error)}`)
    }
  }

  #write(stored: StoredSettings): void {
    this.#store.store = stored
    this.#stored = stored
  }
}
