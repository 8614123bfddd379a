import type { CallMemory } from '../call/call-memory.ts'

/** Remembers one record in this tab (or window), over reloads and no longer. What comes back is for the reader to parse. */
export const openTabMemory = (key: string): CallMemory => ({
  load: () => {
    try {
      return JSON.parse(sessionStorage.getItem(key) ?? 'null') as unknown
    } catch {
      // No storage allowed, or not ours: as if nothing was kept.
      return null
    }
  },
  save: (record) => {
    try {
      if (record === null) sessionStorage.removeItem(key)
      else sessionStorage.setItem(key, JSON.stringify(record))
    } catch {
      // No storage allowed: a reload then starts at the green room.
    }
  },
})
