import { BlockList } from 'node:net'
import type { Clock } from '../domain/clock.ts'
import { TokenBucket } from '../domain/rate-limit.ts'
import type { RateKind } from '../transports/requests.ts'
import type { ServerLimits } from '../server-limits.ts'

interface Visitor {
  connections: number
  penaltyUntil: number
  readonly bucket: TokenBucket
  readonly requests: Map<RateKind, TokenBucket>
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** `::ffff:192.168.1.2`, as dual-stack sockets write IPv4, is 192.168.1.2. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

const isLoopback = (address: string): boolean => loopback.check(address, address.includes(':') ? 'ipv6' : 'ipv4')

/** Counts the connections of the server, all together and by address, and keeps out who was thrown out for abuse. */
export class Addresses {
  readonly #limits: ServerLimits
  readonly #clock: Clock
  readonly #visitors = new Map<string, Visitor>()
  #connections = 0

  constructor(limits: ServerLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  get connections(): number {
    return this.#connections
  }

  /** Takes a place for one more connection. Answers how to give it back, or null when there is none. */
  enter(remoteAddress: string): (() => void) | null {
    const address = plainAddress(remoteAddress)
    if (this.#connections >= this.#limits.connections) return null
    if (!this.#isExempt(address) && !this.#mayEnter(address)) return null
    const visitor = this.#visitor(address)
    visitor.connections += 1
    this.#connections += 1
    return () => {
      visitor.connections -= 1
      this.#connections -= 1
    }
  }

  /** Whether one more HTTP request of this kind is within the rate of its address: that of one connection. */
  takeRequest(remoteAddress: string, kind: RateKind): boolean {
    const address = plainAddress(remoteAddress)
    if (this.#isExempt(address)) return true
    const { requests, penaltyUntil } = this.#visitor(address)
    const now = this.#clock.now()
    const { signalRate, chatRate, roomRate } = this.#limits
    const bucket =
      requests.get(kind) ?? new TokenBucket({ signal: signalRate, chat: chatRate, room: roomRate }[kind], now)
    requests.set(kind, bucket)
    return now >= penaltyUntil && bucket.take(now) === 'allowed'
  }

  /** Refuses new connections of this address for a while. */
  punish(remoteAddress: string): void {
    this.#visitor(plainAddress(remoteAddress)).penaltyUntil = this.#clock.now() + this.#limits.penaltyMs
  }

  #isExempt(address: string): boolean {
    return this.#limits.isLoopbackExempt && isLoopback(address)
  }

  #mayEnter(address: string): boolean {
    const { bucket, connections, penaltyUntil } = this.#visitor(address)
    const now = this.#clock.now()
    return bucket.take(now) === 'allowed' && connections < this.#limits.connectionsPerAddress && now >= penaltyUntil
  }

  #visitor(address: string): Visitor {
    const known = this.#visitors.get(address)
    if (known !== undefined) return known
    if (this.#visitors.size >= this.#limits.idleAddresses) this.#forgetIdle()
    const now = this.#clock.now()
    const bucket = new TokenBucket(this.#limits.connectRate, now)
    const visitor: Visitor = { connections: 0, penaltyUntil: now, bucket, requests: new Map() }
    this.#visitors.set(address, visitor)
    return visitor
  }

  #forgetIdle(): void {
    const now = this.#clock.now()
    for (const [address, { connections, penaltyUntil, bucket, requests }] of this.#visitors) {
      const isQuiet = [bucket, ...requests.values()].every((each) => each.isFull(now))
      if (connections === 0 && now >= penaltyUntil && isQuiet) this.#visitors.delete(address)
    }
  }
}
