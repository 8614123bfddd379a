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
  /** What others on this network see of a meeting hosted here, before they are invited. `unnamed`: that there is one. */
  readonly announce: Announcing
  /** Sound and picture go through a relay only, so that others in a meeting do not learn this computer's addresses. */
  readonly relayOnly: boolean
  /** Whether this computer goes on with a meeting when the one that hosts it is gone. */
  readonly mayInherit: boolean
}

export type Announcing = 'nothing' | 'unnamed' | 'named'

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
  /** The invitation as it was opened, with what its fragment holds; empty when there was none. At most 2048 characters. */
  readonly link: string
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

/** What the computer that hosts is known by. The key stays, the certificate is made anew when its addresses change. */
export interface HostIdentity {
  /** SHA-256 of the public key (SubjectPublicKeyInfo, DER), base64url, 43 characters: what an invitation pins. */
  readonly pin: string
  /** SHA-256 of the certificate as browsers show it: upper-case hex bytes with colons between them. */
  readonly fingerprint: string
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
      /** Others reach this server by https under this identity. */
      readonly identity: HostIdentity
    }
  | { readonly phase: 'restarting'; readonly attempt: number }
  | { readonly phase: 'failed'; readonly reason: 'no-free-port' | 'crashed' | 'start-timed-out' }

/** A computer that is looked for. */
export interface WantedHost {
  /** As in `HostIdentity`. Null for an address that was typed: whoever answers there is taken, and held to that key. */
  readonly pin: string | null
  /** `192.168.1.20:8001`, `[fd00::1]:8001`; at most 8, best first. */
  readonly addresses: readonly string[]
  /** The room that is looked for: with a pin, the computer that goes on with it by that one's will is as good. */
  readonly code?: string
}
/** Whom an invitation leads to. */
export interface PinnedHost extends WantedHost {
  readonly pin: string
}
/**
 * `pin`: the key that answered. `wrong-key`: a computer answers, and it is another one. `unreachable`: none answers by TLS at
 * any of the addresses, nor does it announce itself on this network.
 */
export type FoundHost =
  | { readonly ok: true; readonly serverUrl: string; readonly pin: string }
  | { readonly ok: false; readonly problem: 'wrong-key' | 'unreachable' }

/** A meeting hosted here, as this network may hear of it; `Settings.announce` decides how much of it is told. */
export interface Announcement {
  readonly code: string
  readonly title: string
  /** Who hosts it. */
  readonly name: string
  /** One has to knock or to know a password. */
  readonly isGuarded: boolean
  /** Pins of the computers that hosted it before, the first one first, so that invitations of then still lead here; at most 5. */
  readonly former: readonly string[]
}
/** A meeting that another computer on this network announces. Anybody can announce anything: only a hint of where to look. */
export interface NearbyMeeting extends PinnedHost {
  /** Names it as long as it is announced. */
  readonly id: string
  readonly code: string
  /** Empty when the host does not tell. At most 80 and 64 characters. */
  readonly title: string
  readonly name: string
  readonly isGuarded: boolean
  /** Claims to go on with a meeting of these; whoever goes there has to see the will. At most 5. */
  readonly former: readonly string[]
}

/** What this computer is known by when it hosts, whether it does now or not. */
export interface HostKeys {
  /** As in `HostIdentity`. */
  readonly pin: string
  /** Lets this page have the embedded server adopt a room. A secret: 22 characters, another one at each start of the app. */
  readonly ownerKey: string
}

/** What stands in the way of others, as far as this computer can tell. */
export interface ReachReport {
  /** Own addresses at which the server answered under its key when it was asked there just now. */
  readonly answering: readonly string[]
  /** `unknown`: the system does not tell. */
  readonly firewall: 'off' | 'lets-through' | 'blocks' | 'unknown'
  /** Whether what is announced comes back: discovery works on this network card at least. */
  readonly multicast: boolean
  /** Somebody else on the network has reached the server since it started. */
  readonly wasReached: boolean
}

/**
 * Why a server cannot be reached. `refused`: the computer is there, and nothing listens, or a firewall says no. `timed-out`: nobody
 * answers. `no-route`: this computer is on no network that leads there. `blocked-by-system`: the system does not let this app
 * onto the network. `clock`: by the clock of this computer its certificate is not valid, and by its own it is.
 * `certificate`: nobody vouches for it. `answers`: it can be reached now.
 */
export type Unreachable =
  | 'refused'
  | 'timed-out'
  | 'no-route'
  | 'blocked-by-system'
  | 'name-unknown'
  | 'clock'
  | 'certificate'
  | 'answers'
  | 'unknown'

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
  /** Makes the key of this computer when there is none yet. Null where it cannot host, or none can be made. */
  getHostKeys: () => Promise<HostKeys | null>
  /** Tries whether others can reach the server that runs here; takes some seconds. */
  checkReach: () => Promise<ReachReport>
  /** Lets the network know of this meeting, or of none. Ends with the server. */
  announce: (meeting: Announcement | null) => Promise<void>
  /** From now on, or no more, `nearbyChanged` tells what meetings there are on this network. Answers those known now. */
  watchNearby: (isWatching: boolean) => Promise<readonly NearbyMeeting[]>
  /** Asks all addresses, the first that answers with the right key wins; from then on this app takes no other key there. */
  findHost: (wanted: WantedHost) => Promise<FoundHost>
  /** Whether what leaves this computer for elsewhere goes through a VPN. */
  hasVpn: () => Promise<boolean>
  /** Asks the server that the page just could not reach; takes 4 s at most. At most 2048 characters. */
  whyUnreachable: (serverUrl: string) => Promise<Unreachable>
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
  /** All that are known now; at most 50. */
  nearbyChanged: [meetings: readonly NearbyMeeting[]]
  /** The system was asked to open an invitation with this app. The page parses it and asks the person first. At most 2048 characters. */
  invitationOpened: [link: string]
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
  getHostKeys: true,
  checkReach: true,
  announce: true,
  watchNearby: true,
  findHost: true,
  hasVpn: true,
  whyUnreachable: true,
  getMediaAccess: true,
  askMediaAccess: true,
  openMediaSettings: true,
  setInCall: true,
  log: true,
}
export const noticeNames: Readonly<Record<keyof Notices, true>> = {
  hostChanged: true,
  settingsChanged: true,
  nearbyChanged: true,
  invitationOpened: true,
  networkChanged: true,
}
