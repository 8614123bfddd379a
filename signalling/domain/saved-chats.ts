import { createHash } from 'node:crypto'
import type { StoredChat } from '../store/store.ts'

/** Messages may hold lists and objects in each other, this deep. */
const MAX_DEPTH = 16

/** The same text for values that are equal, whatever the order of their fields. Answers null for what is nested too deep. */
const canonical = (value: unknown, depth = 0): string | null => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (depth >= MAX_DEPTH) return null
  const parts: string[] = []
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((each) => ['', each])
    : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, each] of entries) {
    const part = canonical(each, depth + 1)
    if (part === null) return null
    parts.push(Array.isArray(value) ? part : `${JSON.stringify(name)}:${part}`)
  }
  return Array.isArray(value) ? `[${parts.join()}]` : `{${parts.join()}}`
}

/** Answers null for a list that holds anything but objects, or objects that are nested too deep. */
export const toStoredChats = (chats: readonly unknown[]): StoredChat[] | null => {
  const stored: StoredChat[] = []
  for (const chat of chats) {
    if (typeof chat !== 'object' || chat === null || Array.isArray(chat)) return null
    const text = canonical(chat)
    if (text === null) return null
    stored.push({ key: createHash('sha256').update(text).digest('base64url'), json: JSON.stringify(chat) })
  }
  return stored
}

/** `from` and `chats` are what `Store.writeChats` takes; `all` is the whole list then. */
export interface MergedChats {
  readonly from: number
  readonly chats: readonly StoredChat[]
  readonly all: readonly StoredChat[]
}

/**
 * The union of what is stored and what a client sends, each message once. What the client has before a message that is
 * known goes right before that one, what it has after all that are known goes to the end: so neither of two clients that
 * save in turn finds its own messages in another order. Answers null when the client knows nothing new.
 */
export const mergeChats = (stored: readonly StoredChat[], sent: readonly StoredChat[]): MergedChats | null => {
  const places = new Map(stored.map(({ key }, place) => [key, place]))
  const seen = new Set<string>()
  const newBefore = new Map<number, StoredChat[]>()
  let waiting: StoredChat[] = []
  for (const chat of sent) {
    if (seen.has(chat.key)) continue
    seen.add(chat.key)
    const place = places.get(chat.key)
    if (place === undefined) waiting.push(chat)
    else if (waiting.length > 0) {
      newBefore.set(place, waiting)
      waiting = []
    }
  }
  if (waiting.length > 0) newBefore.set(stored.length, waiting)
  if (newBefore.size === 0) return null
  const from = Math.min(...newBefore.keys())
  const all = stored.flatMap((chat, place) => [...(newBefore.get(place) ?? []), chat])
  all.push(...(newBefore.get(stored.length) ?? []))
  return { from, chats: all.slice(from), all }
}
