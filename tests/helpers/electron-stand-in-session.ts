/** Stand-ins of `session` and `protocol`. */
import { EventEmitter } from 'node:events'
import type Electron from 'electron'
import { strict } from './electron-stand-in-base.ts'

type SessionPieces = Pick<
  Electron.Session,
  | 'setPermissionRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
  | 'setCertificateVerifyProc'
  | 'webRequest'
>
type RequestHandler = Parameters<Electron.Session['setPermissionRequestHandler']>[0]
type CheckHandler = Parameters<Electron.Session['setPermissionCheckHandler']>[0]
type DeviceHandler = Parameters<Electron.Session['setDevicePermissionHandler']>[0]
type DisplayHandler = Parameters<Electron.Session['setDisplayMediaRequestHandler']>[0]
type VerifyProc = Parameters<Electron.Session['setCertificateVerifyProc']>[0]
type RequestListener = Parameters<Electron.WebRequest['onBeforeRequest']>[0]

/** A permission question, as Chromium would put it. */
export interface PermissionQuestion {
  readonly permission: string
  readonly origin: string
  readonly isMainFrame?: boolean
}

/** Without a handler Electron says yes (shell/browser/electron_permission_manager.cc); so does this. */
export class SessionStandIn extends EventEmitter implements SessionPieces {
  #request: RequestHandler = null
  #check: CheckHandler = null
  #device: DeviceHandler = null
  #display: DisplayHandler = null
  #verify: VerifyProc = null
  #beforeRequest: { readonly patterns: readonly RegExp[]; readonly listener: RequestListener } | null = null
  /** As Chromium's network service does, which has no way to forget them: by host and certificate, whoever asks. */
  readonly #verdicts = new Map<string, Promise<boolean>>()
  readonly webRequest = strict<Electron.WebRequest>('WebRequest', {
    onBeforeRequest: (filter: Electron.WebRequestFilter, listener: RequestListener) => {
      const patterns = filter.urls.map((url) => new RegExp(`^${url.split('*').map(RegExp.escape).join('.*')}$`))
      this.#beforeRequest = { patterns, listener }
    },
  })

  setCertificateVerifyProc(proc: VerifyProc): void {
    this.#verify = proc
  }
  setPermissionRequestHandler(handler: RequestHandler): void {
    this.#request = handler
  }
  setPermissionCheckHandler(handler: CheckHandler): void {
    this.#check = handler
  }
  setDevicePermissionHandler(handler: DeviceHandler): void {
    this.#device = handler
  }
  setDisplayMediaRequestHandler(handler: DisplayHandler): void {
    this.#display = handler
  }

