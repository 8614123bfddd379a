/** Stand-ins of what Electron knows of the system: dialogs, menus, links, power, screens, themes, privacy settings. */
import { EventEmitter } from 'node:events'
import type Electron from 'electron'
import { strict } from './electron-stand-in-base.ts'

/** A question that waits for a person, in a test for `answer`. */
export interface OpenDialog {
  readonly options: Electron.MessageBoxOptions
  readonly answer: (response: number) => void
}

/** What happened outside of the app, for tests to look at and to change. */
export class SystemRecord {
  readonly dialogs: OpenDialog[] = []
  readonly openedLinks: string[] = []
  readonly displayBlockers = new Set<number>()
  menu: readonly Electron.MenuItemConstructorOptions[] = []
  mediaAccess: Record<
    'camera' | 'microphone' | 'screen',
    ReturnType<Electron.SystemPreferences['getMediaAccessStatus']>
  > = { camera: 'granted', microphone: 'granted', screen: 'granted' }
  isSystemDark = true
}

const createDialog = (record: SystemRecord): Pick<Electron.Dialog, 'showMessageBox'> => ({
  showMessageBox: (...args: readonly unknown[]) =>
    new Promise((resolve) => {
      const dialog: OpenDialog = {
        options: args.at(-1) as Electron.MessageBoxOptions,
        answer: (response) => {
          record.dialogs.splice(record.dialogs.indexOf(dialog), 1)
          resolve({ response, checkboxChecked: false })
        },
      }
      record.dialogs.push(dialog)
    }),
})

const createMenu = (record: SystemRecord) => {
  const built = new WeakMap<object, Electron.MenuItemConstructorOptions[]>()
  return {
    buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]): object => {
      const menu = strict<object>('Menu', {})
      built.set(menu, template)
      return menu
    },
    setApplicationMenu: (menu: object | null): void => {
      record.menu = menu === null ? [] : (built.get(menu) ?? [])
    },
  }
}

const createNativeTheme = (
  record: SystemRecord,
): Pick<Electron.NativeTheme, 'themeSource' | 'shouldUseDarkColors'> => ({
  themeSource: 'system',
  get shouldUseDarkColors() {
    return this.themeSource === 'system' ? record.isSystemDark : this.themeSource === 'dark'
  },
})

const createPowerSaveBlocker = (record: SystemRecord): Pick<Electron.PowerSaveBlocker, 'start' | 'stop'> => {
  let last = 0
  return {
    start: (type) => {
      last += 1
      if (type === 'prevent-display-sleep') record.displayBlockers.add(last)
      return last
    },
    stop: (id) => record.displayBlockers.delete(id),
  }
}

const createScreen = (demandReady: () => void): Pick<Electron.Screen, 'getAllDisplays'> => ({
  getAllDisplays: () => {
    demandReady()
    const workArea = { x: 0, y: 25, width: 1920, height: 1055 }
    return [strict<Electron.Display>('Display', { workArea })]
  },
})

const createSystemPreferences = (
  record: SystemRecord,
): Pick<Electron.SystemPreferences, 'getMediaAccessStatus' | 'askForMediaAccess'> => ({
  getMediaAccessStatus: (kind) => record.mediaAccess[kind],
  askForMediaAccess: (kind) => {
    if (record.mediaAccess[kind] === 'not-determined') record.mediaAccess[kind] = 'granted'
    return Promise.resolve(record.mediaAccess[kind] === 'granted')
  },
})

/** `demandReady` throws while the app is not ready. */
export const createSystem = (record: SystemRecord, demandReady: () => void) => ({
  dialog: strict<Electron.Dialog>('dialog', createDialog(record)),
  Menu: strict<typeof Electron.Menu>('Menu', createMenu(record)),
  nativeTheme: strict<Electron.NativeTheme>('nativeTheme', createNativeTheme(record)),
  powerMonitor: strict<Electron.PowerMonitor>('powerMonitor', new EventEmitter()),
  powerSaveBlocker: strict<Electron.PowerSaveBlocker>('powerSaveBlocker', createPowerSaveBlocker(record)),
  screen: strict<Electron.Screen>('screen', createScreen(demandReady)),
  systemPreferences: strict<Electron.SystemPreferences>('systemPreferences', createSystemPreferences(record)),
  shell: strict<Electron.Shell>('shell', {
    openExternal: (address: string) => {
      record.openedLinks.push(address)
      return Promise.resolve()
    },
  }),
})
