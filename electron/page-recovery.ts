import { app, dialog, type BrowserWindow } from 'electron'
import type { Log } from './log.ts'

/** A page that crashes this often within the window would only go on doing so. */
const MAX_CRASHES = 3
const WINDOW_MS = 60_000

const askToTryAgain = async (window: BrowserWindow): Promise<boolean> => {
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: 'Earshot keeps running into a problem',
    detail: 'Its window stopped several times within a minute. The log file says more.',
    buttons: ['Try again', 'Quit'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  })
  return response === 0
}

const sayItWasReloaded = (window: BrowserWindow): Promise<unknown> =>
  dialog.showMessageBox(window, {
    type: 'warning',
    message: 'Earshot had to start its window again',
    detail: 'You have left the call. Your settings are as they were.',
    buttons: ['OK'],
  })

/** Loads the page again when its process is gone, and says so; asks first when that happens over and over. */
export const recoverFromCrashes = (window: BrowserWindow, { log }: { readonly log: Log }): void => {
  let crashes: number[] = []
  const recover = async (): Promise<void> => {
    crashes = [...crashes.filter((at) => performance.now() - at < WINDOW_MS), performance.now()]
    if (crashes.length >= MAX_CRASHES) {
      const isWanted = await askToTryAgain(window)
      crashes = []
      if (isWanted) window.webContents.reload()
      else app.quit()
    } else {
      window.webContents.reload()
      await sayItWasReloaded(window)
    }
  }
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    log.error(`The page's process is gone: ${reason} (${exitCode})`)
    void recover()
  })
  window.on('unresponsive', () => log.warn('The page does not respond'))
}
