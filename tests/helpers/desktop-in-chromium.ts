import type { Page } from 'playwright/test'
import type { AppInfo, DesktopApi, HostState, NearbyMeeting, Notices, ReachReport, Settings } from '#electron/ipc.ts'

/** A computer as the page of the desktop app finds it. */
interface Computer {
  readonly settings: Partial<Settings>
  readonly platform: AppInfo['platform']
  /** What hosting ends in. */
  readonly host: Extract<HostState, { phase: 'running' }>
  readonly reach: ReachReport
}

declare global {
  interface Window {
    /** Tells the page what the main process would. */
    tellPage: <Name extends keyof Notices>(name: Name, ...args: Notices[Name]) => void
  }
}

/** Runs in the page, before its own script. */
const putDesktop = ({ settings, platform, host, reach }: Computer): void => {
  let current: Settings = {
    ...{ name: 'Ann Weber', theme: 'system', cameraId: '', microphoneId: '', speakerId: '', cameraOn: true },
    ...{ microphoneOn: true, serverUrl: '', hostPort: 8001, recent: [], accessTokens: [], announce: 'named' },
    ...{ relayOnly: false, mayInherit: true },
    ...settings,
  }
  let hosting: HostState = { phase: 'off' }
  const notices = new EventTarget()
  const answer = <T>(value: T) => Promise.resolve(value)
  const desktop: DesktopApi = {
    getInfo: () => answer({ version: '0.1.0', platform, computerName: 'desk', locale: 'en' }),
    getSettings: () => answer(current),
    changeSettings: (change) => answer((current = { ...current, ...change })),
    getHost: () => answer(hosting),
    startHost: () => answer((hosting = host)),
    stopHost: () => answer((hosting = { phase: 'off' })),
    getHostKeys: () => answer({ pin: host.identity.pin, ownerKey: 'o'.repeat(22) }),
    checkReach: () => answer(reach),
    announce: () => answer(undefined),
    watchNearby: () => answer([]),
    findHost: () => answer({ ok: false, problem: 'unreachable' }),
    hasVpn: () => answer(false),
    whyUnreachable: () => answer('unknown'),
    getMediaAccess: () => answer('unknown'),
    askMediaAccess: () => answer('unknown'),
    openMediaSettings: () => answer(false),
    setInCall: () => answer(undefined),
    log: () => answer(undefined),
    on: (name, listener) => {
      const hear = (event: Event) => {
        listener(...(event as CustomEvent<Notices[typeof name]>).detail)
      }
      notices.addEventListener(name, hear)
      return () => notices.removeEventListener(name, hear)
    },
  }
  Object.assign(window, {
    desktop,
    tellPage: (name: string, ...args: unknown[]) => notices.dispatchEvent(new CustomEvent(name, { detail: args })),
  })
}

/** Gives a page of a plain browser what the preload gives it in the app: the screens of the desktop, without one. */
export const giveDesktop = async (page: Page, computer: Computer): Promise<void> => {
  await page.addInitScript(putDesktop, computer)
}

export const tellNearby = async (page: Page, meetings: readonly NearbyMeeting[]): Promise<void> => {
  await page.evaluate((found) => window.tellPage('nearbyChanged', found), meetings)
}

/** Two cards and a VPN, of a server that runs elsewhere on this very computer. */
export const hostingComputer = (port: number, platform: AppInfo['platform'] = 'win32'): Computer => ({
  settings: {},
  platform,
  host: {
    phase: 'running',
    url: `http://127.0.0.1:${String(port)}`,
    port,
    takenPort: null,
    addresses: [
      { card: 'Wi-Fi', family: 'IPv4', address: '192.168.1.20', isVirtual: false },
      { card: 'Wi-Fi', family: 'IPv6', address: 'fd12:3456:789a:1:a8b1:22ff:fe01:7c3d', isVirtual: false },
      { card: 'Ethernet', family: 'IPv4', address: '10.20.0.7', isVirtual: false },
      { card: 'ProtonVPN', family: 'IPv4', address: '10.8.0.2', isVirtual: true },
    ],
    identity: {
      pin: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA',
      fingerprint: Array.from({ length: 32 }, (_, byte) => (16 + byte * 7).toString(16).toUpperCase()).join(':'),
    },
  },
  reach: { answering: ['192.168.1.20'], firewall: 'lets-through', multicast: true, wasReached: false },
})

export const nearbyMeetings: readonly NearbyMeeting[] = [
  { title: 'Tuesday planning', name: 'Ben Okafor', isGuarded: true, code: 'w4n8zc0fj2ps' },
  { title: '', name: '', isGuarded: false, code: '3h9xkd71qmtv' },
].map((meeting, index) => ({
  ...meeting,
  id: `meeting-${String(index)}`,
  pin: 'p'.repeat(43),
  addresses: ['192.168.1.30:8001'],
  former: [],
}))
