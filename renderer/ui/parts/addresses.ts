import type { HostAddress } from '#electron/ipc.ts'
import { isPrivateAddress } from '../../call/private-address.ts'

/** `192.168.1.20:8001`, or `[fd00::1]:8001`. */
export const hostAuthority = ({ family, address }: HostAddress, port: number): string =>
  family === 'IPv6' ? `[${address}]:${String(port)}` : `${address}:${String(port)}`

const hostnameOf = (url: string): string => URL.parse(url)?.hostname ?? ''

/** Whether an address names a computer by a name that means another computer elsewhere. */
export const isOnlyHere = (url: string): boolean => {
  const hostname = hostnameOf(url)
  return (
    hostname === 'localhost' || hostname.endsWith('.localhost') || hostname.startsWith('127.') || hostname === '[::1]'
  )
}

/** Whether the server of a meeting is the one inside this very app, which the page reaches by the loopback address. */
export const isHostedHere = (serverUrl: string, platform: string): boolean =>
  platform !== 'browser' && hostnameOf(serverUrl) === '127.0.0.1'

/** Whether a page came over https from a computer of the network around, so that the browser warned of its certificate. */
export const isFromLanHost = (address: string): boolean => {
  const url = URL.parse(address)
  return url?.protocol === 'https:' && (isPrivateAddress(url.hostname) || url.hostname.endsWith('.local'))
}
