import type { HostAddress, HostState, PinnedHost } from '#electron/ipc.ts'
import type { CallState } from '../call/call-state.ts'
import { readAuthority } from '../call/invitation-fragment.ts'
import { formatInvitation } from '../call/invitation.ts'
import { isLinkLocal, isPrivateAddress } from '../call/private-address.ts'

/** More would make the QR code too fine to be read from a screen at some distance. */
const MAX_ADDRESSES = 4

type Running = Extract<HostState, { phase: 'running' }>
/** In a meeting, or in front of one. */
export type MeetingState = Extract<CallState, { phase: 'green-room' | 'joined' }>

/** Whether this is the server inside this very app, as far as it runs. */
export const isHostedBy = (host: HostState, serverUrl: string): host is Running =>
  host.phase === 'running' && URL.parse(serverUrl)?.origin === URL.parse(host.url)?.origin

const hostnameOf = ({ family, address }: HostAddress): string => (family === 'IPv6' ? `[${address}]` : address)

/**
 * Those that others on the network can come by, best first, virtual cards last. Link-local IPv4 addresses only when there
 * are no others (two computers and a cable); link-local IPv6 addresses never, since they need a zone of whoever opens them.
 */
export const usableAuthorities = ({ addresses, port }: Running): readonly string[] => {
  const sorted = addresses.toSorted((one, other) => Number(one.isVirtual) - Number(other.isVirtual)).map(hostnameOf)
  const isPrivate = sorted.filter((hostname) => isPrivateAddress(hostname) && !isLoopback(hostname))
  const routed = isPrivate.filter((hostname) => !isLinkLocal(hostname))
  const usable = routed.length > 0 ? routed : isPrivate.filter((hostname) => !hostname.startsWith('['))
  return usable.map((hostname) => `${hostname}:${String(port)}`)
}

const isLoopback = (hostname: string): boolean => hostname.startsWith('127.') || hostname === '[::1]'

/** Null when this computer hosts and nobody else can reach it; without a pin when it has public addresses only. */
const ownLink = ({ room, secret }: MeetingState, host: Running): string | null => {
  const { code } = room
  const authorities = usableAuthorities(host).slice(0, MAX_ADDRESSES)
  const pinned = authorities.length > 0 ? { pin: host.identity.pin, addresses: authorities } : null
  if (pinned) return formatInvitation({ serverUrl: host.url, code, secret, host: pinned })
  const [other] = host.addresses.filter((address) => !isLinkLocal(hostnameOf(address)))
  if (other === undefined) return null
  return formatInvitation({
    serverUrl: `https://${hostnameOf(other)}:${String(host.port)}`,
    ...{ code, secret, host: null },
  })
}

/** The computer of somebody inside that hosts in the place of the one of the invitation; null as long as none does. */
export const nextHostOf = (state: MeetingState): PinnedHost | null => {
  if (state.phase !== 'joined' || state.hosting.phase !== 'other') return null
  const { pin, addresses } = state.hosting.host
  // Told by somebody: what leads to no computer of the network around is not passed on.
  const usable = addresses.filter((address) => readAuthority(address) !== null).slice(0, MAX_ADDRESSES)
  return pin === '' || usable.length === 0 ? null : { pin, addresses: usable }
}

/**
 * The link that others open to come into this meeting, at the computer that hosts it now. `known`: the one that the own
 * invitation pinned, when there was one.
 */
export const linkTo = (state: MeetingState, host: HostState, known: PinnedHost | null): string | null => {
  const { serverUrl, room, secret } = state
  if (isHostedBy(host, serverUrl)) return ownLink(state, host)
  return formatInvitation({ serverUrl, code: room.code, secret, host: nextHostOf(state) ?? known })
}
