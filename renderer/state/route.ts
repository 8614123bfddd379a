import * as v from 'valibot'
import { formatRoomCode, limits, normaliseRoomCode, PersonName } from '#signalling/protocol.ts'
import { parseRemembered, type CallMemory } from '../call/call-memory.ts'
import type { CallState } from '../call/call-state.ts'
import type { WantedHost } from '#electron/ipc.ts'
import { formatFragment, parseFragment } from '../call/invitation-fragment.ts'
import { isCode, parseInvitation, roomInPath } from '../call/invitation.ts'
import type { CallView } from './call.svelte.ts'

/** The live stream of an address of the page, `/live/garden-camera`; null for any other address. */
export const liveStreamInPath = (path: string): string | null => /^\/live\/([\w.~-]{1,64})\/?$/.exec(path)?.[1] ?? null

/** The address that a state is shown at; null when it has none of its own and the current one stays. */
const pathOf = (state: CallState): string | null => {
  if (state.phase === 'idle') return '/'
  if (state.phase === 'green-room' || state.phase === 'joined') return `/r/${formatRoomCode(state.room.code)}`
  return null
}

/** However the code in it is written, one room has one of these. */
const keyOf = (path: string): string | null => {
  const room = roomInPath(path)
  return room !== null && isCode(room) ? normaliseRoomCode(room) : room
}

/** The name that a link gives to whoever opens it, `/r/42?name=Ada`; empty where there is none. */
export const nameInAddress = (): string => {
  const given = new URLSearchParams(location.search).get('name')?.slice(0, limits.name)
  const name = v.safeParse(PersonName, given)
  return name.success && roomInPath(location.pathname) !== null ? name.output : ''
}

/** What the invitation of the page's address holds beside the room; nothing when it was damaged on its way. */
interface AddressKeys {
  readonly secret: string | null
  readonly host: WantedHost | null
}
const keysInAddress = (): AddressKeys => {
  const invitation = parseInvitation(location.href)
  return invitation.ok ? { secret: invitation.secret, host: invitation.host } : { secret: null, host: null }
}

const secretOf = (state: CallState): string | null => ('secret' in state ? state.secret : null)

/** The fragment that the address of a state has; the one that is there, when it says the same. */
const fragmentOf = (state: CallState, isThere: boolean): string => {
  const secret = secretOf(state)
  if (isThere && keysInAddress().secret === secret) return location.hash
  return secret === null ? '' : `#${formatFragment({ secret, pin: null, further: [] })}`
}

/** Of a meeting that is over, nothing stays in the address that would let anybody in. */
const forgetFragment = (): void => {
  if (parseFragment(location.hash.slice(1)) === null) return
  history.replaceState(null, '', location.pathname + location.search)
}

/** Opens a room of the page's own server. */
export type OpenRoom = (room: string, keys: AddressKeys) => void

/**
 * Keeps the browser's address and the call in step: entering a meeting shows its address with the secret of its
 * invitation, so that a reload and a copy of the address lead to the same; Back leaves it, Forward and reload lead into
 * it again. Only for a page that came from a server; the desktop app has no addresses.
 */
export const followRoute = (call: CallView, open: OpenRoom): (() => void) => {
  const showAddress = (): void => {
    const { state } = call.controls
    if (state.phase === 'ended') forgetFragment()
    const path = pathOf(state)
    if (path === null) return
    const isThere = keyOf(path) === keyOf(location.pathname)
    const fragment = fragmentOf(state, isThere)
    if (isThere && (path === '/' || fragment === location.hash)) return
    // The name that led here, or a meeting made in its place: Back leads to where one came from.
    const isNamed = path !== '/' && keyOf(location.pathname) !== null
    if (isThere) history.replaceState(null, '', location.pathname + location.search + fragment)
    else if (isNamed) history.replaceState(null, '', path + location.search + fragment)
    else history.pushState(null, '', path + fragment)
  }
  const goWhereAddressSays = (): void => {
    const { state } = call.controls
    const room = roomInPath(location.pathname)
    const keys = keysInAddress()
    const isShown =
      keyOf(location.pathname) === keyOf(pathOf(state) ?? '') && (keys.secret ?? secretOf(state)) === secretOf(state)
    if (room === null || (state.phase === 'joined' && !isShown)) call.goBack()
    if (room !== null && !isShown) open(room, keys)
  }

  const stop = call.controls.on('changed', showAddress)
  window.addEventListener('popstate', goWhereAddressSays)
  return () => {
    stop()
    window.removeEventListener('popstate', goWhereAddressSays)
  }
}

/** The first screen: Home, or the meeting of the address; back inside when this tab was in it before a reload. */
export const startAt = async (call: CallView, memory: CallMemory, open: OpenRoom): Promise<void> => {
  const room = roomInPath(location.pathname)
  if (room === null) return
  const keys = keysInAddress()
  if (parseRemembered(memory.load())?.code === keyOf(location.pathname)) await call.controls.resume()
  if (call.controls.state.phase === 'idle') open(room, keys)
}
