import { readAppInfo } from './app-info.ts'
import { checkReach } from './host-check.ts'
import type { Requests } from './ipc.ts'
import { limitLines, type Log } from './log.ts'
import type { LanPresence } from './lan-presence.ts'
import { hasVpnRoute } from './network-watch.ts'
import type { OwnHostKeys } from './own-host-keys.ts'
import type { Pins } from './pins.ts'
import type { SettingsStore } from './settings.ts'
import type { SignallingHost } from './signalling-host.ts'
import { askMediaAccess, getMediaAccess, openMediaSettings } from './system-media-access.ts'
import { whyUnreachable } from './why-unreachable.ts'

/** What the page may log: some lines a second for a while, never enough to rotate the rest away. */
const PAGE_LINES = { max: 200, windowMs: 60_000 }

export interface RequestContext {
  readonly settings: SettingsStore
  readonly host: SignallingHost
  readonly hostKeys: OwnHostKeys
  readonly nearby: LanPresence
  readonly pins: Pins
  readonly log: Log
  /** Called with what was changed, after it was written. */
  readonly onSettingsChanged: () => void
  readonly onInCall: (isInCall: boolean) => void
}

/** Builds the answer to each request of the contract. Arguments were parsed before they get here. */
export const createRequests = (context: RequestContext): Requests => {
  const { settings, host, hostKeys, nearby, pins, log, onSettingsChanged, onInCall } = context
  const pageLog = limitLines(log.scoped('page'), PAGE_LINES.max, PAGE_LINES.windowMs, () => performance.now())
  return {
    getInfo: () => Promise.resolve(readAppInfo()),
    getSettings: () => settings.opened(),
    changeSettings: async (change) => {
      const changed = await settings.change(change)
      onSettingsChanged()
      return changed
    },
    getHost: () => Promise.resolve(host.state),
    startHost: () => host.start(),
    stopHost: () => host.stop(),
    getHostKeys: () => hostKeys.read(),
    checkReach: () =>
      checkReach({ host: host.state, checkMulticast: () => nearby.checkMulticast(), wasReached: host.wasReached }),
    announce: (meeting) => {
      nearby.announce(meeting)
      return Promise.resolve()
    },
    watchNearby: (isWatching) => Promise.resolve(nearby.watch(isWatching)),
    findHost: async (wanted) => {
      const found = await nearby.find(wanted)
      if (found.ok) pins.set(found.serverUrl, found.pin)
      return found
    },
    hasVpn: hasVpnRoute,
    whyUnreachable: (serverUrl) => whyUnreachable(serverUrl, { isPinned: (url) => pins.has(url) }),
    getMediaAccess: (kind) => Promise.resolve(getMediaAccess(kind)),
    askMediaAccess,
    openMediaSettings,
    setInCall: (isInCall) => {
      onInCall(isInCall)
      return Promise.resolve()
    },
    log: (level, message) => {
      pageLog[level](message)
      return Promise.resolve()
    },
  }
}
