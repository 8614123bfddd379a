/** What `import … from 'electron'` gives to the main process under test. A name that is missing here does not link. */
import { electron } from './electron-stand-in-world.ts'

export const {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  systemPreferences,
  utilityProcess,
} = electron
export default electron
