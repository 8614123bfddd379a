/** What every piece of the stand-in is made of: strictness, and Electron's kind of events. */
import type { EventEmitter } from 'node:events'

/** Asked of any object by Node, promises and printing; never a sign of a missing piece. */
const askedByEveryone = new Set(['then', 'toJSON', 'constructor', 'inspect', 'nodeType', 'asymmetricMatch', '$$typeof'])

/**
 * Lets `pieces` pass for an Electron object. Whatever else is asked of it throws, so that product code that uses more
 * of Electron than the stand-in copies fails loudly. Methods keep their own `this`.
 */
// The caller names the Electron type that the pieces stand for; that is the point of T.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export const strict = <T extends object>(name: string, pieces: object): T =>
  new Proxy(pieces, {
    get(target, key) {
      if (!(key in target)) {
        if (typeof key === 'symbol' || askedByEveryone.has(key)) return undefined
        throw new Error(`Not in the stand-in of Electron: ${name}.${key}`)
      }
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' && !/^class\b/.test(String(value))
        ? bound(target, value as (...args: never[]) => unknown)
        : value
    },
    set(target, key, value) {
      if (!(key in target)) throw new Error(`Not in the stand-in of Electron: ${name}.${String(key)} = …`)
      return Reflect.set(target, key, value, target)
    },
  }) as T

const boundMethods = new WeakMap<object, Map<unknown, unknown>>()

/** The same function each time, as it would be on the real object. */
const bound = (target: object, method: (...args: never[]) => unknown): unknown => {
  const known = boundMethods.get(target) ?? new Map<unknown, unknown>()
  boundMethods.set(target, known)
  const before = known.get(method)
  if (before !== undefined) return before
  const made: unknown = method.bind(target as never)
  known.set(method, made)
  return made
}

/** An event that a listener may stop, like Electron's. */
export class StoppableEvent {
  defaultPrevented = false
  readonly preventDefault = (): void => {
    this.defaultPrevented = true
  }
}

/** Emits `name` with a stoppable event (and `details` on it) first; answers whether nobody stopped it. */
export const emitStoppable = (
  emitter: EventEmitter,
  name: string,
  details: object = {},
  ...args: readonly unknown[]
): boolean => {
  const event = Object.assign(new StoppableEvent(), details)
  emitter.emit(name, event, ...args)
  return !event.defaultPrevented
}
