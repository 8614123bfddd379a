import { limits as wire, type Inheritance, type PeerId, type Succession, type Will } from '#signalling/protocol.ts'
import type { Entrance } from './entrance.ts'
import type { Fact } from './facts.ts'
import type { Members } from './members.ts'
import { LOOPBACK } from './origins.ts'
import type { Peer } from './peers.ts'
import type { RoomAudience } from './room-audience.ts'
import type { DoorRecord } from './room-record.ts'
import { leadsTo, type HostSigner } from './wills.ts'

/** Of a server on somebody's own computer, whose rooms others can go on with. */
export interface SuccessionContext {
  readonly signer: HostSigner
  /** Whoever shows it may have this server go on with rooms of others; null: nobody may. */
  readonly ownerKey: string | null
}

/** What whoever goes on with a room has to know of it beside its people and its chat. Plain JSON. */
export interface Estate {
  readonly title: string
  readonly capacity: number
  readonly door: DoorRecord
}

/** As heirs hold it, at most `limits.estate`: when it is longer, those who were removed first are left out. */
export const estateText = (estate: Estate): string => {
  const { removed } = estate.door
  let excess = JSON.stringify(estate).length - wire.estate
  let first = 0
  for (; first < removed.length && excess > 0; first += 1) excess -= JSON.stringify(removed[first]).length + 1
  return JSON.stringify({ ...estate, door: { ...estate.door, removed: removed.slice(first) } })
}

/** Somebody who stands as an heir, or is at the computer that hosts. */
interface Standing {
  readonly pin: string
  /** The estate that this one was told last; null: none. */
  estate: string | null
}

const textOf = (succession: Succession): string => JSON.stringify(succession)

interface InheritedRoom {
  readonly members: Members
  readonly audience: RoomAudience
  readonly entrance: Entrance
  readonly signer: HostSigner
  /** By which this computer goes on with it; null when nobody hosted it before. */
  readonly adopted: Will | null
}

/** Who can go on with one room when the computer that hosts it is gone, and what they have to know for that. */
export class RoomSuccession {
  readonly #room: InheritedRoom
  /** In the order they stood up; null before anybody did. */
  #standing: Map<PeerId, Standing> | null = null
  /** What everybody was told last, as text. */
  #told = textOf({ host: null, heirs: [] })

  constructor(room: InheritedRoom) {
    this.#room = room
  }

  /** A guest who claims the key of the server is not on its machine, and is not listed. */
  get view(): Succession {
    const { signer, members } = this.#room
    const standing = [...members.all()].flatMap((peer) => {
      const pin = this.#standing?.get(peer.id)?.pin
      return pin === undefined ? [] : [{ peer, pin }]
    })
    const host = standing.find(({ peer, pin }) => pin === signer.pin && peer.origin === LOOPBACK)
    const heirs = standing.filter(({ pin }) => pin !== signer.pin).map(({ peer: { id }, pin }) => ({ id, pin }))
    return { host: host?.peer.id ?? null, heirs }
  }

  /** From the first computer that hosted the room to this one; null when this is the first, or its key is another one now. */
  get will(): Will | null {
    const { adopted, audience, signer } = this.#room
    return adopted !== null && leadsTo(adopted, { code: audience.code, to: signer.pin }) ? adopted : null
  }

  /** What of it outlives a restart. */
  get saved(): { readonly will: Will } | null {
    const { adopted } = this.#room
    return adopted && { will: adopted }
  }

  has(id: PeerId): boolean {
    return this.#standing?.has(id) === true
  }

  /** Somebody inside stands from now on, or with another key than before. */
  stand(peer: Peer, pin: string): Inheritance {
    const isHost = pin === this.#room.signer.pin
    const estate = isHost ? null : this.#estate
    this.#standing ??= new Map()
    this.#standing.set(peer.id, { pin, estate })
    this.changed()
    return { will: isHost ? null : this.#willTo(pin), estate: estate ?? '' }
  }

  /** Something has changed about the room or those inside: tells everybody whom that concerns. */
  changed(): void {
    if (this.#standing === null) return
    const { members } = this.#room
    for (const id of [...this.#standing.keys()]) if (members.find(id) === undefined) this.#standing.delete(id)
    const { view } = this
    const text = textOf(view)
    if (text !== this.#told) this.#tell(['succession:changed', view])
    this.#told = text
    if (view.heirs.length > 0) this.#tellEstate(view)
  }

  get #estate(): string {
    const { audience, entrance } = this.#room
    return estateText({ title: audience.title, capacity: audience.capacity, door: entrance.record })
  }

  #willTo(pin: string): Will {
    const { audience, signer } = this.#room
    return [...(this.will ?? []), signer.sign(audience.code, pin)].slice(-wire.willSteps)
  }

  #tell(fact: Fact): void {
    for (const peer of this.#room.members.all()) if (peer.manner === 'perfect') peer.deliver(fact)
  }

  /** Whoever is away is told when they are back, which is a change as well. */
  #tellEstate({ heirs }: Succession): void {
    const estate = this.#estate
    for (const { id } of heirs) {
      const [peer, standing] = [this.#room.members.find(id), this.#standing?.get(id)]
      if (peer?.presence !== 'present' || standing === undefined || standing.estate === estate) continue
      standing.estate = estate
      peer.deliver(['estate:changed', { estate }])
    }
  }
}
