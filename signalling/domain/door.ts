import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Door, PeerId, Refusal } from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Attempts } from './attempts.ts'
import type { Clock } from './clock.ts'
import { isPassword } from './passwords.ts'
import { TokenBucket } from './rate-limit.ts'
import { refuse } from './results.ts'
import type { DoorRecord } from './room-record.ts'

interface DoorContext {
  readonly limits: Pick<ServerLimits, 'roomPasswordRate' | 'turnedAway'>
  readonly clock: Clock
  readonly attempts: Attempts
}

type DoorState = Omit<DoorRecord, 'hosts' | 'hadHost'>

/** What a host changes; what is undefined stays. `password`: its hash. */
export interface DoorChange {
  readonly password?: string | null | undefined
  readonly knock?: boolean | undefined
  readonly locked?: boolean | undefined
}

const hashOf = (key: string): string => createHash('sha256').update(key).digest('base64url')

/** 128 random bits, and what a room keeps of them. */
export const newHostKey = (): { readonly key: string; readonly hash: string } => {
  const key = randomBytes(16).toString('base64url')
  return { key, hash: hashOf(key) }
}

/** Of a room that nobody has changed anything about yet. */
export const newDoor = (keyHash: string, password: string | null, knock: boolean): DoorRecord => ({
  ...{ keyHash, password, knock, locked: false },
  ...{ hosts: [], hadHost: false, removed: [] },
})

/** What has to be got past to come into one room. Knows nobody who is inside. */
export class RoomDoor {
  readonly #context: DoorContext
  readonly #keyHash: string
  #password: string | null
  #knock: boolean
  #locked: boolean
  /** Who was removed, and from where they had come; null before anybody was. */
  #removed: Map<PeerId, string> | null
  /** Of wrong passwords; null before any was tried. */
  #guesses: TokenBucket | null = null

  constructor({ keyHash, password, knock, locked, removed }: DoorState, context: DoorContext) {
    this.#context = context
    this.#keyHash = keyHash
    this.#password = password
    this.#knock = knock
    this.#locked = locked
    this.#removed = removed.length > 0 ? new Map(removed) : null
  }

  get info(): Door {
    return { hasPassword: this.#password !== null, knock: this.#knock, locked: this.#locked }
  }

  get record(): DoorState {
    return {
      keyHash: this.#keyHash,
      password: this.#password,
      knock: this.#knock,
      locked: this.#locked,
      removed: [...(this.#removed ?? [])],
    }
  }

  /** Whether whoever comes from there has something to get past: they are not told who is inside. */
  isGuardedFor(origin: string): boolean {
    return this.#locked || this.#password !== null || this.hasToKnock(origin)
  }

  hasToKnock(origin: string): boolean {
    return this.#knock || this.hasRemovedFrom(origin)
  }

  hasRemovedFrom(origin: string): boolean {
    return this.#removed !== null && [...this.#removed.values()].includes(origin)
  }

  hasRemoved(id: PeerId): boolean {
    return this.#removed?.has(id) === true
  }

  opensWith(hostKey: string | undefined): boolean {
    if (hostKey === undefined || this.#keyHash === '') return false
    return timingSafeEqual(Buffer.from(hashOf(hostKey)), Buffer.from(this.#keyHash))
  }

  /** Why somebody can neither come in nor knock, or null. A password that is given is compared, and counted when it is wrong. */
  refusal(password: string | undefined, origin: string): Refusal | null {
    if (this.#locked) return refuse('room-locked')
    if (this.#password === null) return null
    if (password === undefined) return refuse('password-needed')
    const { attempts, clock, limits } = this.#context
    const guesses = (this.#guesses ??= new TokenBucket(limits.roomPasswordRate, clock.now()))
    if (!attempts.mayGuess(origin, guesses)) return refuse('too-many-requests')
    if (!isPassword(this.#password, password)) return refuse('wrong-password')
    attempts.wasRight(origin, guesses)
    return null
  }

  change({ password, knock, locked }: DoorChange): void {
    if (password !== undefined) this.#password = password
    if (knock !== undefined) this.#knock = knock
    if (locked !== undefined) this.#locked = locked
  }

  /** No token brings this peer back, and whoever comes from there has to knock. */
  remove(id: PeerId, origin: string): void {
    const removed = (this.#removed ??= new Map())
    removed.set(id, origin)
    const [oldest] = removed.keys()
    if (oldest !== undefined && removed.size > this.#context.limits.turnedAway) removed.delete(oldest)
  }
}