  /** What the app answers to a prompt. */
  async asks(contents: Electron.WebContents, question: PermissionQuestion): Promise<boolean> {
    const { permission, origin, isMainFrame = true } = question
    const handler = this.#request
    if (handler === null) return true
    const details = {
      isMainFrame,
      requestingUrl: `${origin}/`,
      securityOrigin: `${origin}/`,
      mediaTypes: ['audio', 'video'],
    }
    return new Promise((resolve) => handler(contents, permission as never, resolve, details))
  }
  /** What the app answers to a silent check. */
  checks(contents: Electron.WebContents | null, question: PermissionQuestion): boolean {
    const { permission, origin, isMainFrame = true } = question
    const details = { isMainFrame, requestingUrl: `${origin}/` }
    return this.#check === null || this.#check(contents, permission as never, `${origin}/`, details)
  }
  /** Whether the app lets the page ask for this. */
  async letsRequest(url: string): Promise<boolean> {
    const { patterns = [], listener = null } = this.#beforeRequest ?? {}
    if (listener === null || !patterns.some((pattern) => pattern.test(url))) return true
    const details = { url, method: 'GET', resourceType: 'webSocket' } as Electron.OnBeforeRequestListenerDetails
    return new Promise((resolve) => listener(details, ({ cancel = false }) => resolve(!cancel)))
  }
  /** Whether a connection to `hostname` may go on with this certificate (PEM), of which Chromium itself thinks `isTrusted`. */
  accepts(hostname: string, certificate: string, isTrusted: boolean): Promise<boolean> {
    const key = `${hostname} ${certificate}`
    const verdict = this.#verdicts.get(key) ?? this.#askVerifyProc(hostname, certificate, isTrusted)
    this.#verdicts.set(key, verdict)
    return verdict
  }
  async #askVerifyProc(hostname: string, data: string, isTrusted: boolean): Promise<boolean> {
    const proc = this.#verify
    if (proc === null) return isTrusted
    const request = strict<Electron.Request>('Request', {
      hostname,
      certificate: strict<Electron.Certificate>('Certificate', { data }),
      verificationResult: isTrusted ? 'net::OK' : 'net::ERR_CERT_AUTHORITY_INVALID',
      errorCode: isTrusted ? 0 : -202,
    })
    const answer = await new Promise<number>((resolve) => proc(request, resolve))
    return answer === 0 || (answer === -3 && isTrusted)
  }
  checksDevice(origin: string): boolean {
    return this.#device === null || this.#device({ deviceType: 'hid', origin, device: {} as never })
  }
  /** The streams a getDisplayMedia gets; null when it is refused. Without a handler it fails. */
  async asksForDisplay(frame: Electron.WebFrameMain): Promise<Electron.Streams | null> {
    const handler = this.#display
    if (handler === null) return null
    const request = {
      frame,
      securityOrigin: frame.origin,
      videoRequested: true,
      audioRequested: false,
      userGesture: true,
    }
    return new Promise((resolve) => handler(request, resolve))
  }
}

/** Keeps one session a partition, tells `onCreated` of each new one. */
export const createSessions = (demandReady: () => void, onCreated: (session: Electron.Session) => void) => {
  const standIns = new Map<string, SessionStandIn>()
  const strictOnes = new WeakMap<SessionStandIn, Electron.Session>()
  const standInFor = (partition: string): SessionStandIn => {
    const known = standIns.get(partition)
    if (known !== undefined) return known
    const made = new SessionStandIn()
    standIns.set(partition, made)
    strictOnes.set(made, strict<Electron.Session>('Session', made))
    onCreated(strictOnes.get(made)!)
    return made
  }
  const session = strict<typeof Electron.session>('session', {
    get defaultSession() {
      demandReady()
      return strictOnes.get(standInFor(''))
    },
    fromPartition: (partition: string) => strictOnes.get(standInFor(partition)),
  })
  return { session, standInFor }
}

export type ProtocolHandler = (request: Request) => Response | Promise<Response>

/** Stand-in of `protocol`: schemes before ready, handlers after. */
export class ProtocolStandIn implements Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle'> {
  readonly #demand: (when: 'before ready' | 'after ready', what: string) => void
  readonly #handlers = new Map<string, ProtocolHandler>()
  schemes: readonly Electron.CustomScheme[] = []

  constructor(demand: (when: 'before ready' | 'after ready', what: string) => void) {
    this.#demand = demand
  }

  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]): void {
    this.#demand('before ready', 'protocol.registerSchemesAsPrivileged')
    this.schemes = schemes
  }
  handle(scheme: string, handler: (request: globalThis.GlobalRequest) => Response | Promise<Response>): void {
    this.#demand('after ready', 'protocol.handle')
    if (this.#handlers.has(scheme)) throw new Error(`The scheme ${scheme} is handled already`)
    this.#handlers.set(scheme, handler)
  }
  /** What the app answers to one request; undefined when nobody handles the scheme. */
  async answer(address: string, method = 'GET'): Promise<Response | undefined> {
    const handler = this.#handlers.get(address.split(':', 1)[0]!)
    return handler?.(new Request(address, { method }))
  }
}
