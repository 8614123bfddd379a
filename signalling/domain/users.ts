import type { ServerLimits } from '../server-limits.ts'
import type { Cancel, Clock } from './clock.ts'
import type { CallFact } from './calls-facts.ts'
import type { ClaimStore } from './identity-claims.ts'

/** What a system that knows users calls one of them: chosen by the client, one printable line. */
export type UserId = string

/** One connection of a user. */
export interface Device {
  /** Where it connects from. Whoever joins without a key shortly after a loss, from the same place, is taken for the same user. */
  readonly address: string
  readonly tell: (fact: CallFact) => void
}

export type JoinRefusal = 'user-id-taken' | 'server-full'

interface User {
  /** Fingerprint of the key that was proved; null for who has none. */
  key: string | null
  readonly devices: Set<Device>
  /** Where the last of its devices was lost, and when; null while there is one. */
  away: { readonly since: number; readonly address: string; readonly stopWaiting: Cancel } | null
}

interface UsersOptions {
  readonly limits: Pick<ServerLimits, 'users' | 'awayMs'>
  readonly clock: Clock
  readonly claims: ClaimStore
}

/**
 * Who is there, on which devices. An id belongs to the key it was claimed with; without a key, to whoever came first,
 * while connected and for `awayMs` after a loss.
 */
export class Users {
  readonly #options: UsersOptions
  readonly #users = new Map<UserId, User>()
  #isClosed = false
  /** Told of everybody who is gone for good. */
  onGone: (userId: UserId) => void = () => undefined

  constructor(options: UsersOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#users.size
  }

  devicesOf(userId: UserId): Iterable<Device> {
    return this.#users.get(userId)?.devices ?? []
  }

  isOnline(userId: UserId): boolean {
    return (this.#users.get(userId)?.devices.size ?? 0) > 0
  }

  /** Since when a user without a connection is waited for; null for everybody else. */
  awaySince(userId: UserId): number | null {
    return this.#users.get(userId)?.away?.since ?? null
  }

  /** Why nobody with this key (null: without one) may join from there now. */
  refusal(userId: UserId, address: string, key: string | null): JoinRefusal | null {
    const claimedBy = this.#options.claims.find(userId, this.#options.clock.now())
    if (claimedBy !== null && claimedBy !== key) return 'user-id-taken'
    const user = this.#users.get(userId)
    if (user === undefined) return this.#users.size >= this.#options.limits.users ? 'server-full' : null
    if (user.key !== null) return user.key === key ? null : 'user-id-taken'
    return user.away?.address === address ? null : 'user-id-taken'
  }

  /** `key` is the fingerprint of one that was proved. Answers why not, or null; a refused join changes nothing. */
  join(userId: UserId, device: Device, key: string | null): JoinRefusal | null {
    const refusal = this.refusal(userId, device.address, key)
    if (refusal !== null) return refusal
    if (key !== null && !this.#options.claims.keep(userId, key, this.#options.clock.now())) return 'server-full'
    const user = this.#users.get(userId) ?? { key, devices: new Set<Device>(), away: null }
    user.away?.stopWaiting()
    user.away = null
    user.key = key
    user.devices.add(device)
    this.#users.set(userId, user)
    return null
  }

  /** The connection is gone; the id is kept for a while if it was the last. */
  lost(userId: UserId, device: Device): void {
    if (this.#isClosed) return
    const user = this.#users.get(userId)
    if (!user?.devices.delete(device) || user.devices.size > 0) return
    const { clock, limits } = this.#options
    const stopWaiting = clock.schedule(limits.awayMs, () => this.#forget(userId))
    user.away = { since: clock.now(), address: device.address, stopWaiting }
  }

  /** On purpose: the id is free at once if it was the last device. */
  leave(userId: UserId, device: Device): void {
    const user = this.#users.get(userId)
    if (user?.devices.delete(device) && user.devices.size === 0) this.#forget(userId)
  }

  /** Stops all waiting; tells nobody. */
  close(): void {
    this.#isClosed = true
    for (const { away } of this.#users.values()) away?.stopWaiting()
    this.#users.clear()
  }

  #forget(userId: UserId): void {
    this.#users.delete(userId)
    this.onGone(userId)
  }
}
