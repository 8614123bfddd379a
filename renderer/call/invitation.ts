import * as v from 'valibot'
import type { PinnedHost } from '#electron/ipc.ts'
import { cleanLine, RoomAddress, RoomCode } from '#signalling/protocol.ts'
import { formatFragment, parseFragment, readAuthority, type InvitationFragment } from './invitation-fragment.ts'

/**
 * `code`: the code of a room as it was typed, or the name that another system gave it; which of them it is, the server
 * finds out. Null: the person did not say; at least one of the two is there. `secret`: base64url, 22 characters.
 * `host`: the computer that hosts, whose first address is that of `serverUrl`.
 */
export type Invitation =
  | {
      readonly ok: true
      readonly serverUrl: string | null
      readonly code: string | null
      readonly secret: string | null
      readonly host: PinnedHost | null
    }
  | { readonly ok: false }

const MAX_LENGTH = 2000
const ROOM_PATH = /^\/r\/([^/]{1,600})\/?$/
/**
 * Something that can only be an address: `192.168.1.20`, `[fd00::1]`, `localhost`, `study.local`, each with or without a
 * port, and `laptop:8001`. Dots alone make none: `2024.11.05` and `appointment.42` end in no domain, and are names.
 */
const AUTHORITY =
  /^(?:\[[\d:a-f.]+\]|localhost|\d{1,3}(?:\.\d{1,3}){3}|(?:[\w-]+\.)+[a-z][a-z-]+)(?::\d{1,5})?$|^[\w-]+:\d{1,5}$/i
/** Handed to the app by the system, which takes it from a page. */
const OWN_LINK = /^earshot:\/\/(?=[^\s/?#]+\/r\/)/
/** What is a path, a half-typed address or another scheme is no name, unless a link says that it is. */
const NOT_IN_TYPED_NAMES = /[/\\:]/

/** Answers the room of a page's path, `/r/<code or name>`, percent-decoded; null for any other path. */
export const roomInPath = (path: string): string | null => {
  const typed = ROOM_PATH.exec(path)?.[1]
  return typed === undefined ? null : parseRoom(decodeLeniently(typed))
}

/** The path of a room, by its code or its name. */
export const roomPath = (room: string): string => `/r/${encodeURIComponent(room)}`

/** Whether this can be the code of a room. Some names can, too: the server knows. */
export const isCode = (room: string): boolean => v.is(RoomCode, room)

/** A code or name; null for what is too long for one, or nothing when what cannot be seen is taken out. */
const parseRoom = (typed: string): string | null => {
  // Codes may be typed with more between their letters than a name may hold.
  if (isCode(typed)) return cleanLine(typed)
  const parsed = v.safeParse(RoomAddress, typed)
  return parsed.success ? parsed.output : null
}

const nothingPinned = { secret: null, host: null }

/** Reads `/r/<code or name>`; the root is the server itself. */
const parseUrl = (url: URL): Invitation => {
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return { ok: false }
  if (url.pathname === '/') return { ok: true, serverUrl: url.origin, code: null, ...nothingPinned }
  const code = roomInPath(url.pathname)
  const fragment = parseFragment(url.hash.slice(1))
  if (code === null || fragment === 'damaged') return { ok: false }
  if (fragment === null) return { ok: true, serverUrl: url.origin, code, ...nothingPinned }
  const host = pinnedHost(url, fragment)
  return host === 'nowhere' ? { ok: false } : { ok: true, serverUrl: url.origin, code, secret: fragment.secret, host }
}

/** A pin leads to a computer of the network around and to no other: whoever sends it has no say in what else is asked. */
const pinnedHost = (url: URL, { pin, further }: InvitationFragment): PinnedHost | null | 'nowhere' => {
  if (pin === null) return null
  const first = url.protocol === 'https:' ? readAuthority(url.host) : null
  return first === null ? 'nowhere' : { pin, addresses: [first, ...further] }
}

const decodeLeniently = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Some messengers show links without their scheme. */
const isPinned = (typed: string): boolean => {
  const fragment = parseFragment(typed.split('#')[1] ?? '')
  return fragment !== null && fragment !== 'damaged' && fragment.pin !== null
}

/** A server, and after it the room on it, as people say them one after the other. */
const parseTwoWords = (typed: string): Invitation => {
  const [first = '', ...others] = typed.split(/\s+/u)
  const rest = others.join(' ')
  const isServer = AUTHORITY.test(first) || /^https?:\/\//i.test(first)
  if (!isServer || rest === '' || NOT_IN_TYPED_NAMES.test(rest)) return { ok: false }
  const server = parseInvitation(first)
  const code = parseRoom(rest)
  if (!server.ok || server.code !== null || code === null) return { ok: false }
  return { ok: true, serverUrl: server.serverUrl, code, ...nothingPinned }
}

/**
 * Reads what people type or paste to join: a code (dashes and spaces as they like), the name of a meeting, a link
 * `http(s)://host/r/<code or name>`, the same without the scheme, the address of a server, or that and a code or name after it.
 * What could be both is an address when it looks like one. `earshot://` is `https://` for whoever has the app, with a room in
 * it. Other schemes, links with a user name in them, and invitations that were damaged on their way are none.
 */
export const parseInvitation = (text: string): Invitation => {
  const typed = text.trim()
  if (typed === '' || typed.length > MAX_LENGTH) return { ok: false }
  const [authority = ''] = typed.split(/[/?#]/, 1)
  if (OWN_LINK.test(typed)) return parseInvitation(typed.replace(OWN_LINK, 'https://'))
  const link = AUTHORITY.test(authority) ? `${isPinned(typed) ? 'https' : 'http'}://${typed}` : typed
  if (/^https?:\/\/\S*$/i.test(link)) return URL.canParse(link) ? parseUrl(new URL(link)) : { ok: false }
  const both = parseTwoWords(typed)
  if (both.ok || NOT_IN_TYPED_NAMES.test(typed)) return both
  const code = parseRoom(typed)
  return code === null ? { ok: false } : { ok: true, serverUrl: null, code, ...nothingPinned }
}

interface Formatted {
  readonly serverUrl: string
  readonly code: string
  readonly secret: string | null
  readonly host: PinnedHost | null
}

/**
 * The link that others open: in a browser it is the room's page, in the app it can be pasted. One with a host leads to
 * the first of its addresses. At most 8 are told.
 */
export const formatInvitation = ({ serverUrl, code, secret, host }: Formatted): string => {
  const [first, ...further] = host?.addresses ?? []
  const { origin } = new URL(first === undefined ? serverUrl : `https://${first}`)
  const fragment = formatFragment({ secret, pin: host?.pin ?? null, further })
  return `${origin}${roomPath(code)}${fragment === '' ? '' : `#${fragment}`}`
}
