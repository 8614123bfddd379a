import type { Clock } from '../domain/clock.ts'
import type { Allocation } from './allocation.ts'
import { isRelayedAddress, type Allocations } from './allocations.ts'
import type { RelayClient } from './relay-client.ts'
import { readXorPeer, xorPeer, type PeerAddress } from './stun-address.ts'
import { attributeOf, attributeTypes, methods, type StunAttribute, type StunMessage } from './stun-message.ts'
import { fail, lifetime, mappedAddress, succeed, type TurnAnswer } from './turn-answers.ts'
import type { Pass } from './turn-passes.ts'

/** RFC 8656, 7.2. */
const LIFETIME_MS = { default: 10 * 60_000, max: 60 * 60_000 }
const UDP = 17
const IPV4 = 1
const CHANNELS = { min: 0x4000, max: 0x4fff }

/** A request whose sender has shown a good pass. */
interface AdmittedRequest {
  readonly client: RelayClient
  readonly pass: Pass
  readonly message: StunMessage
}

/** The first byte of an attribute of four; `default` when it is not there, null when it is not well formed. */
const firstByte = (message: StunMessage, type: number, absent: number | null): number | null => {
  const value = attributeOf(message, type)
  if (value === null) return absent
  return value.length === 4 ? value.readUInt8(0) : null
}

const wantedLifetime = (message: StunMessage): number | null => {
  const value = attributeOf(message, attributeTypes.lifetime)
  if (value === null) return LIFETIME_MS.default
  return value.length === 4 ? Math.min(value.readUInt32BE(0) * 1000, LIFETIME_MS.max) : null
}

/** What speaks against an allocation that is asked for like this. */
const refusalOf = (message: StunMessage): TurnAnswer | null => {
  const { requestedTransport, requestedAddressFamily, evenPort, reservationToken } = attributeTypes
  const transport = firstByte(message, requestedTransport, null)
  if (transport === null) return fail(400)
  if (transport !== UDP) return fail(442)
  const family = firstByte(message, requestedAddressFamily, IPV4)
  const [even, token] = [attributeOf(message, evenPort), attributeOf(message, reservationToken)]
  if (family === null || (token !== null && even !== null)) return fail(400)
  if (family !== IPV4) return fail(440)
  // Neither even ports nor reservations: those were for RTCP on a port of its own.
  return token === null && even === null ? null : fail(508)
}

/** The peers that a request names; an answer when they are none that could be permitted. */
const peersOf = (message: StunMessage): readonly PeerAddress[] | TurnAnswer => {
  const named = message.attributes.filter(({ type }) => type === attributeTypes.xorPeerAddress)
  const peers = named.map(({ value }) => readXorPeer(value))
  if (peers.length === 0 || peers.includes(null)) return fail(400)
  if (peers.includes('ipv6')) return fail(443)
  const addresses = peers.filter((peer) => peer !== null && peer !== 'ipv6')
  // Browsers take this pair for failed, and go on with the others.
  return addresses.every(isRelayedAddress) ? addresses : fail(403)
}

/** Acts on requests whose senders have shown a good pass. */
export class TurnRequests {
  readonly #allocations: Allocations
  readonly #clock: Clock

  constructor(allocations: Allocations, clock: Clock) {
    this.#allocations = allocations
    this.#clock = clock
  }

  /** Null for a method that is none of TURN's. */
  answer(request: AdmittedRequest): TurnAnswer | null {
    const allocation = this.#allocations.of(request.client.id)
    if (request.message.method === methods.allocate) return this.#allocate(request, allocation)
    const act = this.#actions.get(request.message.method)
    if (act === undefined) return null
    if (allocation === null) return fail(437)
    return allocation.pass.username === request.pass.username ? act(request.message, allocation) : fail(441)
  }

  readonly #actions = new Map<number, (message: StunMessage, allocation: Allocation) => TurnAnswer>([
    [methods.refresh, (message, allocation) => this.#refresh(message, allocation)],
    [methods.createPermission, (message, allocation) => this.#permit(message, allocation)],
    [methods.channelBind, (message, allocation) => this.#bind(message, allocation)],
  ])

  #allocate({ client, pass, message }: AdmittedRequest, present: Allocation | null): TurnAnswer {
    if (present !== null) {
      const isRepeated = present.transactionId.equals(message.transactionId)
      return isRepeated ? this.#allocated(message, present) : fail(437)
    }
    const refusal = refusalOf(message)
    if (refusal !== null) return refusal
    const wanted = wantedLifetime(message)
    if (wanted === null) return fail(400)
    const lifetimeMs = Math.max(wanted, LIFETIME_MS.default)
    const created = this.#allocations.create(client, pass, message.transactionId, lifetimeMs)
    if (created === 'quota') return fail(486)
    return created === 'full' ? fail(508) : this.#allocated(message, created)
  }

  #allocated(message: StunMessage, { client, relayed, expiresAt }: Allocation): TurnAnswer {
    const address: StunAttribute = { type: attributeTypes.xorRelayedAddress, value: xorPeer(relayed) }
    return succeed(address, lifetime(expiresAt - this.#clock.now()), mappedAddress(client, message))
  }

  #refresh(message: StunMessage, allocation: Allocation): TurnAnswer {
    const family = firstByte(message, attributeTypes.requestedAddressFamily, IPV4)
    const wanted = wantedLifetime(message)
    if (family === null || wanted === null) return fail(400)
    if (family !== IPV4) return fail(443)
    if (wanted === 0) {
      this.#allocations.remove(allocation)
      return succeed(lifetime(0))
    }
    const lifetimeMs = Math.max(wanted, LIFETIME_MS.default)
    allocation.expiresAt = this.#clock.now() + lifetimeMs
    return succeed(lifetime(lifetimeMs))
  }

  #permit(message: StunMessage, allocation: Allocation): TurnAnswer {
    const peers = peersOf(message)
    if ('ok' in peers) return peers
    return allocation.permit(peers, this.#clock.now()) ? succeed() : fail(508)
  }

  #bind(message: StunMessage, allocation: Allocation): TurnAnswer {
    const wanted = attributeOf(message, attributeTypes.channelNumber)
    if (wanted?.length !== 4) return fail(400)
    const number = wanted.readUInt16BE(0)
    if (number < CHANNELS.min || number > CHANNELS.max) return fail(400)
    const peers = peersOf(message)
    if ('ok' in peers) return peers
    const [peer] = peers
    if (peer === undefined) return fail(400)
    const outcome = allocation.bind(number, peer, this.#clock.now())
    if (outcome === 'conflict') return fail(400)
    return outcome === 'full' ? fail(508) : succeed()
  }
}
