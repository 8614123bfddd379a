import { StoreFault } from './store.ts'

const faultOf = (error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!code.startsWith('SQLITE_')) return error
  if (code === 'SQLITE_FULL') return new StoreFault('full', error)
  return new StoreFault(code.startsWith('SQLITE_READONLY') ? 'read-only' : 'broken', error)
}

/** Runs something that SQLite may refuse; throws a `StoreFault` then. */
export const withFaults = <T>(act: () => T): T => {
  try {
    return act()
  } catch (error) {
    throw faultOf(error)
  }
}
