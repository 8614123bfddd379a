import { join } from 'node:path'
import { app, safeStorage, session } from 'electron'
import { HostCertificates } from './certificates.ts'
import type { LinkInbox } from './deep-links.ts'
import { Discovery } from './discovery.ts'
import { hostChildStarter } from './host-child.ts'
import type { HostState } from './ipc.ts'
import { closeStoreChannel, handleRequests, notify, watchListening } from './ipc-main.ts'
import { SystemKeychain } from './keychain.ts'
import type { Log } from './log.ts'
import { LanPresence } from './lan-presence.ts'
import { readAddresses, watchNetwork, type NetworkWatch } from './network-watch.ts'
import type { PageOrigin } from './page-origin.ts'
import { OwnHostKeys } from './own-host-keys.ts'
import { Pins } from './pins.ts'
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
  /** Invitations that the system opens with this app. */
  readonly links: LinkInbox
  readonly log: Log
}

/** The app from ready to quit: owns the settings, the window, the embedded server, and what watches computer and network. */
export class DesktopApp {
  readonly #settings: SettingsStore
  readonly #hostKeys: OwnHostKeys
  readonly #host: SignallingHost
  readonly #nearby: LanPresence
  readonly #pins: Pins
  readonly #window: MainWindow
  readonly #stayAwake = new StayAwake()
  readonly #network: NetworkWatch
  readonly #log: Log
  #isInCall = false

  /** Call when ready. Opens the window; ends by itself with the app. */
  constructor(options: DesktopAppOptions) {
    const { log, userDataDir, links } = options
    this.#log = log
    const keychain = new SystemKeychain({ safeStorage, platform: process.platform, log: log.scoped('keychain') })
    this.#settings = new SettingsStore(userDataDir, keychain, log)
    closeStoreChannel()
    this.#nearby = this.#createNearby()
    const certificates = new HostCertificates({ folder: userDataDir, keychain, log: log.scoped('certificates') })
    this.#hostKeys = new OwnHostKeys({ certificates, log: log.scoped('certificates') })
    this.#host = this.#createHost(options, certificates)
    this.#pins = new Pins({ app, session: session.defaultSession, log: log.scoped('pins') })
    this.#window = this.#openWindow(options)
    this.#answerRequests()
    this.#handOutLinks(links)
    this.#network = watchNetwork(() => this.#handleNetworkChange('addresses'))
    watchResume(() => this.#handleNetworkChange('resumed'))
    this.#endBeforeQuit()
  }

  /** A second start of the app brings the first to the front. */
  focus(): void {
    this.#window.focus()
  }

  #createNearby(): LanPresence {
    const discovery = new Discovery({
      log: this.#log.scoped('discovery'),
      onNearby: (meetings) => {
        if (this.#nearby.isPageWatching) notify(this.#window.window, 'nearbyChanged', meetings)
      },
    })
    return new LanPresence({ discovery, announcing: () => this.#settings.settings.announce })
  }

  #createHost({ page, distDir, userDataDir, log }: DesktopAppOptions, certificates: HostCertificates): SignallingHost {
    const hostLog = log.scoped('host')
    return new SignallingHost({
      startChild: hostChildStarter(join(distDir, 'electron', 'host-process.js'), hostLog),
      wantedPort: () => this.#settings.settings.hostPort,
      order: {
        pageDir: join(distDir, 'renderer'),
        dataDir: join(userDataDir, 'server'),
        allowedOrigins: [page.origin],
        ownerKey: this.#hostKeys.ownerKey,
      },
      readAddresses,
      identityFor: (addresses) => certificates.identityFor(addresses),
      checkServer,
      onChange: (state) => this.#handleHostChange(state),
      log: hostLog,
    })
  }

  #openWindow({ page, distDir, links, log }: DesktopAppOptions): MainWindow {
    const window = new MainWindow({
      page,
      preload: join(distDir, 'electron', 'preload.cjs'),
      theme: this.#settings.settings.theme,
      place: this.#settings.windowPlace,
      rememberPlace: (place) => this.#settings.rememberWindowPlace(place),
      onPageStart: () => this.#handlePageStart(links),
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
      hostKeys: this.#hostKeys,
      nearby: this.#nearby,
      pins: this.#pins,
      log: this.#log,
      onSettingsChanged: () => this.#handleSettingsChange(),
      onInCall: (isInCall) => this.#setInCall(isInCall),
    })
    const log = this.#log.scoped('ipc')
    handleRequests(requests, this.#window.isTrusted, ({ name, reason }) => log.warn(`${name} refused: ${reason}`))
  }

  /** A link waits until the page listens for it: a page that is not there yet, or no more, would miss it. */
  #handOutLinks(links: LinkInbox): void {
    watchListening(this.#window.isTrusted, (name) => {
      if (name === 'invitationOpened') links.open((link) => notify(this.#window.window, 'invitationOpened', link))
    })
    this.#window.window?.webContents.on('render-process-gone', () => links.close())
  }

  /** What a former page was in the middle of, or wished to hear, is no longer so. */
  #handlePageStart(links: LinkInbox): void {
    links.close()
    this.#setInCall(false)
    this.#nearby.announce(null)
    this.#nearby.watch(false)
  }

  #handleHostChange(state: HostState): void {
    notify(this.#window.window, 'hostChanged', state)
    this.#nearby.setHost(state)
  }

  #handleSettingsChange(): void {
    this.#nearby.update()
    this.#window.setTheme(this.#settings.settings.theme)
    notify(this.#window.window, 'settingsChanged', this.#settings.settings)
  }

  #handleNetworkChange(cause: 'resumed' | 'addresses'): void {
    this.#log.info(`Network: ${cause}`)
    notify(this.#window.window, 'networkChanged', cause)
    void this.#host.refreshAddresses()
    this.#nearby.refresh()
  }

  #setInCall(isInCall: boolean): void {
    this.#isInCall = isInCall
    this.#stayAwake.set(isInCall)
  }

  /** Lets the server, and what announces it, say goodbye to everyone before they end. */
  #endBeforeQuit(): void {
    let ending: Promise<void> | null = null
    let hasEnded = false
    app.on('will-quit', (event) => {
      if (hasEnded) return
      event.preventDefault()
      this.#network.close()
      ending ??= Promise.allSettled([this.#host.stop(), this.#nearby.close()]).then(() => {
        hasEnded = true
        app.quit()
      })
    })
  }
}
