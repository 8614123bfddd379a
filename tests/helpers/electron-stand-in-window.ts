/** Stand-ins of BrowserWindow, WebContents and WebFrameMain over one real Chromium page. */
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import type Electron from 'electron'
import type { BrowserContext, Frame, Page, Request, Route } from 'playwright'
import type { AppStandIn } from './electron-stand-in-app.ts'
import { emitStoppable, StoppableEvent, strict } from './electron-stand-in-base.ts'
import { DELIVER, INVOKE, preloadScript, SEND, type IpcMainStandIn } from './electron-stand-in-bridge.ts'
import { electronOrigin, toChromium, toElectron } from './electron-stand-in-chromium.ts'
import type { ProtocolStandIn, SessionStandIn } from './electron-stand-in-session.ts'

export interface WindowWorld {
  readonly app: AppStandIn
  readonly context: BrowserContext
  readonly ipcMain: IpcMainStandIn
  readonly protocol: ProtocolStandIn
  readonly defaultSession: () => SessionStandIn
}

type FramePieces = Pick<Electron.WebFrameMain, 'url' | 'origin' | 'detached' | 'parent'>

const frameOf = (frame: Frame, known: WeakMap<Frame, Electron.WebFrameMain>): Electron.WebFrameMain => {
  const before = known.get(frame)
  if (before !== undefined) return before
  const pieces: FramePieces = {
    get url() {
      return toElectron(frame.url())
    },
    /** A frame without an address of its own has its parent's origin. */
    get origin(): string {
      const parent = frame.parentFrame()
      if (parent !== null && /^about:(blank|srcdoc)$/.test(frame.url())) return frameOf(parent, known).origin
      return electronOrigin(frame.url())
    },
    get detached() {
      return frame.isDetached()
    },
    get parent() {
      const parent = frame.parentFrame()
      return parent === null ? null : frameOf(parent, known)
    },
  }
  const made = strict<Electron.WebFrameMain>('WebFrameMain', pieces)
  known.set(frame, made)
  return made
}

const isFrameless = (request: Request): boolean => {
  try {
    request.frame()
    return false
  } catch {
    return true
  }
}

type ContentsPieces = Pick<Electron.WebContents, 'mainFrame' | 'send' | 'reload' | 'setWindowOpenHandler'>
type OpenHandler = Parameters<Electron.WebContents['setWindowOpenHandler']>[0]

export class WebContentsStandIn extends EventEmitter implements ContentsPieces {
  readonly page: Page
  readonly #world: WindowWorld
  readonly #frames = new WeakMap<Frame, Electron.WebFrameMain>()
  /** Loads of the app itself; the others are the page's own doing. */
  readonly #programmatic = new Set<string>()
  #openHandler: OpenHandler | null = null
  #deliveries: Promise<unknown> = Promise.resolve()
  readonly self: Electron.WebContents

  constructor(page: Page, world: WindowWorld) {
    super()
    this.page = page
    this.#world = world
    this.self = strict<Electron.WebContents>('WebContents', this)
  }

  get mainFrame(): Electron.WebFrameMain {
    return frameOf(this.page.mainFrame(), this.#frames)
  }
  send(channel: string, ...args: unknown[]): void {
    const deliver = () =>
      this.page.evaluate(
        ([symbol, name, values]) => {
          const world = globalThis as unknown as Record<symbol, ((name: string, values: unknown[]) => void) | undefined>
          world[Symbol.for(symbol)]?.(name, values)
        },
        [DELIVER, channel, structuredClone(args)] as const,
      )
    // In order; a page that is just being replaced misses the message, as in Electron.
    this.#deliveries = this.#deliveries.then(deliver).catch(() => undefined)
  }
  reload(): void {
    this.#programmatic.add(this.page.url())
    void this.page.reload()
  }
  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler
  }

  async load(address: string): Promise<void> {
    await this.#attach()
    this.#programmatic.add(toChromium(address))
    await this.page.goto(toChromium(address))
  }

  /** A message of a frame of this page, as Electron hands it to the handlers. */
  receive(frame: Frame, channel: string, args: readonly unknown[]): Promise<unknown> {
    return this.#world.ipcMain.invoke(this.#eventOf(frame), channel, args)
  }
  /** The same for one that is not answered. */
  receiveSent(frame: Frame, channel: string, args: readonly unknown[]): void {
    this.#world.ipcMain.emit(channel, this.#eventOf(frame), ...args)
  }
  #eventOf(frame: Frame): object {
    const pieces = {
      senderFrame: frameOf(frame, this.#frames),
      sender: this.self,
      type: 'frame',
      frameId: 1,
      processId: 1,
    }
    return Object.assign(new StoppableEvent(), pieces)
  }

