import { isIPv4, isIPv6 } from 'node:net'

const COOKIE_BYTES = Buffer.from('2112a442', 'hex')
const IPV4 = 1
const IPV6 = 2

/** An address in the network that the relay makes up: only IPv4. */
export interface PeerAddress {
  /** As an unsigned number. */
  readonly ip: number
  readonly port: number
}

/** Address and port in one number, as the key of a map. */
export const addressKey = ({ ip, port }: PeerAddress): number => ip * 0x10000 + port

const groupsOf = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))

const ipv6Bytes = (text: string): Buffer => {
  const [head = '', tail] = text.replace(/%.*$/, '').split('::')
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')]
  const bytes = Buffer.alloc(16)
  for (const [at, group] of before.entries()) bytes.writeUInt16BE(group, at * 2)
  for (const [at, group] of after.entries()) bytes.writeUInt16BE(group, 16 - (after.length - at) * 2)
  return bytes
}

/** Throws for what is no address. `::ffff:192.168.1.2`, as dual-stack sockets write IPv4, is 192.168.1.2. */
const addressBytes = (text: string): Buffer => {
  const plain = text.replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIPv4(plain)) return Buffer.from(plain.split('.').map(Number))
  if (isIPv6(plain)) return ipv6Bytes(plain)
  throw new Error('not an address')
}

const xorValue = (address: Buffer, port: number, transactionId: Buffer): Buffer => {
  const value = Buffer.alloc(4 + address.length)
  value.writeUInt8(address.length === 4 ? IPV4 : IPV6, 1)
  value.writeUInt16BE(port ^ COOKIE_BYTES.readUInt16BE(0), 2)
  for (const [at, byte] of address.entries())
    value.writeUInt8(byte ^ ((at < 4 ? COOKIE_BYTES[at] : transactionId[at - 4]) ?? 0), 4 + at)
  return value
}

/** Value of XOR-MAPPED-ADDRESS for an address as sockets write it. */
export const xorMapped = (address: string, port: number, transactionId: Buffer): Buffer =>
  xorValue(addressBytes(address), port, transactionId)

/** Value of XOR-RELAYED-ADDRESS and XOR-PEER-ADDRESS. */
export const xorPeer = ({ ip, port }: PeerAddress): Buffer => {
  const address = Buffer.alloc(4)
  address.writeUInt32BE(ip, 0)
  // The transaction matters only to IPv6.
  return xorValue(address, port, COOKIE_BYTES)
}

/** `ipv6`: well formed, of the other family. Null for what is not well formed. */
export const readXorPeer = (value: Buffer): PeerAddress | 'ipv6' | null => {
  if (value.length < 8) return null
  const family = value.readUInt8(1)
  if (family === IPV6 && value.length === 20) return 'ipv6'
  if (family !== IPV4 || value.length !== 8) return null
  const cookie = COOKIE_BYTES.readUInt32BE(0)
  return { ip: (value.readUInt32BE(4) ^ cookie) >>> 0, port: value.readUInt16BE(2) ^ (cookie >>> 16) }
}
