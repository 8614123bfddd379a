import { expect } from 'vitest'
import type { ErrorCode, Joined, PeerId, Result, RoomCode } from '#signalling/protocol.ts'
import { createWorld, type Visitor, type World } from '../../../helpers/signalling-domain.ts'

/**
 * The rules of rooms once more, in the plainest form: who is inside, who is away since when, which token is the current one,
 * what the door is like, who is a host, who waits in front of it.
 */
interface Member {
  readonly id: PeerId
  readonly code: RoomCode
  /** Null while away. */
  by: Visitor | null
  /** Where it was connected from last. */
  origin: string
  awayUntil: number
  /** Goes up with everything that happens: who came first, and who was lost first. */
  came: number
  lost: number
}

export interface ModelRoom {
  readonly code: RoomCode
  readonly hostKey: string
  password: string | null
  knock: boolean
  locked: boolean
  hadHost: boolean
  /** Hosts whenever they are inside. */
  readonly hosts: Set<PeerId>
  readonly removed: Map<PeerId, string>
  waiting: Visitor[]
  readonly admitted: Map<Visitor, number>
  readonly declined: Map<string, { until: number; times: number }>
}

export const AWAY_MS = 1000
export const CAPACITY = 3
export const NAME = 'Ann'
const UNBOUND = { burst: 1e9, perSecond: 1e9 }
export const LIMITS = {
  ...{ awayMs: AWAY_MS, rooms: 3, emptyRoomMs: 1e9, outboxSignals: 4 },
  ...{ passwordRate: UNBOUND, roomPasswordRate: UNBOUND, hashRate: UNBOUND, serverHashRate: UNBOUND },
  ...{ knocksPerAddress: 2, admittedMs: 1500, declinedMs: 500, declinedAgainMs: 2000 },
}

export class Model {
  readonly world: World = createWorld({ ...LIMITS, missRate: UNBOUND })
  readonly visitors: Visitor[] = []
  readonly rooms: ModelRoom[] = []
  readonly ended: RoomCode[] = []
  readonly members = new Map<PeerId, Member>()
  /** Who looks at which room, under which id. */
  readonly watchers = new Map<Visitor, { readonly id: PeerId; readonly code: RoomCode }>()
  /** Of everyone who may come back, the one token that is good. */
  readonly goodTokens = new Map<PeerId, string>()
  readonly tokens: { readonly id: PeerId; readonly code: RoomCode; readonly token: string }[] = []
  #events = 0

  get now(): number {
    return this.world.clock.now()
  }

  /** In the order they came. */
  inside(code: RoomCode): Member[] {
    return [...this.members.values()].filter((member) => member.code === code).sort((a, b) => a.came - b.came)
  }
  memberOf(visitor: Visitor): Member | undefined {
    return [...this.members.values()].find(({ by }) => by === visitor)
  }
  room(code: RoomCode): ModelRoom | undefined {
    return this.rooms.find((room) => room.code === code)
  }
  /** The room that this one is a host of, from inside. */
  hostedBy(visitor: Visitor): ModelRoom | undefined {
    const member = this.memberOf(visitor)
    const room = member && this.room(member.code)
    return room?.hosts.has(member!.id) === true ? room : undefined
  }

  hasToKnock({ knock, removed }: ModelRoom, { session: { origin } }: Visitor): boolean {
    return knock || [...removed.values()].includes(origin)
  }
  isGuarded(room: ModelRoom, visitor: Visitor): boolean {
    return room.locked || room.password !== null || this.hasToKnock(room, visitor)
  }
  isAdmitted(room: ModelRoom, visitor: Visitor): boolean {
    return (room.admitted.get(visitor) ?? 0) > this.now
  }

  enter(visitor: Visitor, code: RoomCode, joined: Joined, isHost = false): void {
    const { peerId: id, token } = joined
    this.stopLooking(visitor)
    const former = this.members.get(id)
    const came = former?.came ?? (this.#events += 1)
    this.members.set(id, { id, code, by: visitor, origin: visitor.session.origin, awayUntil: Infinity, came, lost: 0 })
    this.goodTokens.set(id, token)
    this.tokens.push({ id, code, token })
    const room = this.room(code)!
    if (isHost) room.hosts.add(id)
    if (room.hosts.has(id)) room.hadHost = true
    this.settleHosts(room)
  }
  /** It is outside, and no longer in front of any room. */
  stopLooking(visitor: Visitor): void {
    this.watchers.delete(visitor)
    for (const room of this.rooms) {
      room.admitted.delete(visitor)
      room.waiting = room.waiting.filter((other) => other !== visitor)
    }
  }
  lose(member: Member): void {
    Object.assign(member, { by: null, awayUntil: this.now + AWAY_MS, lost: (this.#events += 1) })
  }
  /** For good, unless `mayReturn`. */
  depart({ id, code }: Member, mayReturn: boolean): void {
    const room = this.room(code)!
    this.members.delete(id)
    if (!mayReturn) {
      this.goodTokens.delete(id)
      room.hosts.delete(id)
    }
    this.settleHosts(room)
  }
  settleHosts(room: ModelRoom): void {
    const inside = this.inside(room.code)
    if (!room.hadHost || inside.some(({ id }) => room.hosts.has(id))) return
    const heir = inside.find(({ by }) => by !== null) ?? inside[0]
    if (heir) room.hosts.add(heir.id)
  }
  forgetLate(): void {
    const late = [...this.members.values()].filter(({ awayUntil }) => awayUntil <= this.now)
    for (const member of late.sort((a, b) => a.awayUntil - b.awayUntil || a.lost - b.lost)) this.depart(member, true)
  }

  /** Everything that has to hold whatever happened. */
  check(): void {
    for (const room of this.rooms) {
      const { peers, hosts, door } = this.world.rooms.find(room.code)!.view
      const inside = this.inside(room.code)
      const presences = inside.map(({ id, by }) => [id, by === null ? 'away' : 'present'])
      expect(peers.map(({ id, presence }) => [id, presence])).toEqual(presences)
      expect(peers.length).toBeLessThanOrEqual(CAPACITY)
      const { knock, locked, password } = room
      expect(door).toEqual({ knock, locked, hasPassword: password !== null })
      expect([...hosts].sort()).toEqual(inside.flatMap(({ id }) => (room.hosts.has(id) ? [id] : [])).sort())
      if (room.hadHost && inside.length > 0) expect(hosts).not.toEqual([])
    }
    for (const code of this.ended) expect(this.world.rooms.find(code)).toBeUndefined()
  }
}

export const codeOf = (result: Result<unknown>): ErrorCode | 'ok' => (result.ok ? 'ok' : result.code)
export const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)]
export type Step = (model: Model) => void
