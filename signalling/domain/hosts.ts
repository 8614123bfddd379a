import type { PeerId } from '#signalling/protocol.ts'
import type { Peer } from './peers.ts'
import type { DoorRecord } from './room-record.ts'

const nobody: readonly PeerId[] = []

type HostsRecord = Pick<DoorRecord, 'hosts' | 'hadHost'>

/** Who decides about a room, or will again once they are back. Whoever is a host stays one as long as they are not gone for good. */
export class Hosts {
  readonly #mostAbsent: number
  /** In the order they became it. A set would take five times the memory, in each room. */
  #inside = nobody
  /** Their place ran out; null before that happened to any. */
  #absent: Set<PeerId> | null = null
  #hadHost: boolean

  /** Nobody is inside yet. `mostAbsent`: of those who are not, the oldest are forgotten. */
  constructor({ hosts, hadHost }: HostsRecord, mostAbsent: number) {
    this.#mostAbsent = mostAbsent
    this.#hadHost = hadHost
    if (hosts.length > 0) this.#absent = new Set(hosts)
  }

  get record(): HostsRecord {
    return { hosts: [...(this.#absent ?? []), ...this.#inside], hadHost: this.#hadHost }
  }

  /** Those inside, in the order they became it. */
  get ids(): readonly PeerId[] {
    return this.#inside
  }

  has(id: PeerId): boolean {
    return this.#inside.includes(id)
  }

  /** Whether somebody was a host when their place ran out. */
  awaits(id: PeerId): boolean {
    return this.#absent?.has(id) === true
  }

  /** Somebody inside is a host from now on. */
  add(id: PeerId): void {
    this.#absent?.delete(id)
    // Spread syntax would leave room for 16 more.
    if (!this.has(id)) this.#inside = this.#inside.concat(id)
    this.#hadHost = true
  }

  /** Of those who were hosts, these are inside by now: where a room goes on in another process. */
  arrive(ids: readonly PeerId[]): void {
    for (const id of [...(this.#absent ?? [])]) if (ids.includes(id)) this.add(id)
  }

  /** Somebody is no longer inside. `mayReturn`: as a host, then. Answers whether it was a host. */
  gone(id: PeerId, mayReturn: boolean): boolean {
    if (!this.has(id)) return false
    this.#inside = this.#inside.filter((other) => other !== id)
    if (!mayReturn) return true
    const absent = (this.#absent ??= new Set())
    absent.add(id)
    const [oldest] = absent
    if (oldest !== undefined && absent.size > this.#mostAbsent) absent.delete(oldest)
    return true
  }

  /**
   * Who has to become a host now; null when nobody has to. Of our own clients the one inside longest, before all who are away:
   * those of other systems have no way to decide anything.
   */
  heirAmong(peers: Iterable<Peer>): Peer | null {
    if (!this.#hadHost || this.#inside.length > 0) return null
    const own = [...peers].filter(({ manner }) => manner === 'perfect')
    return own.find(({ presence }) => presence === 'present') ?? own[0] ?? null
  }
}
