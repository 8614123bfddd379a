import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron'
import { noticeNames, requestNames, type DesktopApi, type Notices, type Requests } from './ipc.ts'

const requests = Object.fromEntries(
  Object.keys(requestNames).map((name) => [
    name,
    (...args: unknown[]): Promise<unknown> => ipcRenderer.invoke(`request:${name}`, ...args),
  ]),
) as unknown as Requests

/** Listens for one notice; the page's listener never sees the event, which would hand it `ipcRenderer`. */
const on: DesktopApi['on'] = (name, listener) => {
  if (!Object.hasOwn(noticeNames, name)) throw new Error(`No such notice: ${name}`)
  const channel = `notice:${name}`
  const forward = (_event: IpcRendererEvent, ...args: unknown[]): void =>
    listener(...(args as unknown as Notices[typeof name]))
  ipcRenderer.on(channel, forward)
  ipcRenderer.send('listening', name)
  return () => {
    ipcRenderer.removeListener(channel, forward)
  }
}

contextBridge.exposeInMainWorld('desktop', { ...requests, on } satisfies DesktopApi)
