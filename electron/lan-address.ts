import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Where a server on this network answers. */
export interface LanEndpoint {
  /** An IP address, without brackets, in the one form that `URL` gives it. */
  readonly host: string
  /** 1024 to 65535. */
  readonly port: number
}

/** RFC 1918 and RFC 3927. */
const ipv4 = new BlockList()
ipv4.addSubnet('10.0.0.0', 8, 'ipv4')
ipv4.addSubnet('172.16.0.0', 12, 'ipv4')
ipv4.addSubnet('192.168.0.0', 16, 'ipv4')
ipv4.addSubnet('169.254.0.0', 16, 'ipv4')

/** RFC 4193. Link-local ones need a zone, which differs from computer to computer. */
const ipv6 = new BlockList()
ipv6.addSubnet('fc00::', 7, 'ipv6')

/** The one address of loopback that two apps on one computer meet at. */
const SAME_COMPUTER = '127.0.0.1'

/** Whether this IP address belongs to a network at home or at work, and neither to the internet nor to loopback. Names are none. */
export const isLanAddress = (host: string): boolean =>
  isIPv4(host) ? ipv4.check(host, 'ipv4') : isIPv6(host) && !host.includes('%') && ipv6.check(host, 'ipv6')

/** Host and port of an http(s) or ws(s) address; null when there is no server on this network at it. */
export const lanEndpointOf = (address: string): LanEndpoint | null => {
  const url = URL.parse(address)
  if (url === null || !/^(?:https?|wss?):$/.test(url.protocol)) return null
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port)
  return (isLanAddress(host) || host === SAME_COMPUTER) && port >= 1024 ? { host, port } : null
}

const ENDPOINT = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]):\d{4,5}$/i

/**
 * Reads `192.168.1.20:8001` or `[fd00::1]:8001`. Null for everything else: names, public addresses, well-known ports. Who
 * sends an invitation must not be able to choose what else this computer talks to.
 */
export const parseLanEndpoint = (text: string): LanEndpoint | null =>
  ENDPOINT.test(text) ? lanEndpointOf(`https://${text}`) : null

/** The opposite of `parseLanEndpoint`. */
export const formatLanEndpoint = ({ host, port }: LanEndpoint): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
