import type { LeaveReason, PeerId, Result } from '#signalling/protocol.ts'
import type { Entrance, Pass } from './entrance.ts'
import type { Line } from './facts.ts'
import type { Members, Wait } from './members.ts'
import type { Peer } from './peers.ts'
import { ok, refuse } from './results.ts'
import type { Claims } from './resume-tokens.ts'
import type { RoomAudience } from './room-audience.ts'
import type { RoomRecord } from './room-record.ts'

/** Who comes in. */
interface Newcomer {
  readonly id: PeerId
  readonly name: string
  readonly generation: number
}

/** A room, as far as those who come and go change it. */
interface SeatedRoom {
  readonly members: Members
  /** Null for a room that another system made. */
  readonly entrance: Entrance | null
  readonly audience: RoomAudience
  /** Something has changed that has to be written before anybody is told. */
  readonly changed: () => void
  /** Whoever looked is inside now. */
  readonly unwatch: (line: Line) => void
  /** Somebody is inside; nobody is any more. */
  readonly onOccupied: () => void
  readonly onEmptied: () => void
}

/** How people come into one room, back into it and out of it. Tells everyone concerned. */
export class RoomSeats {
  readonly #room: SeatedRoom

  constructor(room: SeatedRoom) {
    this.#room = room
  }

  get areTaken(): boolean {
    return this.#room.members.size >= this.#room.audience.capacity
  }

  /** `peerId` is new and made by the server. */
  join(peerId: PeerId, name: string, line: Line, pass: Pass = {}): Result<Peer> {
    const { entrance } = this.#room
    const refusal = entrance?.refusal(line, name, pass) ?? null
    if (refusal !== null) return refusal
    if (this.areTaken) return refuse('room-full')
    const isHost = entrance?.isHostKey(line, pass) === true
    return ok(this.#admit({ id: peerId, name, generation: 1 }, line, isHost))
  }

  /**
   * Brings a peer back under its old id: one that is away, one whose place has run out (if there is space), one of a
   * former life of the server, or one whose former connection is not known to be dead, which then loses the place.
   */
  resume(claims: Claims, line: Line): Result<Peer> {
    const { members, audience, unwatch, changed } = this.#room
    const peer = members.find(claims.peerId)
    if (peer === undefined) return this.#readmit(claims, line)
    if (peer.generation !== claims.generation) return refuse('resume-refused')
    const wasAway = peer.presence === 'away'
    unwatch(line)
    peer.generation += 1
    const tellLines = peer.comeBack(line)
    changed()
    tellLines()
    if (wasAway) audience.announce(['peer:back', { id: peer.id }], peer)
    return ok(peer)
  }

  /** On purpose and for good: no token brings this peer back. */
  leave(peer: Peer): void {
    this.#room.members.remove(peer)
    this.#removed(peer, 'left')
  }

  /** The connection of a peer is gone; its place is kept for a while. */
  lose(peer: Peer): void {
    const { members, audience, changed } = this.#room
    members.lose(peer, this.#wait)
    changed()
    audience.announce(['peer:away', { id: peer.id }], peer)
  }

  /** A host removes somebody. */
  sendOut(peer: Peer): void {
    this.#room.members.remove(peer)
    this.#removed(peer, 'removed')
    peer.sendOut(['session:removed'])
  }

  /** Goes on with a record; only while there is nobody here. All who were inside are away from now on. Tells nobody. */
  restore(record: RoomRecord): void {
    const { members, entrance, onOccupied } = this.#room
    members.restore(record, this.#wait)
    entrance?.hosts.arrive(record.peers.map(({ id }) => id))
    if (members.size > 0) onOccupied()
  }

  get #wait(): Wait {
    return {
      onKept: () => this.#room.changed(),
      onGivenUp: (peer) => this.#removed(peer, 'timed-out'),
    }
  }

  #readmit(claims: Claims, line: Line): Result<Peer> {
    const { members, entrance } = this.#room
    const { peerId, name, generation, role } = claims
    const { door, hosts } = entrance ?? {}
    if (!members.mayReturn(claims) || door?.hasRemoved(peerId) === true) return refuse('resume-refused')
    if (this.areTaken) return refuse('room-full')
    const isHost = role === 'host' || hosts?.awaits(peerId) === true
    return ok(this.#admit({ id: peerId, name, generation: generation + 1 }, line, isHost))
  }

  #admit(who: Newcomer, line: Line, isHost: boolean): Peer {
    const { members, entrance, audience, changed, unwatch, onOccupied } = this.#room
    const peer = members.add(who, line)
    unwatch(line)
    onOccupied()
    if (isHost) entrance?.hosts.add(peer.id)
    const heir = entrance?.appointHost(members.all()) ?? null
    changed()
    audience.announceArrival(peer, isHost || heir !== null)
    return peer
  }

  #removed(peer: Peer, reason: LeaveReason): void {
    const { members, entrance, audience, changed, onEmptied } = this.#room
    const wasHost = entrance?.hosts.gone(peer.id, reason === 'timed-out') === true
    const heir = entrance?.appointHost(members.all()) ?? null
    if (members.size === 0) onEmptied()
    changed()
    audience.announceDeparture({ id: peer.id, reason }, wasHost, heir)
  }
}
