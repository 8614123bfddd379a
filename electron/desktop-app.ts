import { join } from 'node:path'
import { app, safeStorage } from 'electron'
import { hostChildStarter } from './host-child.ts'
import { closeStoreChannel, handleRequests, notify } from './ipc-main.ts'
import { SystemKeychain } from './keychain.ts'
import type { Log } from './log.ts'
import { readAddresses, watchNetwork, type NetworkWatch } from './network-watch.ts'
import type { PageOrigin } from './page-origin.ts'
import { StayAwake, watchResume } from './power.ts'
import { guardQuit } from './quit-guard.ts'
import { createRequests } from './requests.ts'
import { checkServer } from './server-check.ts'
import { SettingsStore } from './settings.ts'
import { SignallingHost } from './signalling-host.ts'
import { MainWindow } from './windows.ts'

export interface DesktopAppOptions {
  readonly page: PageOrigin
  /** Holds electron/ and renderer/ as built. */
  readonly distDir: string
  readonly userDataDir: string
  readonly log: Log
}

/** The app from ready to quit: owns the settings, the window, the embedded server, and what watches the computer. */
export class DesktopApp {
  readonly #settings: SettingsStore
  readonly #host: SignallingHost
  readonly #window: MainWindow
  readonly #stayAwake = new StayAwake()
  readonly #network: NetworkWatch
  readonly #log: Log
  #isInCall = false

  /** Call when ready. Opens the window; ends by itself with the app. */
  constructor(options: DesktopAppOptions) {
    const { log, userDataDir } = options
    this.#log = log
    const keychain = new SystemKeychain({ safeStorage, platform: process.platform, log: log.scoped('keychain') })
    this.#settings = new SettingsStore(userDataDir, keychain, log)
    closeStoreChannel()
    this.#host = this.#createHost(options)
    this.#window = this.#openWindow(options)
    this.#answerRequests()
    this.#network = watchNetwork(() => this.#handleNetworkChange('addresses'))
    watchResume(() => this.#handleNetworkChange('resumed'))
    this.#stopHostBeforeQuit()
  }

  /** A second start of the app brings the first to the front. */
  focus(): void {
    this.#window.focus()
  }

  #createHost({ page, distDir, userDataDir, log }: DesktopAppOptions): SignallingHost {
    const hostLog = log.scoped('host')
    return new SignallingHost({
      startChild: hostChildStarter(join(distDir, 'electron', 'host-process.js'), hostLog),
      wantedPort: () => this.#settings.settings.hostPort,
      order: {
        pageDir: join(distDir, 'renderer'),
        dataDir: join(userDataDir, 'server'),
        allowedOrigins: [page.origin],
      },
      readAddresses,
      checkServer,
      onChange: (state) => notify(this.#window.window, 'hostChanged', state),
      log: hostLog,
    })
  }

  #openWindow({ page, distDir, log }: DesktopAppOptions): MainWindow {
    const window = new MainWindow({
      page,
      preload: join(distDir, 'electron', 'preload.cjs'),
      theme: this.#settings.settings.theme,
      place: this.#settings.windowPlace,
      rememberPlace: (place) => this.#settings.rememberWindowPlace(place),
      onPageStart: () => this.#setInCall(false),
      log: log.scoped('window'),
    })
    if (window.window !== null) {
      guardQuit(window.window, {
        isInCall: () => this.#isInCall,
        isHosting: () => this.#host.state.phase === 'running',
      })
    }
    return window
  }

  #answerRequests(): void {
    const requests = createRequests({
      settings: this.#settings,
      host: this.#host,
      log: this.#log,
      onSettingsChanged: () => this.#handleSettingsChange(),
      onInCall: (isInCall) => this.#setInCall(isInCall),
    })
    const log = this.#log.scoped('ipc')
    handleRequests(requests, this.#window.isTrusted, ({ name, reason }) => log.warn(`${name} refused: ${reason}`))
  }

  #handleSettingsChange(): void {
    this.#window.setTheme(this.#settings.settings.theme)
    notify(this.#window.window, 'settingsChanged', this.#settings.settings)
  }

  #handleNetworkChange(cause: 'resumed' | 'addresses'): void {
    this.#log.info(`Network: ${cause}`)
    notify(this.#window.window, 'networkChanged', cause)
    void this.#host.refreshAddresses()
  }

  #setInCall(isInCall: boolean): void {
    this.#isInCall = isInCall
    this.#stayAwake.set(isInCall)
  }

  /** Lets the server say goodbye to everyone before the process that holds it ends. */
  #stopHostBeforeQuit(): void {
    app.on('will-quit', (event) => {
      this.#network.close()
      if (this.#host.state.phase === 'off') return
      event.preventDefault()
      void this.#host.stop().then(() => app.quit())
    })
  }
}
