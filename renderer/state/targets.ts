import type { PinnedHost, WantedHost } from '#electron/ipc.ts'
import { normaliseRoomCode } from '#signalling/protocol.ts'
import type { Invitation } from '../call/invitation.ts'
import { isPrivateAddress } from '../call/private-address.ts'

/** A room on a server. */
export interface Target {
  readonly serverUrl: string
  readonly code: string
  readonly secret: string | null
  readonly host: WantedHost | null
}

/** Null for what names no room, or no server. */
export const targetOf = (invitation: Invitation): Target | null => {
  if (!invitation.ok || invitation.serverUrl === null || invitation.code === null) return null
  const { serverUrl, code, secret, host } = invitation
  return { serverUrl, code, secret, host }
}

/** What was typed as an address is a computer on this network, or a server elsewhere that has a certificate of its own. */
export const typedHost = (serverUrl: string | null): WantedHost | null => {
  const url = serverUrl === null ? null : URL.parse(serverUrl)
  return url === null || !isPrivateAddress(url.hostname) ? null : { pin: null, addresses: [url.host] }
}

export const pinned = (host: WantedHost | null): PinnedHost | null =>
  host === null || host.pin === null ? null : { ...host, pin: host.pin }

/** However their codes are written. */
export const isSameRoom = (one: string, other: string): boolean =>
  one === other || normaliseRoomCode(one) === normaliseRoomCode(other)

/** Whether this page came from the server of that room, by whichever of its addresses. */
export const isPageOf = (pageServerUrl: string, { serverUrl, host }: Target): boolean =>
  [serverUrl, ...(host?.addresses ?? []).map((address) => `https://${address}`)].some(
    (url) => URL.parse(url)?.origin === pageServerUrl,
  )
