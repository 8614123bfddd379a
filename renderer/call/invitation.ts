import * as v from 'valibot'
import { RoomCode } from '#signalling/protocol.ts'

/** Null: the person did not say; at least one of the two is there. */
export type Invitation =
  { readonly ok: true; readonly serverUrl: string | null; readonly code: string | null } | { readonly ok: false }

const MAX_LENGTH = 2000
const ROOM_PATH = /^\/r\/([^/]+)\/?$/
/** `192.168.1.20:8001`, `[fd00::1]:8001`, `study.local`, `localhost:8001`: something that can only be an address. */
const AUTHORITY = /^(?:\[[\d:a-f.]+\]|localhost|[\w-]+(?:\.[\w-]+)+)(?::\d{1,5})?$|^[\w-]+:\d{1,5}$/i

const parseCode = (typed: string): string | null => {
  const parsed = v.safeParse(RoomCode, typed)
  return parsed.success ? parsed.output : null
}

/** Reads `/r/<code>`; the root is the server itself. */
const parseUrl = (url: URL): Invitation => {
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return { ok: false }
  if (url.pathname === '/') return { ok: true, serverUrl: url.origin, code: null }
  const [, typed] = ROOM_PATH.exec(url.pathname) ?? []
  const code = typed === undefined ? null : parseCode(decodeLeniently(typed))
  return code === null ? { ok: false } : { ok: true, serverUrl: url.origin, code }
}

const decodeLeniently = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Reads what people type or paste to join: a code (dashes and spaces as they like), a link `http(s)://host/r/<code>`,
 * the same without the scheme, or the address of a server. Other schemes, and links with a user name in them, are none.
 */
export const parseInvitation = (text: string): Invitation => {
  const typed = text.trim()
  if (typed === '' || typed.length > MAX_LENGTH) return { ok: false }
  const code = parseCode(typed)
  if (code !== null) return { ok: true, serverUrl: null, code }
  const [authority = ''] = typed.split(/[/?#]/, 1)
  const link = AUTHORITY.test(authority) ? `http://${typed}` : typed
  return URL.canParse(link) && /^https?:\/\//i.test(link) ? parseUrl(new URL(link)) : { ok: false }
}

/** The link that others open: in a browser it is the room's page, in the app it can be pasted. */
export const formatInvitation = (serverUrl: string, code: string): string => `${new URL(serverUrl).origin}/r/${code}`
