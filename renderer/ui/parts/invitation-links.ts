import type { HostAddress, HostState } from '#electron/ipc.ts'
import { formatInvitation } from '../../call/invitation.ts'

/** `192.168.1.20:8001`, or `[fd00::1]:8001`. */
export const hostAuthority = ({ family, address }: HostAddress, port: number): string =>
  family === 'IPv6' ? `[${address}]:${String(port)}` : `${address}:${String(port)}`

export interface InvitationLinks {
  /** Null when nobody else could use any. */
  readonly link: string | null
  /** Of the computer that hosts, best first; empty when it is not this one. */
  readonly addresses: readonly { readonly card: string; readonly authority: string; readonly isVirtual: boolean }[]
  /** The link names this computer by a name that means another computer elsewhere. */
  readonly isOnlyHere: boolean
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname.endsWith('.localhost') || hostname.startsWith('127.') || hostname === '[::1]'

/** What to give to others so that they find this meeting: by the network's addresses when this computer hosts it. */
export const invitationLinks = (serverUrl: string, code: string, host: HostState): InvitationLinks => {
  const ownHost = host.phase === 'running' && new URL(host.url).origin === new URL(serverUrl).origin ? host : null
  if (ownHost === null) {
    const isOnlyHere = isLoopback(new URL(serverUrl).hostname)
    return { link: formatInvitation(serverUrl, code), addresses: [], isOnlyHere }
  }
  const addresses = ownHost.addresses
    .toSorted((one, other) => Number(one.isVirtual) - Number(other.isVirtual))
    .map((address) => ({
      card: address.card,
      authority: hostAuthority(address, ownHost.port),
      isVirtual: address.isVirtual,
    }))
  const best = addresses[0]
  return {
    link: best ? formatInvitation(`http://${best.authority}`, code) : null,
    addresses,
    isOnlyHere: false,
  }
}
