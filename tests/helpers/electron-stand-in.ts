/**
 * Runs the built desktop app where there is no Electron binary: its real main script in a process of its own against a
 * stand-in of the `electron` module, its real preload and page in a real Chromium, its server in a real child process.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type Electron from 'electron'
import { chromium, type Browser, type Page } from 'playwright'
import { createKeychain, type KeychainOptions } from './electron-stand-in-safe-storage.ts'
import type { StandIn, StandInSettings } from './electron-stand-in-world.ts'

const entry = fileURLToPath(new URL('electron-stand-in-entry.ts', import.meta.url))

export interface LaunchOptions {
  /** dist/ as built: holds electron/main.js and renderer/. */
  readonly distDir: string
  /** Taken over from a former app to see what outlives it; a new one when left out. */
  readonly userDataDir?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly isPackaged?: boolean
  /** One that nobody else has when left out. */
  readonly keychain?: KeychainOptions
  /** Words that run a program elsewhere, in a network namespace: the app, its server and its Chromium are then there. */
  readonly prefix?: readonly [string, ...string[]]
  /** For its Chromium, beside the usual ones. */
  readonly chromiumArgs?: readonly string[]
}

type Handles = { readonly electron: typeof Electron; readonly standIn: StandIn }

/** One running app. Whoever starts it ends it with `quit` or `close`. */
export class DesktopUnderTest {
  readonly userDataDir: string
  readonly #chromiumDir: string
  readonly #process: ChildProcess
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #exit: Promise<unknown>
  readonly #isElsewhere: boolean
  #devTools: Server | null = null
  #browser: Browser | null = null
  #lastId = 0
  /** What the app wrote to its console. */
  output = ''

  private constructor(userDataDir: string, chromiumDir: string, child: ChildProcess, isElsewhere: boolean) {
    this.userDataDir = userDataDir
    this.#chromiumDir = chromiumDir
    this.#process = child
    this.#isElsewhere = isElsewhere
    this.#exit = once(child, 'exit')
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.output += chunk))
    }
    child.on('message', (message: { id: number; value?: unknown; problem?: string }) => {
      const waiting = this.#answers.get(message.id)
      this.#answers.delete(message.id)
      if (message.problem === undefined) waiting?.resolve(message.value)
      else waiting?.reject(new Error(message.problem))
    })
    child.once('exit', () =>
      this.#answers.forEach(({ reject }) => reject(new Error(`The app is gone:\n${this.output}`))),
    )
  }

  /** Resolves when the main script has run and the app is ready; rejects with the app's output when it ends before. */
  static async launch(options: LaunchOptions): Promise<DesktopUnderTest> {
    const userDataDir = options.userDataDir ?? (await mkdtemp(join(tmpdir(), 'earshot-desktop-')))
    const chromiumDir = await mkdtemp(join(tmpdir(), 'earshot-chromium-'))
    const settings: StandInSettings = {
      userDataDir,
      chromiumDir,
      isPackaged: options.isPackaged ?? true,
      version: '0.1.0',
      keychain: options.keychain ?? createKeychain(),
      chromiumArgs: options.chromiumArgs ?? [],
    }
    const [program, ...words] = [...(options.prefix ?? []), process.execPath]
    const child = fork(entry, [join(options.distDir, 'electron', 'main.js'), ...(options.args ?? [])], {
      env: { ...process.env, ...options.env, ELECTRON_STAND_IN: JSON.stringify(settings) },
      execPath: program,
      execArgv: words,
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const app = new DesktopUnderTest(userDataDir, chromiumDir, child, options.prefix !== undefined)
    await app.#answer(0)
    return app
  }

  /** The page of the window, once it has loaded. */
  async page(): Promise<Page> {
    if (this.#browser === null) {
      const [port] = (await readFile(join(this.#chromiumDir, 'DevToolsActivePort'), 'utf8')).split('\n')
      const reached = this.#isElsewhere ? await this.#bringDevTools(Number(port)) : port!
      this.#browser = await chromium.connectOverCDP(`http://127.0.0.1:${reached}`)
    }
    const page = this.#browser.contexts()[0]!.pages()[0]!
    await page.waitForURL(/\.app\.localhost\//)
    await page.waitForLoadState()
    return page
  }

  /**
   * Another namespace has another 127.0.0.1, and the same files: what is asked of the answered port here goes through a socket
   * in the file system to `port` there.
   */
  async #bringDevTools(port: number): Promise<number> {
    const path = join(this.#chromiumDir, 'devtools')
    await this.evaluate(
      async (_, there) => {
        const { connect, createServer } = process.getBuiltinModule('node:net')
        const relay = createServer((client) => {
          const target = connect(there.port, '127.0.0.1')
          client.on('error', () => target.destroy())
          target.on('error', () => client.destroy())
          client.pipe(target).pipe(client)
        })
        await new Promise<void>((resolve) => relay.listen(there.path, resolve))
      },
      { path, port },
    )
    const relay = createServer((client) => {
      const target = connect(path)
      client.on('error', () => target.destroy())
      target.on('error', () => client.destroy())
      client.pipe(target).pipe(client)
    })
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
    this.#devTools = relay
    return (relay.address() as AddressInfo).port
  }

  /** Runs a function in the app's main process, like Playwright's ElectronApplication. It sees nothing of the test. */
  async evaluate<T, Argument = undefined>(
    run: (handles: Handles, argument: Argument) => T | Promise<T>,
    ...argument: Argument extends undefined ? [] : [Argument]
  ): Promise<T> {
    if (!this.isRunning) throw new Error(`The app is gone:\n${this.output}`)
    this.#lastId += 1
    const id = this.#lastId
    const answer = this.#answer(id)
    this.#process.send({ id, source: String(run), argument: argument[0] })
    return (await answer) as T
  }

  /** The log file so far; empty before the first line. */
  async log(): Promise<string> {
    return readFile(join(this.userDataDir, 'logs', 'main.log'), 'utf8').catch(() => '')
  }

  /** Waits until the app has ended by itself. */
  async exited(): Promise<void> {
    await this.#exit
  }
  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Ends the app whatever it is in, with Chromium and the server; keeps the profile. Closing twice is no error. */
  async close(): Promise<void> {
    await this.#browser?.close()
    this.#browser = null
    this.#devTools?.close()
    if (this.#process.connected) this.#process.disconnect()
    await this.#exit
    await rm(this.#chromiumDir, { recursive: true, force: true, maxRetries: 5 })
  }
  /** Also removes the profile, with those made from it by `--profile`. */
  async dispose(): Promise<void> {
    await this.close()
    const [folder, name] = [dirname(this.userDataDir), basename(this.userDataDir)]
    for (const each of (await readdir(folder)).filter((other) => other.startsWith(name))) {
      await rm(join(folder, each), { recursive: true, force: true, maxRetries: 5 })
    }
  }

  #answer(id: number): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>()
    this.#answers.set(id, waiting)
    return waiting.promise
  }
}
