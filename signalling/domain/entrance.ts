import type { Knock, Refusal, RoomCode, Will } from '#signalling/protocol.ts'
import type { Cancel } from './clock.ts'
import { RoomDoor } from './door.ts'
import type { Line } from './facts.ts'
import { Hosts } from './hosts.ts'
import { Knocks } from './knocks.ts'
import type { Peer } from './peers.ts'
import { refuse } from './results.ts'
import type { RoomContext } from './room-context.ts'
import type { DoorRecord } from './room-record.ts'

/** What somebody shows who wants to come in. */
export interface Pass {
  readonly password?: string | undefined
  readonly hostKey?: string | undefined
}

/** Of a room, what is written down beside its door. */
interface Saved {
  readonly code: RoomCode
  readonly title: string
  readonly capacity: number
  /** By which this computer goes on with it; absent when nobody hosted it before. */
  readonly will?: Will
}

/** Who gets into a room of ours, and who decides about it. Tells nobody. */
export class Entrance {
  readonly door: RoomDoor
  readonly hosts: Hosts
  readonly #context: RoomContext
  /** Null before anybody knocked. */
  #knocks: Knocks | null = null
  /** Null when hosts of a former life of the server are not waited for. */
  #stopAwaiting: Cancel | null = null
  /** What was written down last, as text, and when; null before any token was sealed. */
  #saved: { readonly text: string; readonly at: number } | null = null

  constructor(record: DoorRecord, context: RoomContext) {
    this.door = new RoomDoor(record, context)
    this.hosts = new Hosts(record, context.limits.formerHosts)
    this.#context = context
  }

  get record(): DoorRecord {
    return { ...this.door.record, ...this.hosts.record }
  }

  get knocks(): Knocks {
    return (this.#knocks ??= new Knocks(this.#context))
  }

  /** Who waits to be let in, oldest first. */
  get waiting(): readonly Knock[] {
    return this.#knocks?.waiting ?? []
  }

  get isAwaitingHosts(): boolean {
    return this.#stopAwaiting !== null
  }

  /** Why this one can not come in now, full or not; null also for whoever shows the key. */
  refusal(line: Line, name: string, pass: Pass): Refusal | null {
    if (this.isHostKey(line, pass)) return null
    // Other systems have no words for a door: to their clients a guarded room is a full one.
    if (line.manner !== 'perfect') return this.door.isGuardedFor(line.origin) ? refuse('room-full') : null
    const refusal = this.door.refusal(pass.password, line.origin)
    return refusal ?? (this.#hasToWait(line, name) ? refuse('knock-needed') : null)
  }

  /** Why this one can not even knock, or null. */
  refusalToKnock(line: Line, name: string, password: string | undefined): Refusal | null {
    const refusal = this.door.refusal(password, line.origin)
    return refusal ?? (this.#hasToWait(line, name) ? this.knocks.refusal(line) : null)
  }

  /** Answers false when this one does not have to wait. */
  knock(line: Line, name: string): boolean {
    if (!this.#hasToWait(line, name)) return false
    this.knocks.add(line, name, this.door.hasRemovedFrom(line.origin))
    return true
  }

  isHostKey({ manner }: Line, { hostKey }: Pass): boolean {
    return manner === 'perfect' && this.door.opensWith(hostKey)
  }

  /** Answers whether it waited. */
  stopKnocking(line: Line): boolean {
    return this.#knocks?.remove(line) === true
  }

  /** Answers who is a host from now on because there is no other. */
  appointHost(peers: Iterable<Peer>): Peer | null {
    const heir = this.isAwaitingHosts ? null : this.hosts.heirAmong(peers)
    if (heir !== null) this.hosts.add(heir.id)
    return heir
  }

  /** Hosts of a former life of the server have this long to come back before somebody else becomes one. */
  awaitHosts(then: () => void): void {
    const { clock, limits } = this.#context
    this.#stopAwaiting = clock.schedule(limits.awayMs, () => {
      this.#stopAwaiting = null
      then()
    })
  }

  /** Writes down how it is now. `isSealing`: a token is just being made, which leads back here for as long as it is good. */
  save(room: Saved, isSealing: boolean): void {
    const { saves, clock, limits } = this.#context
    if (!saves.isComplete || (this.#saved === null && !isSealing)) return
    const saved = { ...room, door: this.record }
    const text = JSON.stringify(saved)
    const isLate = isSealing && clock.now() - (this.#saved?.at ?? 0) > limits.tokenLifetimeMs / 2
    if (text === this.#saved?.text && !isLate) return
    this.#saved = { text, at: clock.now() }
    saves.save(saved)
  }

  #hasToWait(line: Line, name: string): boolean {
    return this.door.hasToKnock(line.origin) && this.#knocks?.isAdmitted(line, name) !== true
  }

  /** Stops all waiting, also of those who knocked; tells nobody. */
  close(): void {
    this.#stopAwaiting?.()
    this.#stopAwaiting = null
    this.#knocks = null
  }
}
