import type { PeerInfo } from '#signalling/protocol.ts'
import { offererOf, type Mannered } from './manners.ts'
import type { Peer } from './peers.ts'

/** Whoever looks is one of our own clients, and would come in as the newest. */
const ONLOOKER: Mannered = { id: '', manner: 'perfect', opponent: null }

/** A peer as another sees it. `isEarlier`: it was inside before the other came. */
export const infoFor = (viewer: Mannered, peer: Peer, isEarlier: boolean): PeerInfo => {
  const offerer = isEarlier ? offererOf(peer, viewer) : offererOf(viewer, peer)
  if (offerer === 'either') return peer.info
  return { ...peer.info, offer: (offerer === 'insider') === isEarlier ? 'they' : 'you' }
}

/** All who are inside, as one of them sees it; as whoever looks does when there is no `viewer`. */
export const infosFor = (viewer: Peer | null, peers: Iterable<Peer>): readonly PeerInfo[] => {
  const infos: PeerInfo[] = []
  let isEarlier = true
  for (const peer of peers) {
    if (peer === viewer) isEarlier = false
    infos.push(peer === viewer ? peer.info : infoFor(viewer ?? ONLOOKER, peer, isEarlier))
  }
  return infos
}
