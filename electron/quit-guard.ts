import { app, dialog, powerMonitor, type BrowserWindow } from 'electron'

export interface QuitGuardOptions {
  readonly isInCall: () => boolean
  readonly isHosting: () => boolean
}

const askToLeave = async (window: BrowserWindow, isHosting: boolean): Promise<boolean> => {
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: isHosting ? 'Stop hosting and quit?' : 'Leave the call and quit?',
    detail: isHosting
      ? 'This computer hosts the meeting. When Earshot quits, another computer in it goes on with it; when none of them can, it ends for everyone.'
      : 'The others stay in the meeting. You can come back with the same code.',
    buttons: [isHosting ? 'Stop hosting and quit' : 'Leave and quit', 'Stay in the call'],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  })
  return response === 0
}

/**
 * Asks before the window closes in the middle of a call, whichever way it was asked to (its button, Ctrl/Cmd+Q, the
 * menu): quitting closes the window first, and a refused close stops the quit. A system that shuts down is not held up.
 */
export const guardQuit = (window: BrowserWindow, { isInCall, isHosting }: QuitGuardOptions): void => {
  let mayClose = false
  let isAsking = false
  const ask = async (): Promise<void> => {
    isAsking = true
    mayClose = await askToLeave(window, isHosting())
    isAsking = false
    if (mayClose) app.quit()
  }
  window.on('close', (event) => {
    if (mayClose || !isInCall()) return
    event.preventDefault()
    if (!isAsking) void ask()
  })
  const letGo = (): void => {
    mayClose = true
  }
  window.on('query-session-end', letGo)
  powerMonitor.on('shutdown', letGo)
  window.once('closed', () => powerMonitor.removeListener('shutdown', letGo))
}
