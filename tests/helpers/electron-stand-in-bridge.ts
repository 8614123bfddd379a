/** Stand-ins of `ipcMain`, and in the page of `ipcRenderer` and `contextBridge`, which run the real built preload. */
import { EventEmitter } from 'node:events'
import type Electron from 'electron'

type IpcHandler = Parameters<Electron.IpcMain['handle']>[1]

export class IpcMainStandIn extends EventEmitter implements Pick<Electron.IpcMain, 'handle'> {
  readonly #handlers = new Map<string, IpcHandler>()

  handle(channel: string, handler: IpcHandler): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`)
    this.#handlers.set(channel, handler)
  }
  /** One message of a frame; rejects in Electron's words. */
  async invoke(event: object, channel: string, args: readonly unknown[]): Promise<unknown> {
    const handler = this.#handlers.get(channel)
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`)
    try {
      return structuredClone<unknown>(await handler(event as Electron.IpcMainInvokeEvent, ...args))
    } catch (error) {
      throw new Error(`Error invoking remote method '${channel}': ${String(error)}`, { cause: error })
    }
  }
}

/** Name of the function that Playwright puts into every frame for `ipcRenderer.invoke`. */
export const INVOKE = '__electronStandInInvoke'
/** The same for `ipcRenderer.send`. */
export const SEND = '__electronStandInSend'
/** Under this symbol the page takes notices of the main process. */
export const DELIVER = 'electron-stand-in.deliver'

/**
 * Runs in the page before its own scripts, like Electron's sandboxed preload environment: a `require` that knows
 * `electron` only, and a bridge that copies values and wraps functions, so that nothing of this world leaks.
 */
const runPreload = (
  runSource: (require: (name: string) => unknown) => void,
  names: { invoke: string; send: string; deliver: string },
) => {
  if (window !== window.top) return
  const world = globalThis as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  const invokeInMain = world[names.invoke]!
  const sendToMain = world[names.send]!
  for (const name of [names.invoke, names.send]) Reflect.deleteProperty(world, name)
  const listeners = new Map<string, Set<(...args: unknown[]) => void>>()
  Object.defineProperty(globalThis, Symbol.for(names.deliver), {
    value: (channel: string, args: unknown[]) => listeners.get(channel)?.forEach((listener) => listener({}, ...args)),
  })

  type AnyFunction = (...args: unknown[]) => unknown
  const copy = (value: unknown): unknown => {
    if (typeof value === 'function') return wrap(value as AnyFunction)
    if (value instanceof Promise)
      return value.then(copy, (error: unknown) => Promise.reject(new Error((error as Error).message)))
    return structuredClone(value)
  }
  const wrap =
    (inner: AnyFunction): AnyFunction =>
    (...args) => {
      try {
        return copy(inner(...args.map(copy)))
      } catch (error) {
        // The bridge lets no object of the other world through, a cause neither.
        // eslint-disable-next-line preserve-caught-error
        throw new Error((error as Error).message)
      }
    }
  const only = (name: string, pieces: object): object =>
    new Proxy(pieces, {
      get: (target, key) => {
        if (key in target || typeof key === 'symbol') return Reflect.get(target, key) as unknown
        throw new Error(`Not in the stand-in of Electron: ${name}.${key}`)
      },
    })
  const ipcRenderer = only('ipcRenderer', {
    invoke: (channel: string, ...args: unknown[]) => invokeInMain(channel, structuredClone(args)),
    send: (channel: string, ...args: unknown[]) => void sendToMain(channel, structuredClone(args)),
    on: (channel: string, listener: () => void) => {
      if (!listeners.has(channel)) listeners.set(channel, new Set())
      listeners.get(channel)!.add(listener)
    },
    removeListener: (channel: string, listener: () => void) => listeners.get(channel)?.delete(listener),
  })
  const contextBridge = only('contextBridge', {
    exposeInMainWorld: (key: string, api: object) => {
      const exposed = Object.fromEntries(Object.entries(api).map(([name, value]) => [name, copy(value)]))
      Object.defineProperty(globalThis, key, { value: Object.freeze(exposed), enumerable: true })
    },
  })
  runSource((name) => {
    if (name !== 'electron') throw new Error(`module not found: ${name}`)
    return only('electron', { contextBridge, ipcRenderer })
  })
}

/** The text of the script that puts a built preload into a page. */
export const preloadScript = (preload: string): string => {
  const names = JSON.stringify({ invoke: INVOKE, send: SEND, deliver: DELIVER })
  return `(${String(runPreload)})((require) => { const module = { exports: {} }, exports = module.exports;\n${preload}\n}, ${names})`
}
