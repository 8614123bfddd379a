import { createHash, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import {
  limits as wire,
  type AdoptRoom,
  type Adopted,
  type PeerId,
  type Result,
  type Will,
} from '#signalling/protocol.ts'
import { estateSchema } from './door-schema.ts'
import { ok, refuse } from './results.ts'
import type { RoomContext, RoomKind } from './room-context.ts'
import type { DoorRecord, PeerRecord } from './room-record.ts'
import type { SuccessionContext } from './room-succession.ts'
import type { Room } from './room.ts'
import type { Rooms } from './rooms.ts'
import { leadsTo } from './wills.ts'

export type AdoptionWish = v.InferOutput<typeof AdoptRoom>

const refuseBad = (sentence: string) => refuse('bad-request', sentence)

/** Digests are of one length and say nothing about the key, however long comparing takes. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const personOf = ({ id, name }: AdoptionWish['people'][number]): PeerRecord => ({
  ...{ id, name, generation: 1, origin: '', outbox: [] },
})

/** Rooms that this server goes on with because the computer that hosted them is gone. */
export class Adoptions {
  readonly #rooms: Pick<Rooms, 'coded' | 'seek' | 'put' | 'missed'>
  readonly #context: RoomContext

  constructor(rooms: Pick<Rooms, 'coded' | 'seek' | 'put' | 'missed'>, context: RoomContext) {
    this.#rooms = rooms
    this.#context = context
  }

  /**
   * Goes on with a room, for whoever shows the owner's key: everybody's place is kept, as if they had just been lost. A former
   * room of that code is replaced when nobody is connected to it, and what was said there is kept.
   */
  adopt(wish: AdoptionWish, origin: string): Result<Adopted & { readonly room: Room }> {
    const { attempts, succession } = this.#context
    if (succession === null) return refuseBad('This server does not go on with rooms of others.')
    if (!attempts.mayClaim(origin)) return refuse('too-many-requests')
    if (!isOwner(succession, wish.ownerKey))
      return refuse('access-denied', 'Only the app on the computer of this server has it go on with a room.')
    attempts.wasOwner(origin)
    const read = this.#read(wish, succession)
    if (!read.ok) return read
    const former = this.#rooms.coded(wish.code)
    if (former?.isAttended === true) return refuseBad('This room is here, and there are people in it.')
    const put = this.#rooms.put(read.value)
    if (!put.ok) return put
    const room = put.value
    const peers = wish.people.map(personOf)
    const { door } = read.value
    const rest = { code: wish.code, title: room.title, capacity: room.capacity, door, name: null, emptyMs: null }
    room.restore({ ...rest, peers, former: [], forgottenUntil: null }, former?.chat ?? [])
    this.#context.journal.roomChanged(room)
    return ok({ room, seats: peers.map((peer) => ({ id: peer.id, token: room.tokenFor(peer) })) })
  }

  /**
   * By what this computer goes on with a room, for whoever comes with an invitation of a former one. A room that was always
   * here is refused like one that there is not, and counts as such.
   */
  willOf(code: string, origin: string): Result<{ readonly pin: string; readonly will: Will }> {
    const { signer } = this.#context.succession ?? {}
    const found = this.#rooms.seek(code, origin, 'find')
    if (!found.ok) return found
    const will = found.value.succession?.will ?? null
    if (signer !== undefined && will !== null) return ok({ pin: signer.pin, will })
    this.#rooms.missed(origin)
    return refuse('room-not-found')
  }

  /** What is wrong with it, or the room that it is about. */
  #read(wish: AdoptionWish, { signer }: SuccessionContext): Result<RoomKind & { readonly door: DoorRecord }> {
    const { code, will, people, you } = wish
    const { limits } = this.#context
    const read = v.safeParse(v.pipe(v.string(), v.parseJson(), estateSchema(limits)), wish.estate)
    if (!read.success) return refuseBad('What is to be known of the room can not be read.')
    if (!leadsTo(will, { code, to: signer.pin })) return refuseBad('The will does not lead to this computer.')
    const ids = new Set(people.map(({ id }) => id))
    if (ids.size < people.length) return refuseBad('Somebody is among the people twice.')
    if (!ids.has(you)) return refuseBad('You are not among the people.')
    const { title, capacity, door } = read.output
    const most = limits.formerHosts + wire.roomCapacity
    return ok({ code, title, capacity, name: null, door: withHost(door, you, most), will })
  }
}

const isOwner = ({ ownerKey }: SuccessionContext, shown: string): boolean =>
  ownerKey !== null && timingSafeEqual(digest(shown), digest(ownerKey))

/** `most`: hosts that a door may have; the first ones go for it. */
const withHost = (door: DoorRecord, host: PeerId, most: number): DoorRecord => ({
  ...door,
  hosts: [...door.hosts.filter((id) => id !== host), host].slice(-most),
  hadHost: true,
})
