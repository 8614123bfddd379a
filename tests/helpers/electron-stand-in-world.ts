/** Builds the whole stand-in of `electron` once, in the process that plays the main process. */
import type Electron from 'electron'
import { AppStandIn } from './electron-stand-in-app.ts'
import { StoppableEvent, strict } from './electron-stand-in-base.ts'
import { IpcMainStandIn } from './electron-stand-in-bridge.ts'
import { launchChromium } from './electron-stand-in-chromium.ts'
import { createSafeStorage, type KeychainOptions } from './electron-stand-in-safe-storage.ts'
import { createSessions, ProtocolStandIn } from './electron-stand-in-session.ts'
import { createSystem, SystemRecord } from './electron-stand-in-system.ts'
import { createBrowserWindow, type BrowserWindowStandIn } from './electron-stand-in-window.ts'
import { createUtilityProcess, type UtilityProcessStandIn } from './utility-process-stand-in.ts'

/** Given by the test as JSON in ELECTRON_STAND_IN. */
export interface StandInSettings {
  readonly userDataDir: string
  /** Where this process's Chromium keeps its things; two processes cannot share one. */
  readonly chromiumDir: string
  readonly chromiumArgs: readonly string[]
  readonly isPackaged: boolean
  readonly version: string
  readonly keychain: KeychainOptions
}

const settings = JSON.parse(process.env['ELECTRON_STAND_IN'] ?? '{}') as StandInSettings
export const appStandIn = new AppStandIn(settings)
const demandReady = (what: string) => () => appStandIn.demand('after ready', what)

const record = new SystemRecord()
const system = createSystem(record, demandReady('screen'))
const windows: BrowserWindowStandIn[] = []
const processes: UtilityProcessStandIn[] = []
const ipcMain = new IpcMainStandIn()
const protocol = new ProtocolStandIn((when, what) => appStandIn.demand(when, what))
const { session, standInFor } = createSessions(demandReady('session'), (created) =>
  appStandIn.emit('session-created', created),
)
const defaultSession = () => standInFor('')
const chromium = await launchChromium(settings.chromiumDir, defaultSession, settings.chromiumArgs)
const BrowserWindow = createBrowserWindow(
  { app: appStandIn, context: chromium.context, ipcMain, protocol, defaultSession },
  windows,
)

appStandIn.onExit = (code) => {
  for (const each of processes) each.child.kill('SIGKILL')
  void chromium.close().finally(() => process.exit(code))
}

export const electron = strict<typeof Electron>('electron', {
  app: strict<Electron.App>('app', appStandIn),
  BrowserWindow,
  ipcMain: strict<Electron.IpcMain>('ipcMain', ipcMain),
  protocol: strict<Electron.Protocol>('protocol', protocol),
  safeStorage: strict<Electron.SafeStorage>(
    'safeStorage',
    createSafeStorage(settings.keychain, () => appStandIn.isReady()),
  ),
  session,
  utilityProcess: createUtilityProcess(demandReady('utilityProcess.fork'), processes),
  ...system,
})

/** What tests look at and pull, beside `electron` itself. */
export const standIn = {
  record,
  windows,
  processes,
  app: appStandIn,
  protocol,
  ipcMain,
  sessionOf: standInFor,
  StoppableEvent,
}
export type StandIn = typeof standIn
