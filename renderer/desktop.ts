/** The bridge to the desktop: what Electron's preload made, or a stand-in of the same shape in a plain browser. */
import * as v from 'valibot'
import type { DesktopApi, HostState, Settings } from '#electron/ipc.ts'
import { askOwnHost, followOwnHost } from './own-host.ts'

declare global {
  interface Window {
    /** Made by electron/preload.ts; absent in a browser. */
    readonly desktop?: DesktopApi
  }
}

const storageKey = 'earshot.settings'
const deviceId = v.fallback(v.pipe(v.string(), v.maxLength(512)), '')

/** Every field falls back by itself, so that one ill field does not cost the others. */
const StoredSettings = v.object({
  name: v.fallback(v.pipe(v.string(), v.maxLength(64)), ''),
  theme: v.fallback(v.picklist(['system', 'light', 'dark']), 'system'),
  cameraId: deviceId,
  microphoneId: deviceId,
  speakerId: deviceId,
  cameraOn: v.fallback(v.boolean(), true),
  microphoneOn: v.fallback(v.boolean(), true),
  serverUrl: v.fallback(v.pipe(v.string(), v.maxLength(2048)), ''),
  hostPort: v.fallback(v.pipe(v.number(), v.integer(), v.minValue(1024), v.maxValue(65_535)), 8001),
  recent: v.fallback(
    v.pipe(
      v.array(
        v.object({
          code: v.pipe(v.string(), v.maxLength(40)),
          serverUrl: v.pipe(v.string(), v.maxLength(2048)),
          title: v.pipe(v.string(), v.maxLength(80)),
          at: v.number(),
          // Missing in what a former page wrote.
          link: v.optional(v.pipe(v.string(), v.maxLength(2048)), ''),
        }),
      ),
      v.maxLength(12),
    ),
    [],
  ),
  accessTokens: v.fallback(
    v.pipe(
      v.array(
        v.object({
          origin: v.pipe(v.string(), v.maxLength(512)),
          token: v.pipe(v.string(), v.minLength(1), v.maxLength(512)),
        }),
      ),
      v.maxLength(12),
    ),
    [],
  ),
  announce: v.fallback(v.picklist(['nothing', 'unnamed', 'named']), 'unnamed'),
  relayOnly: v.fallback(v.boolean(), false),
  mayInherit: v.fallback(v.boolean(), true),
})

const parseSettings = (stored: string | null): Settings => {
  try {
    return v.parse(StoredSettings, JSON.parse(stored ?? '{}'))
  } catch {
    // Not JSON, or no object: somebody else wrote there. Start anew.
    return v.parse(StoredSettings, {})
  }
}

/**
 * Settings in localStorage; in memory where the browser allows no storage (private windows, blocked cookies).
 * The access token may lie there, too: only scripts of this origin read it, which all come from the very server that
 * issued the token (the page's CSP lets no others run), and a page in a browser talks to no other server.
 */
class BrowserSettings {
  #current: Settings
  readonly #listeners = new Set<(settings: Settings) => void>()

  constructor() {
    this.#current = parseSettings(this.#read())
    // Another tab of the same page changed them.
    window.addEventListener('storage', ({ key, newValue }) => {
      if (key === storageKey) this.#set(parseSettings(newValue))
    })
  }

  get current(): Settings {
    return this.#current
  }

  change(change: Partial<Settings>): Settings {
    this.#set(v.parse(StoredSettings, { ...this.#current, ...change }))
    try {
      localStorage.setItem(storageKey, JSON.stringify(this.#current))
    } catch {
      // No storage: they live as long as the page.
    }
    return this.#current
  }

  on(listener: (settings: Settings) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #read(): string | null {
    try {
      return localStorage.getItem(storageKey)
    } catch {
      return null
    }
  }

  #set(settings: Settings): void {
    this.#current = settings
    for (const listener of this.#listeners) listener(settings)
  }
}

/** A browser hosts nothing, hears nothing of the network, has no system pages to open, and keeps its own log. */
const openInBrowser = (): DesktopApi => {
  const settings = new BrowserSettings()
  return {
    getInfo: () =>
      Promise.resolve({ version: '', platform: 'browser', computerName: '', locale: navigator.language || 'en' }),
    getSettings: () => Promise.resolve(settings.current),
    changeSettings: (change) => Promise.resolve(settings.change(change)),
    getHost: askOwnHost,
    startHost: askOwnHost,
    stopHost: askOwnHost,
    getHostKeys: () => Promise.resolve(null),
    checkReach: () => Promise.resolve({ answering: [], firewall: 'unknown', multicast: false, wasReached: false }),
    announce: () => Promise.resolve(),
    watchNearby: () => Promise.resolve([]),
    // A page can neither see a server's key nor choose which one to take.
    findHost: () => Promise.resolve({ ok: false, problem: 'unreachable' }),
    // What the browser tells of its cards, the call knows by itself.
    hasVpn: () => Promise.resolve(false),
    whyUnreachable: () => Promise.resolve('unknown'),
    getMediaAccess: () => Promise.resolve('unknown'),
    askMediaAccess: () => Promise.resolve('unknown'),
    openMediaSettings: () => Promise.resolve(false),
    setInCall: () => Promise.resolve(),
    log: () => Promise.resolve(),
    on: (name, listener) => {
      // Of the notices a browser has only these; the page hears of the network by itself.
      if (name === 'settingsChanged') return settings.on(listener as (settings: Settings) => void)
      if (name === 'hostChanged') return followOwnHost(listener as (state: HostState) => void)
      return () => undefined
    },
  }
}

/** The desktop of this window. Call once, at start. */
export const openDesktop = (): DesktopApi => window.desktop ?? openInBrowser()
