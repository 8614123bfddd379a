import { BlockList, isIPv4 } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { isLanAddress } from './lan-address.ts'
import type { Cards } from './network-addresses.ts'

/** One network card and IP version: there multicast is sent and listened to. */
export interface LinkPlace {
  /** Changes with anything below, so that a link of another key is another link. */
  readonly key: string
  readonly card: string
  readonly family: 'IPv4' | 'IPv6'
  /** What a socket calls the card: an own IPv4 address, or `::%` and the zone. */
  readonly interface: string
  /** Own addresses on this card that others can connect to. */
  readonly addresses: readonly string[]
  /** Whether a packet from this address can have come from this card, and from nowhere else. */
  readonly isOnLink: (sender: string) => boolean
}

/** Computers with containers have dozens of cards that lead to no person. */
const MAX_PLACES = 32

const familyOf = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6')
const isIn = (list: BlockList, address: string): boolean => list.check(address, familyOf(address))

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Loopback is only ever heard on the loopback card: the system drops it on every other. */
const isLocal = (address: string): boolean => isLanAddress(address) || isIn(loopback, address)
/** RFC 4291, section 2.5.6; with or without a zone. */
export const isLinkLocalIPv6 = (address: string): boolean => /^fe[89ab][0-9a-f]:/i.test(address)

const subnetsOf = (infos: readonly NetworkInterfaceInfo[]): BlockList => {
  const subnets = new BlockList()
  for (const { address, cidr } of infos)
    if (cidr !== null) subnets.addSubnet(address, Number(cidr.split('/')[1]), familyOf(address))
  return subnets
}

const placeIPv4 = (card: string, info: NetworkInterfaceInfo, addresses: readonly string[]): LinkPlace => {
  const subnet = subnetsOf([info])
  return {
    key: [card, info.cidr, ...addresses].join(' '),
    card,
    family: 'IPv4',
    interface: info.address,
    addresses,
    isOnLink: (sender) => isIn(subnet, sender) && isLocal(sender),
  }
}

const placeIPv6 = (card: string, infos: readonly NetworkInterfaceInfo[], addresses: readonly string[]): LinkPlace => {
  const subnets = subnetsOf(infos)
  const scope = infos.find((info) => info.family === 'IPv6' && info.scopeid !== 0) as { scopeid?: number } | undefined
  const zone = process.platform === 'win32' ? String(scope?.scopeid ?? 0) : card
  return {
    key: [card, 'IPv6', zone, ...infos.map(({ cidr }) => cidr), ...addresses].join(' '),
    card,
    family: 'IPv6',
    interface: `::%${zone}`,
    addresses,
    isOnLink: (sender) =>
      isLinkLocalIPv6(sender) ? sender.endsWith(`%${zone}`) : isIn(subnets, sender) && isLocal(sender),
  }
}

const placesOfCard = (card: string, infos: readonly NetworkInterfaceInfo[]): readonly LinkPlace[] => {
  const own = infos.filter((info) => !info.internal)
  const ipv4 = own.filter((info) => info.family === 'IPv4' && isLocal(info.address))
  const ipv6 = own.filter((info) => info.family === 'IPv6')
  const addresses = own.map(({ address }) => address).filter(isLocal)
  const isOfUse = ipv6.length > 0 && addresses.length > 0
  return [
    ...ipv4.map((info) => placeIPv4(card, info, addresses)),
    ...(isOfUse ? [placeIPv6(card, ipv6, addresses)] : []),
  ]
}

/**
 * Lists where to speak and to listen: each private IPv4 address of each card, and each card with IPv6. Left out are loopback,
 * public networks, and cards on which there is no address that a page could connect to.
 */
export const placesOf = (cards: Cards): readonly LinkPlace[] =>
  Object.entries(cards)
    .flatMap(([card, infos]) => placesOfCard(card, infos ?? []))
    .slice(0, MAX_PLACES)
