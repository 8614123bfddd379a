/** Why two computers do not reach each other: from what each of them sees, the one cause that explains it best. */
import type { LinkReport } from '#signalling/protocol.ts'

/**
 * `no-network`: it has no address at all. `ip-versions`: one speaks IPv4 alone, the other IPv6 alone. `firewall`: what one sends
 * arrives, and nothing comes back in. `vpn`: nothing arrives, and one's way out is a VPN. `other-network`: no network in
 * common, and nothing gets through. `isolated`: the same network, which keeps the two apart (guest Wi-Fi), or both
 * firewalls do. `names-blocked`: both are looked for by names, and multicast, which finds those, does not get through.
 */
export type Cause =
  | { readonly kind: 'no-network' | 'firewall'; readonly side: Side }
  | { readonly kind: 'vpn'; readonly side: Side | 'both' }
  | { readonly kind: 'ip-versions' | 'other-network' | 'isolated' | 'names-blocked' }
type Side = 'you' | 'they'

/** With fewer checks sent it is too early to say that nothing arrives: a computer that is fine sends 3 in its first second. */
const ENOUGH_CHECKS = 4

/** `192.168.1.20` is in `192.168.1`, `fd00:0:0:1::5` in `fd00:0:0:1`. Null for a name, and for what says nothing about a network. */
export const networkOf = (address: string): string | null => {
  const ipv4 = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(address)?.[1]
  if (ipv4 !== undefined) return ipv4
  if (!address.includes(':') || !URL.canParse(`http://[${address}]`)) return null
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const leading = head === '' ? [] : head.split(':')
  const trailing = tail === undefined || tail === '' ? [] : tail.split(':')
  const filling = Array.from({ length: 8 - leading.length - trailing.length }, () => '0')
  return [...leading, ...(tail === undefined ? [] : filling), ...trailing].slice(0, 4).join(':')
}

const isIPv6 = (network: string): boolean => network.includes(':')
const speaks = (side: LinkReport, version: 'IPv4' | 'IPv6'): boolean =>
  side.networks.some((network) => isIPv6(network) === (version === 'IPv6'))

const sharesVersion = (you: LinkReport, they: LinkReport): boolean =>
  you.isHidden ||
  they.isHidden ||
  (['IPv4', 'IPv6'] as const).some((version) => speaks(you, version) && speaks(they, version))

const sharesNetwork = (you: LinkReport, they: LinkReport): boolean =>
  you.networks.some((network) => they.networks.includes(network))

const hasNone = ({ networks, isHidden }: LinkReport): boolean => networks.length === 0 && !isHidden
const hears = ({ heard, answered }: LinkReport): boolean => heard + answered > 0

/** The one side of which something holds; null when it holds of none, or of both. */
const onlySide = (you: LinkReport, they: LinkReport, holds: (side: LinkReport) => boolean): Side | null => {
  if (holds(you) === holds(they)) return null
  return holds(you) ? 'you' : 'they'
}

/** Nothing of either side arrives at the other. */
const causeOfSilence = (you: LinkReport, they: LinkReport): Cause | null => {
  // A name that cannot be found is never asked.
  if (you.isHidden && they.isHidden && you.sent + they.sent === 0) return { kind: 'names-blocked' }
  if (you.sent < ENOUGH_CHECKS || they.sent < ENOUGH_CHECKS) return null
  if (you.hasVpn || they.hasVpn) return { kind: 'vpn', side: onlySide(you, they, ({ hasVpn }) => hasVpn) ?? 'both' }
  // Of whoever hides its addresses it is not known where they are.
  if (you.isHidden || they.isHidden) return null
  return { kind: sharesNetwork(you, they) ? 'isolated' : 'other-network' }
}

/**
 * The likeliest cause; the same on both sides, each seen from its own. Answers null rather than guess: somebody will go and
 * change what this names.
 */
export const findCause = (you: LinkReport, they: LinkReport): Cause | null => {
  const isolated = onlySide(you, they, hasNone)
  if (isolated !== null) return { kind: 'no-network', side: isolated }
  if (hasNone(you)) return null
  if (!sharesVersion(you, they)) return { kind: 'ip-versions' }
  const hearing = onlySide(you, they, hears)
  if (hearing !== null) {
    const [ear, deaf] = hearing === 'you' ? [you, they] : [they, you]
    return ear.sent < ENOUGH_CHECKS || ear.answered > 0 || deaf.sent === 0
      ? null
      : { kind: 'firewall', side: hearing === 'you' ? 'they' : 'you' }
  }
  return hears(you) ? null : causeOfSilence(you, they)
}
