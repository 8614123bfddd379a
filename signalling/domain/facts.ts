import type { Manner } from './manners.ts'
import type { FactName, PeerId, ServerToClient } from '#signalling/protocol.ts'

/** One fact: its name, then its payload when it has one. */
export type Fact = { [Name in FactName]: [name: Name, ...payload: Parameters<ServerToClient[Name]>] }[FactName]

/**
 * The way to somebody who is connected. The transport behind it turns facts into its own wire messages. Facts that a
 * request causes for the one who asked are delivered after the answer; that is the transport's part of the bargain.
 */
export interface Line {
  /** How whoever speaks here begins connections. */
  readonly manner: Manner
  /** Who speaks here: the peer inside, or who this will be in the room it looks at. */
  readonly peerId: PeerId
  /** Where whoever speaks here comes from (origins.ts). */
  readonly origin: string
  deliver: (fact: Fact) => void
  /** The room has let go of this line: somebody else speaks for the peer now, or the room is gone. */
  released: () => void
}
