import type { Rate } from '../server-limits.ts'

/** Bounds and times of the server's own relay. */
export interface TurnLimits {
  /** Allocations of the server's own relay, about 2 kB each. A full room of 16 takes 480: 15 links each, by UDP and by TCP. */
  readonly turnAllocations: number
  /** Of one person: as many again on a second network card, and all of them again while the links restart. */
  readonly turnAllocationsPerUser: number
  /** Of one address, behind which several people may be. */
  readonly turnAllocationsPerAddress: number
  /** Addresses that may send to one allocation, and channels of it. Each belongs to one link. */
  readonly turnPermissions: number
  readonly turnChannels: number
  /** What one allocation sends, in bytes. More than a link ever takes: 1.8 Mbit/s of camera, and a screen. */
  readonly turnBytesRate: Rate
  /** How long what was issued for the relay is good. */
  readonly turnPassMs: number
  /** How long a nonce is good; then the client is told a new one. */
  readonly turnNonceMs: number
  /** Answers of the relay to those of one address who have shown no pass (yet): each allocation begins with one, */
  readonly turnStrangerRate: Rate
  /** and to all together. */
  readonly turnStrangersRate: Rate
  /** TCP connections to the relay; */
  readonly turnTcpConnections: number
  /** one without an allocation ends after this, */
  readonly turnIdleMs: number
  /** and packets for one that does not read are dropped when this many bytes wait. */
  readonly turnQueuedBytes: number
  /** How often allocations that have run out are looked for. */
  readonly turnSweepMs: number
}

export const defaultTurnLimits: TurnLimits = {
  turnAllocations: 3000,
  turnAllocationsPerUser: 120,
  turnAllocationsPerAddress: 1000,
  turnPermissions: 64,
  turnChannels: 64,
  turnBytesRate: { burst: 512 * 1024, perSecond: 1_000_000 },
  turnPassMs: 12 * 60 * 60_000,
  turnNonceMs: 60 * 60_000,
  turnStrangerRate: { burst: 500, perSecond: 50 },
  turnStrangersRate: { burst: 3000, perSecond: 500 },
  turnTcpConnections: 2000,
  turnIdleMs: 10_000,
  turnQueuedBytes: 256 * 1024,
  turnSweepMs: 30_000,
}
