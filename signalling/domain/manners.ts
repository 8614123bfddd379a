import type { PeerId } from '#signalling/protocol.ts'

/**
 * How the wire of a peer lets it begin a connection. `perfect`: either side may offer at any time (our own clients).
 * `insider-offers`: offers to whoever arrives after it, and answers whoever was there. `one-opponent`: is told of one
 * other when it arrives, and offers to that one; answers everyone else. `answers`: never offers to a stranger.
 */
export type Manner = 'perfect' | 'insider-offers' | 'one-opponent' | 'answers'

export interface Mannered {
  readonly id: PeerId
  readonly manner: Manner
  /** Whom a `one-opponent` was told of when it arrived. */
  readonly opponent: PeerId | null
}

/** Who of two has to offer so that exactly one does. `either`: both negotiate perfectly, and newcomers begin. */
export type Offerer = 'either' | 'insider' | 'newcomer'

export const offererOf = (insider: Mannered, newcomer: Mannered): Offerer => {
  if (insider.manner === 'answers') return newcomer.manner === 'answers' ? 'insider' : 'newcomer'
  switch (newcomer.manner) {
    case 'answers':
    case 'insider-offers':
      return 'insider'
    case 'one-opponent':
      return newcomer.opponent === insider.id ? 'newcomer' : 'insider'
    case 'perfect':
      if (insider.manner === 'perfect') return 'either'
      return insider.manner === 'one-opponent' ? 'newcomer' : 'insider'
  }
}

/** The one that a `one-opponent` is told of: the first inside that waits for an offer. */
export const opponentAmong = (insiders: Iterable<Mannered>): PeerId | null => {
  for (const { id, manner } of insiders) if (manner === 'perfect' || manner === 'one-opponent') return id
  return null
}
