import type { PeerId, RoomCode, Signal } from '#signalling/protocol.ts'

export interface ReceivedSignal {
  readonly from: PeerId
  readonly signal: Signal
}

/** One of our own clients in a room; those of other systems can not resume, and are not recorded. */
export interface PeerRecord {
  readonly id: PeerId
  readonly name: string
  /** Which of its resume tokens is the current one. */
  readonly generation: number
  /** Where it was last connected from (origins.ts). */
  readonly origin: string
  /** Signals that wait for it while it is away, oldest first; null: there were too many, and none is kept any more. */
  readonly outbox: readonly ReceivedSignal[] | null
}

/** Who gets into a room of ours, and who decides about it. */
export interface DoorRecord {
  /** SHA-256 of the host key, base64url; empty when no key makes a host any more. */
  readonly keyHash: string
  /** As `hashPassword` made it. */
  readonly password: string | null
  readonly knock: boolean
  readonly locked: boolean
  /** Those who are hosts whenever they are inside, in the order they became it. */
  readonly hosts: readonly PeerId[]
  /** Whether a host was ever inside. */
  readonly hadHost: boolean
  /** Those whom hosts removed, oldest first, and where they came from. */
  readonly removed: readonly (readonly [PeerId, origin: string])[]
}

/** Everything that another process needs to know of a room to go on with it, but its chat. Plain JSON. */
export interface RoomRecord {
  readonly code: RoomCode
  readonly title: string
  readonly capacity: number
  readonly name: string | null
  readonly emptyMs: number | null
  /** Null for rooms that other systems made: whoever knows their name comes in. */
  readonly door: DoorRecord | null
  /** In the order they came. */
  readonly peers: readonly PeerRecord[]
  /** Those who left and those whose place ran out, oldest first, with the generation they may come back with; null: they may not. */
  readonly former: readonly (readonly [PeerId, number | null])[]
  /** Of peers that are neither inside nor in `former`, tokens issued until then are refused; null: none is. Milliseconds since 1970. */
  readonly forgottenUntil: number | null
}
