import { ipcMain, type BrowserWindow, type WebFrameMain } from 'electron'
import * as v from 'valibot'
import { noticeNames, requestNames, type Notices, type Requests } from './ipc.ts'
import { requestArguments } from './request-schemas.ts'

/** Says whether a message came from our own page. Asked synchronously: a frame may be gone a moment later. */
export type IsTrusted = (frame: WebFrameMain | null) => boolean

/** A request that was refused before it reached its handler; `reason` is for the log, never for the page. */
export interface RefusedRequest {
  readonly name: string
  readonly reason: 'untrusted-sender' | 'bad-arguments'
}

/** Type-erased on purpose: the arguments were parsed by the schema of the same name. */
type AnyHandler = (...args: unknown[]) => Promise<unknown>

/**
 * Answers every request of the contract. Rejects (to the page, as an `Error`) a message from any other frame than our
 * page's, and arguments that their schema refuses; the handler is then not called.
 */
export const handleRequests = (
  handlers: Requests,
  isTrusted: IsTrusted,
  onRefused: (refused: RefusedRequest) => void,
): void => {
  for (const name of Object.keys(requestNames) as (keyof Requests)[]) {
    const handler = handlers[name] as AnyHandler
    ipcMain.handle(`request:${name}`, (event, ...args: unknown[]) => {
      if (!isTrusted(event.senderFrame)) {
        onRefused({ name, reason: 'untrusted-sender' })
        throw new Error(`${name}: refused`)
      }
      const parsed = v.safeParse(requestArguments[name], args)
      if (!parsed.success) {
        onRefused({ name, reason: 'bad-arguments' })
        throw new Error(`${name}: ${parsed.issues[0].message}`)
      }
      return handler(...parsed.output)
    })
  }
}

/** Calls `onListening` each time our page starts to listen for a notice; what was told before, it has missed. */
export const watchListening = (isTrusted: IsTrusted, onListening: (name: keyof Notices) => void): void => {
  ipcMain.on('listening', (event, name: unknown) => {
    if (!isTrusted(event.senderFrame) || typeof name !== 'string' || !Object.hasOwn(noticeNames, name)) return
    onListening(name as keyof Notices)
  })
}

/** Tells the page of a window; nothing happens when the window is gone. */
export const notify = <Name extends keyof Notices>(
  window: BrowserWindow | null,
  name: Name,
  ...args: Notices[Name]
): void => {
  if (window !== null && !window.isDestroyed()) window.webContents.send(`notice:${name}`, ...args)
}

/**
 * Closes the synchronous channel that electron-store opens for stores in the page (its `electron-store-get-data`
 * answers the profile's path to any frame). Ours are in the main process only.
 */
export const closeStoreChannel = (): void => {
  ipcMain.removeAllListeners('electron-store-get-data')
}
