import { app, BrowserWindow, nativeTheme, screen } from 'electron'
import type { Theme } from './ipc.ts'
import type { Log } from './log.ts'
import { isPageFrame, type PageOrigin } from './page-origin.ts'
import type { IsTrusted } from './ipc-main.ts'
import { recoverFromCrashes } from './page-recovery.ts'
import type { WindowPlace } from './settings-schema.ts'
import { fitIntoScreens } from './window-place.ts'

const FIRST_SIZE = { width: 1120, height: 760 }
const MIN_SIZE = { minWidth: 360, minHeight: 480 }
/** As the page's own backgrounds, so that nothing flashes before its first picture. */
const BACKGROUND = { dark: '#0f1113', light: '#f4f5f6' }

export interface MainWindowOptions {
  readonly page: PageOrigin
  readonly preload: string
  readonly theme: Theme
  readonly place: WindowPlace | null
  readonly rememberPlace: (place: WindowPlace) => void
  /** The page starts over: whatever it was in the middle of is no longer so. */
  readonly onPageStart: () => void
  readonly log: Log
}

const openBrowserWindow = ({ preload, place }: MainWindowOptions): BrowserWindow => {
  const areas = screen.getAllDisplays().map((display) => display.workArea)
  return new BrowserWindow({
    ...(place === null ? FIRST_SIZE : fitIntoScreens(place, areas)),
    ...MIN_SIZE,
    title: 'Earshot',
    show: false,
    // Windows and Linux: Alt shows the menu bar; macOS has its own place for it.
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      devTools: !app.isPackaged,
      // A covered window is still in the call: its timers watch the connection.
      backgroundThrottling: false,
    },
  })
}

const rememberPlaceOnClose = (window: BrowserWindow, remember: (place: WindowPlace) => void): void => {
  window.on('close', () => remember({ ...window.getNormalBounds(), isMaximised: window.isMaximized() }))
}

/** The one window. Owns its life from opening to closing; a second one is never made. */
export class MainWindow {
  readonly #page: PageOrigin
  readonly #window: BrowserWindow

  /** Opens the window and loads the page; it is shown with its first picture. */
  constructor(options: MainWindowOptions) {
    nativeTheme.themeSource = options.theme
    const window = openBrowserWindow(options)
    this.#page = options.page
    this.#window = window
    if (options.place?.isMaximised) window.maximize()
    window.once('ready-to-show', () => window.show())
    window.webContents.on('did-start-navigation', (details) => {
      if (details.isMainFrame && !details.isSameDocument) options.onPageStart()
    })
    rememberPlaceOnClose(window, options.rememberPlace)
    recoverFromCrashes(window, options)
    window.loadURL(options.page.url).catch((error: unknown) => options.log.error(`The page: ${String(error)}`))
  }

  /** For the few Electron calls that want a window; null once it is gone. */
  get window(): BrowserWindow | null {
    return this.#window.isDestroyed() ? null : this.#window
  }

  /** Says whether a message comes from the page itself, for `handleRequests`. */
  readonly isTrusted: IsTrusted = (frame) =>
    !this.#window.isDestroyed() && isPageFrame(this.#page, this.#window.webContents, frame)

  setTheme(theme: Theme): void {
    nativeTheme.themeSource = theme
    if (this.#window.isDestroyed()) return
    this.#window.setBackgroundColor(nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light)
  }

  /** Brings the window before the person, from the task bar too. */
  focus(): void {
    if (this.#window.isDestroyed()) return
    if (this.#window.isMinimized()) this.#window.restore()
    this.#window.show()
    this.#window.focus()
  }
}
