/** Everybody on this machine. A reverse proxy that the server was not told of is here as well, and all who come through it. */
export const LOOPBACK = 'loopback'

/** The network half of an IPv6 address, in groups. */
const networkOf = (address: string): readonly string[] => {
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array.from({ length: gap }, () => '0'), ...right].slice(0, 4)
}

/**
 * Where somebody comes from, as the rooms know it: an IPv4 address, or the /64 of an IPv6 address, since whoever has one
 * address of such a network has all of them. What is an origin already stays as it is.
 */
export const originOf = (address: string): string => {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  if (plain === '::1' || plain.startsWith('127.')) return LOOPBACK
  if (!plain.includes(':')) return plain
  const groups = networkOf(plain).map((group) => group.replace(/^0+(?=.)/, ''))
  return `${groups.join(':')}::/64`
}
