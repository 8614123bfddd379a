import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { Clock } from '../domain/clock.ts'
import { TokenBucket } from '../domain/rate-limit.ts'
import { Rates } from '../transports/rates.ts'
import type { RateKind } from '../transports/requests.ts'
import type { ServerLimits } from '../server-limits.ts'

interface Visitor {
  connections: number
  penaltyUntil: number
  readonly bucket: TokenBucket
  readonly requests: Rates
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** `::ffff:192.168.1.2`, as dual-stack sockets write IPv4, is 192.168.1.2. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

const isIn = (list: BlockList, address: string): boolean => list.check(address, address.includes(':') ? 'ipv6' : 'ipv4')

export const isLoopback = (address: string): boolean => isIn(loopback, plainAddress(address))

/** `text`: an address, or a range like `10.0.0.0/8`. Answers false for what is neither. */
const addRange = (list: BlockList, text: string): boolean => {
  const [address = '', prefix, ...rest] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  if (rest.length > 0 || bits < 0) return false
  const family = bits === 32 ? 'ipv4' : 'ipv6'
  if (prefix === undefined) list.addAddress(address, family)
  else if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return false
  else list.addSubnet(address, Number(prefix), family)
  return true
}

/** Whether `TRUSTED_PROXIES` may hold this. */
export const isAddressRange = (text: string): boolean => addRange(new BlockList(), text)

/** Counts the connections of the server, all together and by address, and keeps out who was thrown out for abuse. */
export class Addresses {
  readonly #limits: ServerLimits
  readonly #clock: Clock
  readonly #proxies = new BlockList()
  readonly #visitors = new Map<string, Visitor>()
  #connections = 0

  /** `trustedProxies`: addresses and ranges of reverse proxies whose `X-Forwarded-For` is believed. */
  constructor(limits: ServerLimits, clock: Clock, trustedProxies: readonly string[] = []) {
    this.#limits = limits
    this.#clock = clock
    for (const text of trustedProxies) addRange(this.#proxies, text)
  }

  /**
   * The address that a request is counted under: of whoever connected to this server or, when that is a trusted proxy, the
   * last one in `X-Forwarded-For` that is none. What stands before it was said by the client itself.
   */
  of({
    headers,
    socket,
  }: Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string | undefined } }): string {
    const remote = plainAddress(socket.remoteAddress ?? '')
    if (!this.#isProxy(remote)) return remote
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
    const client = forwarded.map((text) => plainAddress(text.trim())).findLast((address) => !this.#isProxy(address))
    return client !== undefined && isIP(client) !== 0 ? client : remote
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
    return requests.take(kind) === 'allowed' && this.#clock.now() >= penaltyUntil
  }

  /** Refuses new connections of this address for a while. */
  punish(remoteAddress: string): void {
    this.#visitor(plainAddress(remoteAddress)).penaltyUntil = this.#clock.now() + this.#limits.penaltyMs
  }

  #isProxy(address: string): boolean {
    return isIP(address) !== 0 && isIn(this.#proxies, address)
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
    const visitor: Visitor = {
      connections: 0,
      penaltyUntil: now,
      bucket,
      requests: new Rates(this.#limits, this.#clock),
    }
    this.#visitors.set(address, visitor)
    return visitor
  }

  #forgetIdle(): void {
    const now = this.#clock.now()
    for (const [address, { connections, penaltyUntil, bucket, requests }] of this.#visitors) {
      const isQuiet = bucket.isFull(now) && requests.isFull()
      if (connections === 0 && now >= penaltyUntil && isQuiet) this.#visitors.delete(address)
    }
  }
}
