/** Stand-in of Electron's `app`: order of its life, paths, the single-instance lock. */
import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import type Electron from 'electron'
import { emitStoppable, StoppableEvent, strict } from './electron-stand-in-base.ts'

interface Closable {
  close: () => void
  isDestroyed: () => boolean
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const isSwitch = (argument: string, name: string): boolean =>
  argument === `--${name}` || argument.startsWith(`--${name}=`)

type CommandLine = Pick<Electron.CommandLine, 'hasSwitch' | 'removeSwitch' | 'getSwitchValue' | 'appendSwitch'>

/** Reads process.argv as Chromium would; removing does not touch process.argv, as in Electron. */
const createCommandLine = (): CommandLine => {
  let switches = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
  return {
    hasSwitch: (name) => switches.some((argument) => isSwitch(argument, name)),
    removeSwitch: (name) => void (switches = switches.filter((argument) => !isSwitch(argument, name))),
    getSwitchValue: (name) => switches.find((argument) => isSwitch(argument, name))?.split('=')[1] ?? '',
    appendSwitch: (name, value) => void switches.push(value === undefined ? `--${name}` : `--${name}=${value}`),
  }
}

export interface AppOptions {
  readonly userDataDir: string
  readonly isPackaged: boolean
  readonly version: string
}

/** What the stand-in uses of `app`'s type; the compiler holds each piece to Electron's declarations. */
type AppPieces = Pick<
  Electron.App,
  | 'isPackaged'
  | 'whenReady'
  | 'isReady'
  | 'quit'
  | 'exit'
  | 'getPath'
  | 'setPath'
  | 'getVersion'
  | 'getLocale'
  | 'getPreferredSystemLanguages'
  | 'enableSandbox'
  | 'setAppUserModelId'
  | 'requestSingleInstanceLock'
  | 'setAsDefaultProtocolClient'
>

export class AppStandIn extends EventEmitter implements AppPieces {
  readonly isPackaged: boolean
  readonly commandLine: CommandLine
  /** What the system was asked to open with this app: scheme, and in a run from the sources program and arguments. */
  readonly protocolClients: (readonly [string, string?, (readonly string[])?])[] = []
  readonly #version: string
  readonly #paths: Map<string, string>
  readonly #ready = Promise.withResolvers<undefined>()
  readonly #windows = new Set<Closable>()
  #isReady = false
  #isQuitting = false
  #lock: { file: string; watcher: FSWatcher } | null = null
  /** Set by the entry: closes Chromium and ends the process. */
  onExit: (code: number) => void = (code) => process.exit(code)

  constructor(options: AppOptions) {
    super()
    this.isPackaged = options.isPackaged
    this.#version = options.version
    this.#paths = new Map([['userData', options.userDataDir]])
    this.commandLine = strict('app.commandLine', createCommandLine())
  }

  whenReady(): Promise<void> {
    return this.#ready.promise
  }
  isReady(): boolean {
    return this.#isReady
  }
  /** Electron emits `ready` once the main script, awaited as a module, has run. */
  becomeReady(): void {
    this.#isReady = true
    this.emit('ready', new StoppableEvent(), {})
    this.#ready.resolve(undefined)
  }
  /** For what Electron only allows before, or only after, that. */
  demand(when: 'before ready' | 'after ready', what: string): void {
    if (this.#isReady !== (when === 'after ready')) throw new Error(`${what} can only be called ${when}`)
  }

  getPath(name: string): string {
    if (name === 'logs') return join(this.getPath('userData'), 'logs')
    const path = this.#paths.get(name)
    if (path === undefined) throw new Error(`Not in the stand-in of Electron: app.getPath('${name}')`)
    return path
  }
  setPath(name: string, path: string): void {
    this.#paths.set(name, path)
  }
  getVersion(): string {
    return this.#version
  }
  getLocale(): string {
    return 'en-US'
  }
  getPreferredSystemLanguages(): string[] {
    return ['en-GB', 'de-DE']
  }
  enableSandbox(): void {
    this.demand('before ready', 'app.enableSandbox')
  }
  setAppUserModelId(_id: string): void {
    // Windows only, and nothing that anyone could ask for.
  }

  setAsDefaultProtocolClient(...client: [string, string?, string[]?]): boolean {
    this.protocolClients.push(client)
    return true
  }

  /** Keyed by userData, as in Electron. A second process leaves its command line for the first and gets false. */
  requestSingleInstanceLock(): boolean {
    const folder = join(this.getPath('userData'), 'Singleton')
    const file = join(folder, 'pid')
    mkdirSync(folder, { recursive: true })
    const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
    if (holder !== 0 && holder !== process.pid && isAlive(holder)) {
      writeFileSync(join(folder, `${String(process.pid)}.start`), JSON.stringify(process.argv))
      return false
    }
    writeFileSync(file, String(process.pid))
    this.#lock = { file, watcher: watch(folder, () => this.#readSecondStarts(folder)) }
    return true
  }
  #readSecondStarts(folder: string): void {
    for (const name of existsSync(folder) ? readdirSync(folder).filter((each) => each.endsWith('.start')) : []) {
      const text = readFileSync(join(folder, name), 'utf8')
      if (text === '') continue
      rmSync(join(folder, name))
      this.emit('second-instance', new StoppableEvent(), JSON.parse(text), process.cwd(), null)
    }
  }

  /** Kept by BrowserWindow. */
  addWindow(window: Closable): void {
    this.#windows.add(window)
  }
  removeWindow(window: Closable): void {
    this.#windows.delete(window)
    if (this.#windows.size > 0) return
    if (this.#isQuitting) this.#finishQuit()
    else if (this.listenerCount('window-all-closed') === 0) this.quit()
    else this.emit('window-all-closed')
  }

  /** before-quit, then every window's close (which may refuse), then will-quit (which may refuse), then the end. */
  quit(): void {
    if (!emitStoppable(this, 'before-quit')) return
    this.#isQuitting = true
    for (const window of this.#windows) {
      window.close()
      if (!window.isDestroyed()) {
        this.#isQuitting = false
        return
      }
    }
    if (this.#windows.size === 0) this.#finishQuit()
  }
  #finishQuit(): void {
    if (!this.#isQuitting) return
    this.#isQuitting = false
    if (!emitStoppable(this, 'will-quit')) return
    this.emit('quit', new StoppableEvent(), 0)
    this.exit(0)
  }
  exit(code = 0): void {
    this.#lock?.watcher.close()
    if (this.#lock !== null) rmSync(this.#lock.file, { force: true })
    this.onExit(code)
  }
}