  async #attach(): Promise<void> {
    const { context } = this.#world
    await context.route('**/*', (route) => this.#answer(route))
    const devtools = await context.newCDPSession(this.page)
    await devtools.send('Page.enable')
    devtools.on('Page.windowOpen', ({ url, windowName }) => this.#handleOpen(url, windowName))
    context.on('page', (page) => {
      if (page !== this.page) void page.close()
    })
  }

  /** What the app answers when something wants a window for `url`. */
  askToOpen(url: string, frameName = ''): 'allow' | 'deny' {
    if (this.#openHandler === null) return 'allow'
    const referrer = { url: '', policy: 'default' as const }
    return this.#openHandler({ url, frameName, features: '', disposition: 'foreground-tab', referrer }).action
  }

  #handleOpen(address: string, frameName: string): void {
    const answer = this.askToOpen(toElectron(address), frameName)
    if (answer === 'allow') throw new Error('The stand-in cannot open a second window')
  }

  async #answer(route: Route): Promise<void> {
    const request = route.request()
    // The first request of a second window that the open handler has already refused: its frame never comes to be.
    if (isFrameless(request)) return route.abort('aborted')
    if (request.isNavigationRequest() && !this.#mayNavigate(request.frame(), request.url()))
      return route.abort('aborted')
    const response = await this.#world.protocol.answer(toElectron(request.url()), request.method())
    if (response === undefined) return route.continue()
    const body = Buffer.from(await response.arrayBuffer())
    await route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body })
  }

  /** Asks the guards of the app about what the page does by itself. */
  #mayNavigate(frame: Frame, address: string): boolean {
    const isMainFrame = frame === this.page.mainFrame()
    const details = {
      url: toElectron(address),
      isMainFrame,
      isSameDocument: false,
      frame: frameOf(frame, this.#frames),
    }
    if (!(isMainFrame && this.#programmatic.delete(address))) {
      const isFrameAllowed = emitStoppable(this, 'will-frame-navigate', details)
      if (!isFrameAllowed || (isMainFrame && !emitStoppable(this, 'will-navigate', details))) return false
    }
    this.emit('did-start-navigation', Object.assign(new StoppableEvent(), details))
    return true
  }
}

type WindowPieces = Pick<
  Electron.BrowserWindow,
  | 'loadURL'
  | 'show'
  | 'focus'
  | 'restore'
  | 'close'
  | 'maximize'
  | 'isDestroyed'
  | 'isMinimized'
  | 'isMaximized'
  | 'getNormalBounds'
  | 'setBackgroundColor'
>

/** Makes the class that the product code calls BrowserWindow; `windows` gets each that is open. */
export const createBrowserWindow = (world: WindowWorld, windows: BrowserWindowStandIn[]) =>
  function BrowserWindow(options: Electron.BrowserWindowConstructorOptions): Electron.BrowserWindow {
    world.app.demand('after ready', 'new BrowserWindow')
    const window = new BrowserWindowStandIn(options, world)
    windows.push(window)
    window.once('closed', () => windows.splice(windows.indexOf(window), 1))
    return strict<Electron.BrowserWindow>('BrowserWindow', window)
  } as unknown as typeof Electron.BrowserWindow

export class BrowserWindowStandIn extends EventEmitter implements WindowPieces {
  readonly options: Electron.BrowserWindowConstructorOptions
  readonly contents: WebContentsStandIn
  readonly #world: WindowWorld
  isShown = false
  focusCount = 0
  backgroundColor: string
  bounds: Electron.Rectangle
  #isMaximised = false
  isMinimised = false
  #isDestroyed = false

  constructor(options: Electron.BrowserWindowConstructorOptions, world: WindowWorld) {
    super()
    this.options = options
    this.#world = world
    const { x = 100, y = 100, width = 800, height = 600, backgroundColor = '#FFF' } = options
    this.bounds = { x, y, width, height }
    this.backgroundColor = backgroundColor
    const page = world.context.pages()[0]
    if (page === undefined) throw new Error('The stand-in shows one window')
    this.contents = new WebContentsStandIn(page, world)
    page.once('load', () => this.emit('ready-to-show'))
    world.app.addWindow(this)
    world.app.emit('web-contents-created', new StoppableEvent(), this.contents.self)
  }

  get webContents(): Electron.WebContents {
    return this.contents.self
  }

  async loadURL(address: string): Promise<void> {
    const { context, defaultSession } = this.#world
    await context.exposeBinding(INVOKE, ({ frame }, channel: string, args: unknown[]) =>
      this.contents.receive(frame, channel, args),
    )
    await context.exposeBinding(SEND, ({ frame }, channel: string, args: unknown[]) =>
      this.contents.receiveSent(frame, channel, args),
    )
    const { preload } = this.options.webPreferences ?? {}
    if (preload !== undefined) await context.addInitScript(preloadScript(readFileSync(preload, 'utf8')))
    await this.contents.load(address)
    // Chromium lets the page have what the app's own handler allows, and nothing else.
    const question = { permission: 'media', origin: electronOrigin(address) }
    const isAllowed = await defaultSession().asks(this.webContents, question)
    if (isAllowed) await context.grantPermissions(['camera', 'microphone'], { origin: toChromium(question.origin) })
  }

  show(): void {
    this.isShown = true
  }
  focus(): void {
    this.focusCount += 1
  }
  restore(): void {
    this.isMinimised = false
  }
  maximize(): void {
    this.#isMaximised = true
  }
  isMinimized(): boolean {
    return this.isMinimised
  }
  isMaximized(): boolean {
    return this.#isMaximised
  }
  isDestroyed(): boolean {
    return this.#isDestroyed
  }
  getNormalBounds(): Electron.Rectangle {
    return this.bounds
  }
  setBackgroundColor(color: string): void {
    this.backgroundColor = color
  }
  close(): void {
    if (this.#isDestroyed || !emitStoppable(this, 'close')) return
    this.#isDestroyed = true
    this.emit('closed')
    this.#world.app.removeWindow(this)
  }
}
