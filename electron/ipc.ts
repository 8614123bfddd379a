/**
 * CONTRACT between the page and the desktop: every request, every notice, and the shape of `window.desktop`.
 * Imports nothing. electron/preload.ts builds the bridge from the name lists, electron/ipc-main.ts answers, and
 * renderer/desktop.ts gives the page a stand-in of the same shape in a plain browser.
 */

export type Theme = 'system' | 'light' | 'dark'

/** What outlives the window. Main validates every write; an unknown or ill-typed field is refused, nothing is changed. */
export interface Settings {
  /** How others see this person. Empty until the first start has asked. At most 64 characters. */
  readonly name: string
  readonly theme: Theme
  /** Device ids as of `enumerateDevices`; empty means the system's default. At most 512 characters. */
  readonly cameraId: string
  readonly microphoneId: string
  readonly speakerId: string
  /** Whether the green room opens them; what the person chose last. */
  readonly cameraOn: boolean
  readonly microphoneOn: boolean
  /** http(s) address of a remote server that short codes are looked up on; empty: none. At most 2048 characters. */
  readonly serverUrl: string
  /** Port that hosting tries first (1024 to 65535); the next free one is taken when it is busy. */
  readonly hostPort: number
  /** Newest first, at most 12. */
  readonly recent: readonly RecentMeeting[]
  /** For servers that asked for one; newest first, at most 12, one an origin. */
  readonly accessTokens: readonly AccessToken[]
}

/** What a server asks for before it makes rooms, or before it does anything. A secret: never logged, never in an address. */
export interface AccessToken {
  /** http(s) origin of the server that it is shown to, and to no other. */
  readonly origin: string
  /** 1 to 512 characters. */
  readonly token: string
}

export interface RecentMeeting {
  readonly code: string
  readonly serverUrl: string
  readonly title: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** One address others may reach this computer by. */
export interface HostAddress {
  /** Name of the network card as the system calls it, for example `en0` or `Wi-Fi`. */
  readonly card: string
  readonly family: 'IPv4' | 'IPv6'
  readonly address: string
  /** Virtual cards (VPN, containers, virtual machines) come last and are said to be such. */
  readonly isVirtual: boolean
}

export type HostState =
  | { readonly phase: 'off' }
  | { readonly phase: 'starting'; readonly step: 'process' | 'port' | 'check' }
  | {
      readonly phase: 'running'
      /** For this computer's own page, for example `http://127.0.0.1:8001`. */
      readonly url: string
      readonly port: number
      /** The wanted port, when it was taken and `port` is the next free one. */
      readonly takenPort: number | null
      /** Best first; empty when this computer is on no network. */
      readonly addresses: readonly HostAddress[]
    }
  | { readonly phase: 'restarting'; readonly attempt: number }
  | { readonly phase: 'failed'; readonly reason: 'no-free-port' | 'crashed' | 'start-timed-out' }

export type MediaKind = 'camera' | 'microphone'
/** The operating system's own permission, not the page's. `unknown` where the system has none to ask (Linux). */
export type MediaAccess = 'granted' | 'denied' | 'restricted' | 'not-determined' | 'unknown'

export interface AppInfo {
  readonly version: string
  readonly platform: 'darwin' | 'win32' | 'linux' | 'browser'
  /** What this computer is called, for the title of a meeting; may be empty. */
  readonly computerName: string
  /** BCP 47. */
  readonly locale: string
}

/** Asked by the page, answered by the main process. Each rejects with an `Error` when the payload is refused. */
export interface Requests {
  getInfo: () => Promise<AppInfo>
  getSettings: () => Promise<Settings>
  /** Changes the given fields, answers all. */
  changeSettings: (change: Partial<Settings>) => Promise<Settings>
  getHost: () => Promise<HostState>
  /** Starts the embedded server, or answers the running one. Resolves when it runs or has failed; `hostChanged` tells the steps. */
  startHost: () => Promise<HostState>
  stopHost: () => Promise<HostState>
  getMediaAccess: (kind: MediaKind) => Promise<MediaAccess>
  /** Lets the system ask the person, where it has not yet (macOS asks once in a lifetime). */
  askMediaAccess: (kind: MediaKind) => Promise<MediaAccess>
  /** Opens the system's page where the permission is changed. False where there is none (Linux). */
  openMediaSettings: (kind: MediaKind) => Promise<boolean>
  /** While true: quitting asks first and the display stays awake. */
  setInCall: (isInCall: boolean) => Promise<void>
  /** One line for the log file; levels as in docs/ARCHITECTURE.md. Never SDP, tokens or names. */
  log: (level: 'error' | 'warn' | 'info', message: string) => Promise<void>
}

/** Told by the main process, unanswered. */
export interface Notices {
  hostChanged: [state: HostState]
  settingsChanged: [settings: Settings]
  /** The computer woke up or its addresses changed: links should check themselves at once. */
  networkChanged: [cause: 'resumed' | 'addresses']
}

/** What the page finds as `window.desktop`. */
export interface DesktopApi extends Requests {
  /** Calls `listener` for each notice until the answered function is called. */
  on: <Name extends keyof Notices>(name: Name, listener: (...args: Notices[Name]) => void) => () => void
}

/** Name lists, so that preload and main can walk the contract; a name that is missing here does not compile. */
export const requestNames: Readonly<Record<keyof Requests, true>> = {
  getInfo: true,
  getSettings: true,
  changeSettings: true,
  getHost: true,
  startHost: true,
  stopHost: true,
  getMediaAccess: true,
  askMediaAccess: true,
  openMediaSettings: true,
  setInCall: true,
  log: true,
}
export const noticeNames: Readonly<Record<keyof Notices, true>> = {
  hostChanged: true,
  settingsChanged: true,
  networkChanged: true,
}
