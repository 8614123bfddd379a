import type { TlsIdentity } from './certificates.ts'
import type { HostAddress, HostIdentity, HostState } from './ipc.ts'
import type { HostChild, StartHostChild } from './host-child.ts'
import type { HostReport, StartOrder } from './host-messages.ts'
import type { Log } from './log.ts'

/** How many ports are tried, the wanted one included. */
const PORTS_TRIED = 20
/** Waits before each new try after a crash; when they are used up, hosting has failed. */
const RESTART_DELAYS_MS = [250, 1000, 3000]
/** A server that ran this long before it crashed gets all its tries again. */
const STABLE_MS = 60_000

export interface SignallingHostOptions {
  readonly startChild: StartHostChild
  /** The port that is tried first. Asked at each start, so that a changed setting counts. */
  readonly wantedPort: () => number
  readonly order: Omit<StartOrder, 'kind' | 'ports' | 'tls'>
  readonly readAddresses: () => Promise<readonly HostAddress[]>
  /** What the server is known by under these addresses. Asked before each start, and when they have changed. */
  readonly identityFor: (addresses: readonly HostAddress[]) => Promise<TlsIdentity>
  /** Whether an Earshot server answers on this port of this computer. */
  readonly checkServer: (port: number) => Promise<boolean>
  readonly onChange: (state: HostState) => void
  readonly log: Log
  /** From the start of the process to a server that answers. */
  readonly startTimeoutMs?: number
  /** How long a server may take to say goodbye to its clients. */
  readonly stopTimeoutMs?: number
}

/** One life of the child process. Dropped whole, so that nothing of a former life can speak. */
interface Life {
  child: HostChild
  /** What the server was told to show others. */
  shown: TlsIdentity
  startTimer: NodeJS.Timeout
  exited: PromiseWithResolvers<null>
}

/** Starts, watches, restarts and stops the embedded signalling server. */
export class SignallingHost {
  readonly #options: SignallingHostOptions
  #state: HostState = { phase: 'off' }
  #life: Life | null = null
  /** Names the start that is under way, until its process is there. */
  #launching: symbol | null = null
  #restartTimer: NodeJS.Timeout | undefined
  /** A former server on its way out still holds its port. */
  #ending: Promise<void> = Promise.resolve()
  #started: PromiseWithResolvers<HostState> | null = null
  /** Crashes in a row. */
  #crashes = 0
  #runningSince = Infinity
  /** Kept over a crash, so that everyone's address stays good. */
  #lastPort: number | null = null
  #wasReached = false

  constructor(options: SignallingHostOptions) {
    this.#options = options
  }

  get state(): HostState {
    return this.#state
  }

  /** Whether anybody on another computer has reached the server since `start`. */
  get wasReached(): boolean {
    return this.#wasReached
  }

