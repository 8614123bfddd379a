import { hostname } from 'node:os'
import { app } from 'electron'
import type { AppInfo } from './ipc.ts'

type DesktopPlatform = Exclude<AppInfo['platform'], 'browser'>

const platforms: Partial<Record<NodeJS.Platform, DesktopPlatform>> = { darwin: 'darwin', win32: 'win32' }

/** What the page may know of this computer. Any Unix that is not macOS is told as Linux. */
export const readAppInfo = (): AppInfo => ({
  version: app.getVersion(),
  platform: platforms[process.platform] ?? 'linux',
  // `.local` is how macOS spells it; nobody calls their computer so.
  computerName: hostname().replace(/\.(local|lan|home)$/i, ''),
  locale: app.getPreferredSystemLanguages()[0] ?? app.getLocale(),
})
