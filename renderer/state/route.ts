import * as v from 'valibot'
import { formatRoomCode, limits, normaliseRoomCode, PersonName } from '#signalling/protocol.ts'
import { parseRemembered, type CallMemory } from '../call/call-memory.ts'
import type { CallState } from '../call/call-state.ts'
import { isCode, roomInPath } from '../call/invitation.ts'
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

/**
 * Keeps the browser's address and the call in step: entering a meeting shows its address, Back leaves it, Forward and
 * reload lead into it again. Only for a page that came from a server; the desktop app has no addresses.
 */
export const followRoute = (call: CallView, open: (room: string) => void): (() => void) => {
  const showAddress = (): void => {
    const path = pathOf(call.controls.state)
    if (path === null || keyOf(path) === keyOf(location.pathname)) return
    // The name that led here, or a meeting made in its place: Back leads to where one came from.
    const isNamed = path !== '/' && keyOf(location.pathname) !== null
    if (isNamed) history.replaceState(null, '', path + location.search)
    else history.pushState(null, '', path)
  }
  const goWhereAddressSays = (): void => {
    const room = roomInPath(location.pathname)
    const shown = keyOf(pathOf(call.controls.state) ?? '')
    if (room === null || call.controls.state.phase === 'joined') call.goBack()
    if (room !== null && keyOf(location.pathname) !== shown) open(room)
  }

  const stop = call.controls.on('changed', showAddress)
  window.addEventListener('popstate', goWhereAddressSays)
  return () => {
    stop()
    window.removeEventListener('popstate', goWhereAddressSays)
  }
}

/** The first screen: Home, or the meeting of the address; back inside when this tab was in it before a reload. */
export const startAt = async (call: CallView, memory: CallMemory, open: (room: string) => void): Promise<void> => {
  const room = roomInPath(location.pathname)
  if (room === null) return
  if (parseRemembered(memory.load())?.code === keyOf(location.pathname)) await call.controls.resume()
  if (call.controls.state.phase === 'idle') open(room)
}