  /** Answers when the server runs or has failed; a second call meanwhile gets the same answer. */
  async start(): Promise<HostState> {
    if (this.#state.phase === 'running') return this.#state
    if (this.#started === null) {
      this.#started = Promise.withResolvers()
      this.#crashes = 0
      this.#lastPort = null
      this.#wasReached = false
      const { promise } = this.#started
      this.#set({ phase: 'starting', step: 'process' })
      await this.#ending
      if (this.#state.phase === 'starting') void this.#launch()
      return promise
    }
    return this.#started.promise
  }

  /** Lets the server say goodbye, ends it, answers when it is gone. Stopping twice is no error. */
  async stop(): Promise<HostState> {
    clearTimeout(this.#restartTimer)
    const life = this.#life
    this.#life = null
    this.#launching = null
    this.#set({ phase: 'off' })
    if (life !== null) this.#ending = this.#end(life)
    await this.#ending
    return this.#state
  }

  /** Looks again by which addresses this computer is reached; told only when they changed, and the server has a certificate for them. */
  async refreshAddresses(): Promise<void> {
    const life = this.#life
    if (life === null || this.#state.phase !== 'running') return
    const addresses = await this.#options.readAddresses()
    const identity = await this.#certify(life, addresses)
    const { state } = this
    if (this.#life !== life || state.phase !== 'running') return
    const changed: HostState = { ...state, addresses, identity }
    if (JSON.stringify(changed) !== JSON.stringify(state)) this.#set(changed)
  }

  #set(state: HostState): void {
    if (state.phase !== this.#state.phase) this.#options.log.info(`${this.#state.phase} -> ${state.phase}`)
    this.#state = state
    this.#options.onChange(state)
    if (state.phase === 'running' || state.phase === 'failed' || state.phase === 'off') {
      this.#started?.resolve(state)
      this.#started = null
    }
  }

  /** The steps of a first start; while restarting, the state goes on saying so. */
  #step(step: 'port' | 'check'): void {
    if (this.#state.phase === 'starting') this.#set({ phase: 'starting', step })
  }

  /** The person may be asked to open the keychain meanwhile, so that the time for starting begins after that. */
  async #launch(): Promise<void> {
    const launching = Symbol('launch')
    this.#launching = launching
    const shown = await this.#prepare()
    if (this.#launching !== launching) return
    this.#launching = null
    if (shown === null) this.#fail('crashed')
    else this.#startChild(shown)
  }

  /** Null when nothing could be made that the server proves itself with; the log says why. */
  async #prepare(): Promise<TlsIdentity | null> {
    try {
      return await this.#options.identityFor(await this.#options.readAddresses())
    } catch (error) {
      this.#options.log.error(`No certificate: ${String(error)}`)
      return null
    }
  }

  #startChild(shown: TlsIdentity): void {
    const exited = Promise.withResolvers<null>()
    const child = this.#options.startChild({
      onReport: (report) => {
        if (this.#life === life) this.#handleReport(life, report)
      },
      onExit: () => {
        exited.resolve(null)
        if (this.#life === life) this.#handleLoss('crashed')
      },
    })
    const startTimer = setTimeout(() => this.#handleLoss('start-timed-out'), this.#options.startTimeoutMs ?? 15_000)
    const life: Life = { child, shown, startTimer, exited }
    this.#life = life
  }

  #handleReport(life: Life, report: HostReport): void {
    if (report.kind === 'ready') {
      this.#step('port')
      const { key, certificate } = life.shown
      life.child.order({ kind: 'start', ports: this.#ports(), ...this.#options.order, tls: { key, certificate } })
    } else if (report.kind === 'listening') {
      this.#step('check')
      void this.#check(life, report.port)
    } else if (report.kind === 'no-free-port') {
      this.#fail('no-free-port')
    } else if (report.kind === 'reached') {
      this.#wasReached = true
    }
  }

  #ports(): number[] {
    const wanted = this.#options.wantedPort()
    const next = Array.from({ length: PORTS_TRIED }, (_, index) => wanted + index).filter((port) => port <= 65_535)
    return this.#lastPort === null ? next : [this.#lastPort, ...next.filter((port) => port !== this.#lastPort)]
  }

  async #check(life: Life, port: number): Promise<void> {
    const [isOurs, addresses] = await Promise.all([this.#options.checkServer(port), this.#options.readAddresses()])
    if (this.#life !== life) return
    if (!isOurs) this.#handleLoss('crashed')
    else {
      const identity = await this.#certify(life, addresses)
      if (this.#life === life) this.#handleRunning(life, port, addresses, identity)
    }
  }

  /** Has the server show a certificate for these addresses. Without one the former stays: the key, which counts, is the same. */
  async #certify(life: Life, addresses: readonly HostAddress[]): Promise<HostIdentity> {
    try {
      const wanted = await this.#options.identityFor(addresses)
      if (this.#life === life && wanted.certificate !== life.shown.certificate) {
        life.shown = wanted
        life.child.order({ kind: 'certificate', tls: { key: wanted.key, certificate: wanted.certificate } })
      }
    } catch (error) {
      this.#options.log.warn(`No certificate for the addresses of now: ${String(error)}`)
    }
    return life.shown.identity
  }

  #handleRunning(life: Life, port: number, addresses: readonly HostAddress[], identity: HostIdentity): void {
    clearTimeout(life.startTimer)
    this.#lastPort = port
    this.#runningSince = performance.now()
    const wanted = this.#options.wantedPort()
    const takenPort = port === wanted ? null : wanted
    this.#set({ phase: 'running', url: `http://127.0.0.1:${port}`, port, takenPort, addresses, identity })
  }

  /** The process is gone or of no use: a first start that hangs has failed, anything else is tried again. */
  #handleLoss(reason: 'crashed' | 'start-timed-out'): void {
    if (performance.now() - this.#runningSince >= STABLE_MS) this.#crashes = 0
    this.#runningSince = Infinity
    const delayMs = RESTART_DELAYS_MS[this.#crashes]
    if (reason === 'start-timed-out' && this.#state.phase === 'starting') this.#fail(reason)
    else if (delayMs === undefined) this.#fail('crashed')
    else this.#restartAfter(delayMs, reason)
  }

  #restartAfter(delayMs: number, reason: string): void {
    this.#dropLife()
    this.#crashes += 1
    this.#options.log.warn(`The server was lost (${reason}); try ${this.#crashes} in ${delayMs} ms`)
    this.#set({ phase: 'restarting', attempt: this.#crashes })
    this.#restartTimer = setTimeout(() => void this.#launch(), delayMs)
  }

  #fail(reason: 'no-free-port' | 'crashed' | 'start-timed-out'): void {
    this.#dropLife()
    this.#options.log.error(`Hosting failed: ${reason}`)
    this.#set({ phase: 'failed', reason })
  }

  #dropLife(): void {
    if (this.#life === null) return
    clearTimeout(this.#life.startTimer)
    this.#life.child.kill()
    this.#life = null
  }

  async #end({ child, startTimer, exited }: Life): Promise<void> {
    clearTimeout(startTimer)
    const killTimer = setTimeout(() => child.kill(), this.#options.stopTimeoutMs ?? 3000)
    child.order({ kind: 'stop' })
    await exited.promise
    clearTimeout(killTimer)
  }
}
