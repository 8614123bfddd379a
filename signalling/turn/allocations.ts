import { randomInt } from 'node:crypto'
import type { Cancel, Clock } from '../domain/clock.ts'
import type { ServerLimits } from '../server-limits.ts'
import { Allocation } from './allocation.ts'
import type { RelayClient } from './relay-client.ts'
import { addressKey, type PeerAddress } from './stun-address.ts'
import type { Pass } from './turn-passes.ts'

/**
 * 198.51.100.0/24 (TEST-NET-2, RFC 5737): nobody has such an address, so a packet that a peer sends there past the relay reaches
 * nobody. Not the larger 198.18.0.0/15, which proxies with made-up addresses use on people's own machines.
 */
const NETWORK = 0xc6336400
const NETWORK_MASK = 0xffffff00
/** Browsers refuse candidates below 1024. */
const PORTS = { min: 1024, max: 65535 }

/** Whether an address is one that the relay could have made up. */
export const isRelayedAddress = ({ ip }: PeerAddress): boolean => (ip & NETWORK_MASK) >>> 0 === NETWORK

const addTo = (counts: Map<string, number>, name: string, change: 1 | -1): void => {
  const count = (counts.get(name) ?? 0) + change
  if (count === 0) counts.delete(name)
  else counts.set(name, count)
}

/** All that is allocated, within the bounds; what runs out is forgotten. */
export class Allocations {
  readonly #limits: ServerLimits
  readonly #clock: Clock
  readonly #byClient = new Map<string, Allocation>()
  readonly #byRelayed = new Map<number, Allocation>()
  readonly #perUser = new Map<string, number>()
  readonly #perAddress = new Map<string, number>()
  #cancelSweep: Cancel | null = null

  constructor(limits: ServerLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  get size(): number {
    return this.#byClient.size
  }

  of(clientId: string): Allocation | null {
    return this.#alive(this.#byClient.get(clientId))
  }

  /** `peerKey`: the relayed address. */
  at(peerKey: number): Allocation | null {
    return this.#alive(this.#byRelayed.get(peerKey))
  }

  /** `quota`: this user or this address has all it may have; `full`: everybody together has. */
  create(client: RelayClient, pass: Pass, transactionId: Buffer, lifetimeMs: number): Allocation | 'quota' | 'full' {
    const { turnAllocations, turnAllocationsPerUser, turnAllocationsPerAddress } = this.#limits
    if (this.size >= turnAllocations) this.#sweep()
    if ((this.#perUser.get(pass.user) ?? 0) >= turnAllocationsPerUser) return 'quota'
    if ((this.#perAddress.get(client.address) ?? 0) >= turnAllocationsPerAddress) return 'quota'
    if (this.size >= turnAllocations) return 'full'
    const now = this.#clock.now()
    const allocation = new Allocation({
      ...{ client, pass, transactionId, limits: this.#limits, now },
      relayed: this.#freeAddress(),
      expiresAt: now + lifetimeMs,
    })
    this.#byClient.set(client.id, allocation)
    this.#byRelayed.set(allocation.relayedKey, allocation)
    addTo(this.#perUser, pass.user, 1)
    addTo(this.#perAddress, client.address, 1)
    this.#cancelSweep ??= this.#clock.schedule(this.#limits.turnSweepMs, this.#onSweep)
    return allocation
  }

  remove(allocation: Allocation): void {
    if (!this.#byClient.delete(allocation.client.id)) return
    this.#byRelayed.delete(allocation.relayedKey)
    addTo(this.#perUser, allocation.pass.user, -1)
    addTo(this.#perAddress, allocation.client.address, -1)
  }

  close(): void {
    this.#cancelSweep?.()
    this.#cancelSweep = null
    for (const allocation of this.#byClient.values()) this.remove(allocation)
  }

  /** Chosen at random, so that nobody can tell it who was not told. There are a hundred times as many as may be taken. */
  #freeAddress(): PeerAddress {
    for (;;) {
      const address = { ip: NETWORK + randomInt(1, 255), port: randomInt(PORTS.min, PORTS.max + 1) }
      if (!this.#byRelayed.has(addressKey(address))) return address
    }
  }

  #alive(allocation: Allocation | undefined): Allocation | null {
    if (allocation === undefined) return null
    if (allocation.expiresAt > this.#clock.now()) return allocation
    this.remove(allocation)
    return null
  }

  readonly #onSweep = (): void => {
    this.#sweep()
    this.#cancelSweep = this.size === 0 ? null : this.#clock.schedule(this.#limits.turnSweepMs, this.#onSweep)
  }

  #sweep(): void {
    for (const allocation of this.#byClient.values()) this.#alive(allocation)
  }
}
