import { randomBytes } from 'node:crypto'
import type { Clock } from '../domain/clock.ts'
import type { Allocation } from './allocation.ts'
import type { Allocations } from './allocations.ts'
import { addressKey, readXorPeer, xorPeer, type PeerAddress } from './stun-address.ts'
import {
  attributeOf,
  attributeTypes,
  classes,
  encodeStun,
  methods,
  paddingOf,
  unknownTypesOf,
  type StunMessage,
} from './stun-message.ts'

const CHANNEL_HEADER_BYTES = 4

/** A packet where it came in, behind at least four bytes that are of no use any more: there the next header is written. */
interface Packet {
  readonly bytes: Buffer
  readonly start: number
  readonly length: number
}

const data = ({ bytes, start, length }: Packet): Buffer => bytes.subarray(start, start + length)

/** The packet as ChannelData, without copying it unless padding is missing. */
const asChannelData = ({ bytes, start, length }: Packet, number: number, isStream: boolean): Buffer => {
  const from = start - CHANNEL_HEADER_BYTES
  bytes.writeUInt16BE(number, from)
  bytes.writeUInt16BE(length, from + 2)
  const padding = isStream ? paddingOf(length) : 0
  const end = start + length + padding
  if (padding === 0 || end <= bytes.length) return bytes.subarray(from, end)
  return Buffer.concat([bytes.subarray(from), Buffer.alloc(padding)])
}

const asIndication = (packet: Packet, from: PeerAddress): Buffer =>
  encodeStun({
    method: methods.data,
    class: classes.indication,
    transactionId: randomBytes(12),
    attributes: [
      { type: attributeTypes.xorPeerAddress, value: xorPeer(from) },
      { type: attributeTypes.data, value: data(packet) },
    ],
  })

/** Hands packets from one allocation to another. There is no way from here to anywhere else. */
export class Forwarder {
  readonly #allocations: Allocations
  readonly #clock: Clock
  packets = 0
  bytes = 0

  constructor(allocations: Allocations, clock: Clock) {
    this.#allocations = allocations
    this.#clock = clock
  }

  /** `bytes`: one ChannelData message, with or without padding. It is written to. */
  takeChannelData(from: Allocation, bytes: Buffer): void {
    if (bytes.length < CHANNEL_HEADER_BYTES) return
    const now = this.#clock.now()
    const length = bytes.readUInt16BE(2)
    const to = from.peerOf(bytes.readUInt16BE(0), now)
    if (to === null || CHANNEL_HEADER_BYTES + length > bytes.length) return
    this.#deliver(from, to, { bytes, start: CHANNEL_HEADER_BYTES, length }, now)
  }

  /** A Send indication; its bytes are written to. */
  takeIndication(from: Allocation, message: StunMessage): void {
    const value = attributeOf(message, attributeTypes.data)
    const named = attributeOf(message, attributeTypes.xorPeerAddress)
    const to = named && readXorPeer(named)
    if (value === null || to === null || to === 'ipv6' || unknownTypesOf(message).length > 0) return
    const now = this.#clock.now()
    if (!from.permits(to, now)) return
    // In front of the value stand the four bytes of type and length.
    const start = value.byteOffset - message.bytes.byteOffset
    this.#deliver(from, to, { bytes: message.bytes, start, length: value.length }, now)
  }

  #deliver(from: Allocation, address: PeerAddress, packet: Packet, now: number): void {
    const to = this.#allocations.at(addressKey(address))
    if (to?.permits(from.relayed, now) !== true || !from.budget.tryTake(now, packet.length)) return
    this.packets += 1
    this.bytes += packet.length
    const { isStream, send } = to.client
    const channel = to.channelTo(from.relayedKey, now)
    send(channel === null ? asIndication(packet, from.relayed) : asChannelData(packet, channel, isStream))
  }
}
