import type { NetworkInterfaceInfo } from 'node:os'
import type { HostAddress } from './ipc.ts'

/** `os.networkInterfaces()`, or what a test has instead. */
export type Cards = Readonly<Partial<Record<string, readonly NetworkInterfaceInfo[]>>>

/** Containers, virtual machines and VPNs, by the names their cards have on Linux, macOS and Windows. */
const VIRTUAL =
  /^(docker|veth|br-|virbr|vmnet|vboxnet|lxc|lxd|cni|flannel|podman|tailscale|zt|utun|tun|tap|wg|ham|ppp|bridge\d|anpi|llw|awdl)|vEthernet|VirtualBox|VMware|Hyper-V|WSL|Tailscale|ZeroTier|WireGuard|OpenVPN|TAP-|Hamachi/i

/** Of those, the ones that lead through another network; the rest lead to other systems on this computer, or out of it. */
const VPN = /^(tailscale|zt|utun|tun|tap|wg|ham|ppp)|Tailscale|ZeroTier|WireGuard|OpenVPN|TAP-|Hamachi/i

/** Whether `address` is that of a VPN's card. */
export const isOfVpn = (cards: Cards, address: string | null): boolean =>
  Object.entries(cards).some(
    ([card, infos]) => VPN.test(card) && infos?.some((info) => info.address === address) === true,
  )

/** RFC 1918, the addresses of home and office networks. */
const isPrivateIPv4 = (address: string): boolean => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address)

/** RFC 3927 and RFC 4291, section 2.5.6. IPv6 ones need a zone that differs from computer to computer. */
const isLinkLocal = (address: string): boolean => /^(169\.254\.|fe[89ab])/i.test(address)

const toAddress = (card: string, info: NetworkInterfaceInfo): HostAddress => ({
  card,
  family: info.family,
  address: info.address,
  isVirtual: VIRTUAL.test(card),
})

/** The lower the better: the way to the internet, other real cards, IPv6, then what most people cannot reach. */
const rank = (address: HostAddress, defaultAddress: string | null): number => {
  if (isLinkLocal(address.address)) return 5
  if (address.isVirtual) return 4
  if (address.address === defaultAddress) return 0
  if (address.family === 'IPv6') return 3
  return isPrivateIPv4(address.address) ? 1 : 2
}

/**
 * Lists the addresses others may reach this computer by, best first; within a rank the system's order stays.
 * `defaultAddress` is the one that packets to the internet leave by, null when unknown. Loopback and link-local IPv6
 * are left out, link-local IPv4 too unless there is nothing else (two laptops and a cable).
 */
export const rankAddresses = (cards: Cards, defaultAddress: string | null): readonly HostAddress[] => {
  const ranked = Object.entries(cards)
    .flatMap(([card, infos]) => (infos ?? []).filter((info) => !info.internal).map((info) => toAddress(card, info)))
    .filter((address) => address.family === 'IPv4' || !isLinkLocal(address.address))
    .map((address) => ({ address, rank: rank(address, defaultAddress) }))
    .sort((a, b) => a.rank - b.rank)
  const routable = ranked.filter((each) => !isLinkLocal(each.address.address))
  return (routable.length > 0 ? routable : ranked).map((each) => each.address)
}
