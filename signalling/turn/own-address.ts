import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isLoopback } from '../http/addresses.ts'

const WILDCARDS: ReadonlySet<string> = new Set(['::', '0.0.0.0'])

/** Addresses that routers give out; others belong to containers, to VPNs, or to nobody (169.254). */
const PRIVATE = /^(?:192\.168|10|172\.(?:1[6-9]|2\d|3[01]))\./
/** Of bridges and tunnels: whoever is on this machine reaches them, but they come and go. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|vmnet|vboxnet|utun|tun|tap|wg|tailscale|zt)/

/**
 * An IPv4 address of this machine in its network, or null. A browser opens its sockets on the addresses of the network, and not
 * every system lets those send to 127.0.0.1.
 */
export const networkAddress = (): string | null => {
  const own = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => ({ address, rank: (VIRTUAL.test(name) ? 2 : 0) + (PRIVATE.test(address) ? 0 : 1) })),
  )
  return own.toSorted((a, b) => a.rank - b.rank)[0]?.address ?? null
}

const isLoopbackName = (name: string): boolean => name === 'localhost' || (isIP(name) !== 0 && isLoopback(name))

/**
 * The host of a `turn:` URL for a client that reached this server by this Host header; null when that is none. `listening`: the
 * address that the server listens on; undefined for all.
 */
export const relayHost = (
  header: string,
  listening: string | undefined,
  ownAddress: () => string | null,
): string | null => {
  if (!/^[\w.:[\]-]{1,255}$/.test(header)) return null
  const hostname = URL.parse(`http://${header}`)?.hostname ?? ''
  if (hostname === '') return null
  const name = hostname.replace(/^\[|\]$/g, '')
  if (!isLoopbackName(name)) return hostname
  const isEverywhere = listening === undefined || WILDCARDS.has(listening)
  return (isEverywhere ? ownAddress() : null) ?? (name === 'localhost' ? '127.0.0.1' : hostname)
}
