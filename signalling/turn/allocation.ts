import { TokenBucket } from '../domain/rate-limit.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { RelayClient } from './relay-client.ts'
import { addressKey, type PeerAddress } from './stun-address.ts'
import type { Pass } from './turn-passes.ts'

/** RFC 8656, 9 and 12. */
const PERMISSION_MS = 5 * 60_000
const CHANNEL_MS = 10 * 60_000

interface Channel {
  readonly number: number
  readonly peer: PeerAddress
  expiresAt: number
}

interface AllocationOptions {
  readonly client: RelayClient
  readonly pass: Pass
  readonly relayed: PeerAddress
  /** Of the request that made it: a repetition is answered the same. */
  readonly transactionId: Buffer
  readonly expiresAt: number
  readonly limits: ServerLimits
  readonly now: number
}

/** What one client may send and receive through the relay. Its address is a name in memory: no socket stands behind it. */
export class Allocation {
  readonly client: RelayClient
  readonly pass: Pass
  readonly relayed: PeerAddress
  readonly relayedKey: number
  readonly transactionId: Buffer
  /** Bytes that it may send. */
  readonly budget: TokenBucket
  expiresAt: number
  readonly #limits: ServerLimits
  /** When it ends, by the address that may send to this one. */
  readonly #permissions = new Map<number, number>()
  readonly #byNumber = new Map<number, Channel>()
  readonly #byPeer = new Map<number, Channel>()

  constructor({ client, pass, relayed, transactionId, expiresAt, limits, now }: AllocationOptions) {
    this.client = client
    this.pass = pass
    this.relayed = relayed
    this.relayedKey = addressKey(relayed)
    // Not the part of the buffer of a whole message.
    this.transactionId = Buffer.from(transactionId)
    this.budget = new TokenBucket(limits.turnBytesRate, now)
    this.expiresAt = expiresAt
    this.#limits = limits
  }

  /** Whether packets from this address are wanted, and may be sent there. */
  permits({ ip }: PeerAddress, now: number): boolean {
    return (this.#permissions.get(ip) ?? 0) > now
  }

  /** All of them or none. Answers false when there is no place for so many. */
  permit(peers: readonly PeerAddress[], now: number): boolean {
    if (this.#permissions.size + peers.length > this.#limits.turnPermissions) this.#forgetExpired(now)
    const fresh = new Set(peers.map(({ ip }) => ip).filter((ip) => !this.#permissions.has(ip)))
    if (this.#permissions.size + fresh.size > this.#limits.turnPermissions) return false
    for (const { ip } of peers) this.#permissions.set(ip, now + PERMISSION_MS)
    return true
  }

  /** Also permits the peer. `conflict`: the number belongs to another peer, or the peer has another number. */
  bind(number: number, peer: PeerAddress, now: number): 'bound' | 'conflict' | 'full' {
    this.#forgetExpired(now)
    const [known, other] = [this.#byNumber.get(number), this.#byPeer.get(addressKey(peer))]
    if (known !== other) return 'conflict'
    if (known === undefined && this.#byNumber.size >= this.#limits.turnChannels) return 'full'
    if (!this.permit([peer], now)) return 'full'
    const channel = known ?? { number, peer, expiresAt: 0 }
    channel.expiresAt = now + CHANNEL_MS
    this.#byNumber.set(number, channel)
    this.#byPeer.set(addressKey(peer), channel)
    return 'bound'
  }

  /** Whom a channel leads to. */
  peerOf(number: number, now: number): PeerAddress | null {
    const channel = this.#byNumber.get(number)
    return channel !== undefined && channel.expiresAt > now ? channel.peer : null
  }

  /** The channel that leads to an address. */
  channelTo(peerKey: number, now: number): number | null {
    const channel = this.#byPeer.get(peerKey)
    return channel !== undefined && channel.expiresAt > now ? channel.number : null
  }

  #forgetExpired(now: number): void {
    for (const [ip, end] of this.#permissions) if (end <= now) this.#permissions.delete(ip)
    for (const { number, peer, expiresAt } of this.#byNumber.values()) {
      if (expiresAt > now) continue
      this.#byNumber.delete(number)
      this.#byPeer.delete(addressKey(peer))
    }
  }
}
