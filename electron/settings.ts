import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Store from 'electron-store'
import type { Settings } from './ipc.ts'
import type { Log } from './log.ts'
import { parseSettingsFile, type StoredSettings, type WindowPlace } from './settings-schema.ts'

/** A settings file is some kilobytes; a larger one is not ours. */
const MAX_FILE_BYTES = 1024 * 1024
/** Damaged files that are kept; the last place is used again, so that a program that keeps damaging it fills no disk. */
const MAX_BACKUPS = 5

const openStore = (folder: string): Store<StoredSettings> =>
  new Store<StoredSettings>({
    cwd: folder,
    name: 'settings',
    accessPropertiesByDotNotation: false,
    // Names, meeting codes and access tokens are nobody else's business on a shared computer.
    configFileMode: 0o600,
    deserialize: (text) => parseSettingsFile(text),
  })

const refuseHuge = (file: string): void => {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > MAX_FILE_BYTES) throw new Error(`The settings file has ${String(size)} bytes`)
}

/** Puts a damaged file aside as settings.corrupt-<n>.json; answers its new name. */
const putAside = (folder: string, file: string): string => {
  const names = Array.from({ length: MAX_BACKUPS }, (_, index) => `settings.corrupt-${String(index + 1)}.json`)
  const name =
    names.find((candidate) => !existsSync(join(folder, candidate))) ?? `settings.corrupt-${String(MAX_BACKUPS)}.json`
  copyFileSync(file, join(folder, name))
  rmSync(file)
  return name
}

/** Everything that outlives the app on this computer, for the main process; the page gets `Settings` by request. */
export class SettingsStore {
  readonly #store: Store<StoredSettings>
  #stored: StoredSettings

  /** Opens settings.json in `folder`. A damaged file is put aside and the defaults take its place; the log says so. */
  constructor(folder: string, log: Log) {
    const file = join(folder, 'settings.json')
    try {
      refuseHuge(file)
      this.#store = openStore(folder)
    } catch (error) {
      const aside = putAside(folder, file)
      log.warn(`The settings could not be read (${String(error)}); kept as ${aside}, starting with defaults`)
      this.#store = openStore(folder)
    }
    this.#stored = parseSettingsFile(JSON.stringify(this.#store.store))
  }

  get settings(): Settings {
    return this.#stored.settings
  }

  get windowPlace(): WindowPlace | null {
    return this.#stored.windowPlace
  }

  /** Writes the given fields (already parsed) to the disk before it answers all. */
  change(change: Partial<Settings>): Settings {
    const { recent, accessTokens, ...rest } = { ...this.#stored.settings, ...change }
    this.#write({ ...this.#stored, settings: { ...rest, recent: [...recent], accessTokens: [...accessTokens] } })
    return this.settings
  }

  rememberWindowPlace(windowPlace: WindowPlace): void {
    this.#write({ ...this.#stored, windowPlace })
  }

  #write(stored: StoredSettings): void {
    this.#store.store = stored
    this.#stored = stored
  }
}
