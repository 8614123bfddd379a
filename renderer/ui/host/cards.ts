import type { HostAddress } from '#electron/ipc.ts'
import type { Texts } from '../../texts/texts.ts'
import { hostAuthority } from '../parts/addresses.ts'

type CardKind = keyof Texts['reach']['cardNames']
/**
 * What the systems call their cards. Linux: systemd.net-naming-scheme(7) and the kernel's own names; Windows shows names
 * that people gave. `en0` of macOS is a Wi-Fi on one computer and a socket on another: it has no line here.
 */
const patterns: readonly (readonly [RegExp, CardKind])[] = [
  [/^(tun|tap|wg|ppp|ipsec|utun|zt|nordlynx|tailscale|ham)\d*|vpn|wireguard/i, 'vpn'],
  [
    /^(docker|br-|veth|virbr|vmnet|vboxnet|lxc|lxd|podman|cni|bridge\d|vEthernet)|vmware|virtualbox|hyper-v|wsl/i,
    'virtual',
  ],
  [/^(wl[a-z\d]+|ath\d+|wi-?fi.*)$/i, 'wifi'],
  [/^(eth\d+|en[opsx][a-f\d][a-z\d]*|ethernet.*)$/i, 'ethernet'],
  [/^(usb\d+|rndis\d+)$/i, 'usb'],
  [/^(bnep\d+|bluetooth.*)$/i, 'bluetooth'],
]
const kindOf = (card: string): CardKind | null => patterns.find(([pattern]) => pattern.test(card))?.[1] ?? null

/** Names that people can read stay; `en0` and the like are told to be names of a card. */
const isReadable = (card: string): boolean => /[\s-]|^[A-Z]/.test(card)

interface Card {
  readonly card: string
  readonly name: string
  readonly isVirtual: boolean
  readonly addresses: readonly { readonly family: HostAddress['family']; readonly authority: string }[]
}

/** Addresses by network card, under names that people know; in the order given, virtual cards last. */
export const cardsOf = (addresses: readonly HostAddress[], port: number, words: Texts['reach']): readonly Card[] => {
  const groups = Map.groupBy(addresses, ({ card }) => card)
  const kinds = Map.groupBy(groups.keys(), kindOf)
  const nameOf = (card: string): string => {
    const kind = kindOf(card)
    if (kind === null) return isReadable(card) ? card : words.card(card)
    const isOnly = kinds.get(kind)?.length === 1
    return isOnly ? words.cardNames[kind] : isReadable(card) ? card : words.oneOf(words.cardNames[kind], card)
  }
  return [...groups]
    .map(([card, those]) => ({
      card,
      name: nameOf(card),
      isVirtual: those.some(({ isVirtual }) => isVirtual),
      addresses: those.map((address) => ({ family: address.family, authority: hostAuthority(address, port) })),
    }))
    .toSorted((one, other) => Number(one.isVirtual) - Number(other.isVirtual))
}
