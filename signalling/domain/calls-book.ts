import { randomBytes } from 'node:crypto'
import type { CallFact, CallRefusal, CallType } from './calls-facts.ts'
import type { Seat } from './calls-seat.ts'
import type { Cancel } from './clock.ts'
import type { Device, UserId } from './users.ts'

type CallState =
  | { readonly phase: 'ringing'; readonly stopRinging: Cancel }
  /** A room of another process was asked. `former` is what was the caller's latest call before; `giveUp` tells why not. */
  | { readonly phase: 'asking'; readonly former: Call | undefined; readonly giveUp: (refusal: CallRefusal) => void }
  /** `callee`: null when a room was called. */
  | { readonly phase: 'accepted'; readonly callee: Seat | null }
  /** `last` is what everybody concerned was told. */
  | { readonly phase: 'ended'; readonly at: number; readonly last: CallFact }

/** One call, from when it is begun. */
export interface Call {
  /** 128 random bits: also what a stranger would have to guess. */
  readonly id: string
  readonly callType: CallType
  readonly caller: Seat
  /** A user, or the room that was called. */
  readonly callee: string
  /** Milliseconds since 1970. */
  readonly started: number
  state: CallState
}

/** For whoever keeps a log of calls: `outcome` says what came of it, or where it stands. */
export type NoteCall = (
  phase: CallState['phase'],
  call: { readonly callType: CallType; readonly started: number; readonly outcome: string },
) => void

/** Who asks: a user, on one of the user's devices. */
export interface Asking {
  readonly user: UserId
  readonly device: Device
}

/** Which calls there are, and which is the latest of each user. */
export class CallsBook {
  /** Those that have not ended. */
  readonly #calls = new Map<string, Call>()
  /** One that has ended is kept for a user that may not have heard of it. */
  readonly #latest = new Map<UserId, Call>()
  readonly #note: NoteCall | undefined

  constructor(note: NoteCall | undefined) {
    this.#note = note
  }

  /** How many have not ended. */
  get size(): number {
    return this.#calls.size
  }

  /** Those that have not ended. */
  get all(): IterableIterator<Call> {
    return this.#calls.values()
  }

  /** Undefined also when it has ended. */
  find(id: string): Call | undefined {
    return this.#calls.get(id)
  }

  /** The latest call of a user, which may have ended. */
  latest(user: UserId): Call | undefined {
    return this.#latest.get(user)
  }

  /** The call that a user is in. */
  current(user: UserId): Call | null {
    const call = this.#latest.get(user)
    return call === undefined || call.state.phase === 'ended' ? null : call
  }

  /** A called room has no say, even if a user has its name by now. */
  isCallee(call: Call, user: UserId): boolean {
    return call.callee === user && this.#latest.get(user) === call
  }

  /** The seat that a user has on this device, in the call that the user is in. */
  seatOf({ user, device }: Asking): Seat | null {
    const call = this.current(user)
    return (call === null ? [] : seatsOf(call)).find((seat) => seat.user === user && seat.device === device) ?? null
  }

  /** A new call: the latest of its caller, and of the user that it rings. */
  add(call: Omit<Call, 'id'>): Call {
    const added = { id: randomBytes(16).toString('base64url'), ...call }
    this.#calls.set(added.id, added)
    this.#latest.set(call.caller.user, added)
    if (call.state.phase === 'ringing') this.#latest.set(call.callee, added)
    return added
  }

  /** A call has ended; `outcome` is for the log. */
  end(call: Call, ended: { readonly at: number; readonly last: CallFact }, outcome: string): void {
    this.#calls.delete(call.id)
    call.state = { phase: 'ended', ...ended }
    this.note(call, outcome)
  }

  /** As if the call had never been: `former` is the caller's latest again. */
  withdraw({ id, caller }: Call, former: Call | undefined): void {
    this.#calls.delete(id)
    if (former === undefined) this.#latest.delete(caller.user)
    else this.#latest.set(caller.user, former)
  }

  /** Nobody will ask for the latest call of this user. */
  forget(user: UserId): void {
    this.#latest.delete(user)
  }

  clear(): void {
    this.#calls.clear()
    this.#latest.clear()
  }

  /** Writes down where the call stands. */
  note({ callType, started, state: { phase } }: Call, outcome: string = phase): void {
    this.#note?.(phase, { callType, started, outcome })
  }
}

/** Of those who take part in a call by now. */
export const seatsOf = ({ caller, state }: Call): readonly Seat[] =>
  state.phase === 'accepted' && state.callee !== null ? [caller, state.callee] : [caller]
