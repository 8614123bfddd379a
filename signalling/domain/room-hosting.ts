import type { PeerId, Refusal, Result, RoomDetails } from '#signalling/protocol.ts'
import type { Attempts } from './attempts.ts'
import type { DoorChange } from './door.ts'
import type { Entrance } from './entrance.ts'
import type { Line } from './facts.ts'
import type { Members } from './members.ts'
import { hashPassword } from './passwords.ts'
import type { Peer } from './peers.ts'
import { ok, refuse } from './results.ts'
import type { RoomAudience } from './room-audience.ts'

/** What a host wishes; what is undefined stays as it is. `password`: as it was typed, null takes it away. */
export interface RoomChange extends DoorChange {
  readonly title?: string | undefined
  readonly capacity?: number | undefined
}

/** A room, as far as those who act for its hosts may reach into it. */
export interface HostedRoom {
  readonly entrance: Entrance
  readonly members: Members
  readonly audience: RoomAudience
  readonly attempts: Attempts
  /** Something has changed that has to be written before anybody is told. */
  readonly changed: () => void
  readonly sendOut: (peer: Peer) => void
  readonly end: () => void
}

/** Whoever acts as a host: inside, or in front of the room with the key of the hosts. */
export type Actor = Pick<Peer, 'id' | 'origin'>

/** What one host does in a room. A refused request has changed nothing. */
export class RoomHosting {
  readonly #room: HostedRoom
  readonly #host: Actor

  constructor(room: HostedRoom, host: Actor) {
    this.#room = room
    this.#host = host
  }

  change({ title, capacity, password, ...door }: RoomChange): Result<RoomDetails> {
    const { attempts, entrance, audience } = this.#room
    const isNewPassword = typeof password === 'string'
    if (isNewPassword && !attempts.mayHash(this.#host.origin)) return refuse('too-many-requests')
    entrance.door.change({ ...door, password: isNewPassword ? hashPassword(password) : password })
    audience.title = title ?? audience.title
    audience.capacity = capacity ?? audience.capacity
    const [declined, admitted] = this.#endWaits()
    this.#room.changed()
    audience.announceDetails()
    for (const line of declined) line.deliver(['knock:answered', { admitted: false }])
    for (const line of admitted) line.deliver(['knock:answered', { admitted: true }])
    if (declined.length + admitted.length > 0) audience.announceKnocks()
    return ok(audience.details)
  }

  /** Everybody is sent out, and nothing leads back. */
  end(): void {
    this.#room.end()
  }

  answerKnock(id: PeerId, admit: boolean): Refusal | null {
    const { knocks } = this.#room.entrance
    const line = admit ? knocks.admit(id) : knocks.decline(id)
    if (line === null) return refuse('peer-not-found')
    line.deliver(['knock:answered', { admitted: admit }])
    this.#room.audience.announceKnocks()
    return null
  }

  /** Clients of other systems have no word for it. */
  mute(id: PeerId): Refusal | null {
    const peer = this.#room.members.find(id)
    if (peer === undefined) return refuse('peer-not-found')
    if (peer.manner !== 'perfect') return refuse('bad-request', 'The app of that person can not be asked for that.')
    for (const each of this.#room.members.all()) each.deliverSurely(['peer:muted', { id, by: this.#host.id }])
    return null
  }

  remove(id: PeerId): Refusal | null {
    if (id === this.#host.id) return refuse('bad-request', 'Leave, rather.')
    const { members, entrance } = this.#room
    const peer = members.find(id)
    if (peer === undefined) return refuse('peer-not-found')
    entrance.door.remove(id, peer.origin)
    this.#room.sendOut(peer)
    return null
  }

  promote(id: PeerId): Refusal | null {
    const { members, entrance } = this.#room
    const peer = members.find(id)
    if (peer === undefined) return refuse('peer-not-found')
    if (peer.manner !== 'perfect') return refuse('bad-request', 'The app of that person can not do what a host does.')
    if (entrance.hosts.has(id)) return null
    entrance.hosts.add(id)
    this.#room.changed()
    this.#room.audience.announceHost(peer)
    return null
  }

  /** Of those for whom the door has changed: nobody comes into a locked room, and not everybody has to wait in front of another. */
  #endWaits(): readonly [declined: readonly Line[], admitted: readonly Line[]] {
    const { entrance } = this.#room
    if (entrance.waiting.length === 0) return [[], []]
    const { door, knocks } = entrance
    if (door.info.locked) return [knocks.dismiss(() => true), []]
    return [[], knocks.dismiss(({ origin }) => !door.hasToKnock(origin))]
  }
}
