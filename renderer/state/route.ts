import * as v from 'valibot'
import { formatRoomCode, RoomCode } from '#signalling/protocol.ts'
import { parseRemembered, type CallMemory } from '../call/call-memory.ts'
import type { CallState } from '../call/call-state.ts'
import type { CallView } from './call.svelte.ts'

/** The room code in an address of the page, `/r/k7mq-2xvd-9thr`; null for any other address. */
export const codeInPath = (path: string): string | null => {
  const found = /^\/r\/([^/]{1,60})\/?$/.exec(path)?.[1]
  const code = v.safeParse(RoomCode, found)
  return code.success ? code.output : null
}

/** The address that a state is shown at; null when it has none of its own and the current one stays. */
const pathOf = (state: CallState): string | null => {
  if (state.phase === 'idle') return '/'
  if (state.phase === 'green-room' || state.phase === 'joined') return `/r/${formatRoomCode(state.room.code)}`
  return null
}

/**
 * Keeps the browser's address and the call in step: entering a meeting shows its address, Back leaves it, Forward and
 * reload lead into it again. Only for a page that came from a server; the desktop app has no addresses.
 */
export const followRoute = (call: CallView, open: (code: string) => void): (() => void) => {
  const showAddress = (): void => {
    const path = pathOf(call.controls.state)
    if (path !== null && codeInPath(path) !== codeInPath(location.pathname)) history.pushState(null, '', path)
  }
  const goWhereAddressSays = (): void => {
    const code = codeInPath(location.pathname)
    const shown = codeInPath(pathOf(call.controls.state) ?? '')
    if (code === null || call.controls.state.phase === 'joined') call.goBack()
    if (code !== null && code !== shown) open(code)
  }

  const stop = call.controls.on('changed', showAddress)
  window.addEventListener('popstate', goWhereAddressSays)
  return () => {
    stop()
    window.removeEventListener('popstate', goWhereAddressSays)
  }
}

/** The first screen: Home, or the meeting of the address; back inside when this tab was in it before a reload. */
export const startAt = async (call: CallView, memory: CallMemory, open: (code: string) => void): Promise<void> => {
  const code = codeInPath(location.pathname)
  if (code === null) return
  if (parseRemembered(memory.load())?.code === code) await call.controls.resume()
  if (call.controls.state.phase === 'idle') open(code)
}
