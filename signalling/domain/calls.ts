import { randomBytes } from 'node:crypto'
import type { ServerLimits } from '../server-limits.ts'
import type { CallEndReason, CallFact, CallRefusal, CallType } from './calls-facts.ts'
import { Seat, Seats } from './calls-seat.ts'
import type { Cancel, Clock } from './clock.ts'
import { mayEnter, sessionIn, type OpenRoomSession } from './room-session.ts'
import type { Room } from './room.ts'
import type { Rooms } from './rooms.ts'
import type { Device, UserId, Users } from './users.ts'

type CallState =
  | { readonly phase: 'ringing'; readonly stopRinging: Cancel }
  /** A room of another process was asked. `giveUp` brings back what was before, and tells why not. */
  | { readonly phase: 'asking'; readonly giveUp: (refusal: CallRefusal) => void }
  /** `callee`: null when a room was called. */
  | { readonly phase: 'accepted'; readonly callee: Seat | null }
  /** `last` is what everybody concerned was told. */
  | { readonly phase: 'ended'; readonly at: number; readonly last: CallFact }

interface Call {
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

/** For whoever keeps a log: `outcome` says what came of it, or where it stands. */
interface CallNote {
  readonly callType: CallType
  readonly started: number
  readonly outcome: string
}

interface CallsOptions {
  readonly users: Users
  readonly rooms: Rooms
  readonly clock: Clock
  readonly limits: ServerLimits
  readonly note?: (phase: CallState['phase'], call: CallNote) => void
}

/** Who asks: a user, on one of the user's devices. */
interface Asking {
  readonly user: UserId
  readonly device: Device
}

const newCallId = (): string => randomBytes(16).toString('base64url')

/**
 * Rings, accepts, ends. A user is in one call at most, whatever the messages of both sides do on their way; a call that
 * is accepted is a room with both in it. Refused requests change nothing.
 */
export class Calls {
  readonly #options: CallsOptions
  readonly #calls = new Map<string, Call>()
  /** The latest of each user; one that has ended is kept for a user that may not have heard of it. */
  readonly #latest = new Map<UserId, Call>()
  readonly #seats = new Seats()
  /** Ends the wait for a seat whose connection was lost. */
  readonly #waits = new Map<Seat, Cancel>()

  constructor(options: CallsOptions) {
    this.#options = options
    options.users.onGone = (user) => this.#gone(user)
  }

  /** Calls that ring or are accepted. */
  get size(): number {
    return this.#calls.size
  }

  isInCall(user: UserId): boolean {
    return this.#current(user) !== null
  }

  /** Rings a user, or enters a room when there is no such user. Calling somebody who is just calling oneself accepts that call. */
  initiate(asking: Asking, to: string, callType: CallType): CallRefusal | null {
    const current = this.#current(asking.user)
    if (current !== null) {
      const isGlare = current.state.phase === 'ringing' && current.callee === asking.user && current.caller.user === to
      return isGlare ? this.#accept(current, asking, true) : 'already-in-call'
    }
    const { users, rooms } = this.#options
    if (to === asking.user || this.isInCall(to)) return 'user-unavailable'
    if (users.isOnline(to)) return this.#ring(asking, to, callType)
    const room = rooms.find(to)
    return room === undefined ? 'user-not-found' : this.#callRoom(asking, to, callType, room)
  }

  /**
   * Enters a room that may be in another process; only when `initiate` has just answered `user-not-found`. Until the room has
   * answered the user is in a call of which nobody has been told.
   */
  visit(asking: Asking, to: string, callType: CallType, open: OpenRoomSession): Promise<CallRefusal | null> {
    const { promise, resolve } = Promise.withResolvers<CallRefusal | null>()
    const { user } = asking
    const former = this.#latest.get(user)
    const call: Call = {
      ...{ id: newCallId(), callType, callee: to, started: this.#options.clock.now() },
      caller: this.#seat(asking, to, callType),
      state: {
        phase: 'asking',
        giveUp: (refusal) => {
          if (former === undefined) this.#latest.delete(user)
          else this.#latest.set(user, former)
          resolve(refusal)
        },
      },
    }
    this.#calls.set(call.id, call)
    this.#latest.set(user, call)
    call.caller.enter(open, (refusal) => {
      if (refusal !== null)
        this.#giveUp(call, refusal.code === 'room-not-found' ? 'user-not-found' : 'user-unavailable')
      else {
        call.state = { phase: 'accepted', callee: null }
        this.#inRoom(call)
        resolve(null)
      }
    })
    return promise
  }

  accept(asking: Asking, callId: string): CallRefusal | null {
    const call = this.#calls.get(callId)
    if (call === undefined) return 'call-expired'
    if (!this.#isCallee(call, asking.user)) return 'unauthorized'
    return this.#accept(call, asking, false)
  }

  reject(asking: Asking, callId: string): CallRefusal | null {
    const call = this.#calls.get(callId)
    if (call === undefined) return 'call-not-found'
    if (!this.#isCallee(call, asking.user)) return 'unauthorized'
    if (call.state.phase !== 'ringing') return 'call-not-found'
    this.#end(call, ['call:rejected', { callId, by: asking.user }], asking.device)
    return null
  }

  end(asking: Asking, callId: string): CallRefusal | null {
    const call = this.#calls.get(callId)
    if (call === undefined) return 'call-not-found'
    if (call.caller.user !== asking.user && !this.#isCallee(call, asking.user)) return 'unauthorized'
    this.#endBecause(call, asking.user, 'ended', asking.device)
    return null
  }

  /** The seat from which this device may signal; null when it takes part in no call. */
  seatOf({ user, device }: Asking): Seat | null {
    const call = this.#current(user)
    return (call === null ? [] : seatsOf(call)).find((seat) => seat.user === user && seat.device === device) ?? null
  }

  /** Brings a device that has just joined up to date. `since`: when its user went away, null when it was not. */
  arrived({ user, device }: Asking, since: number | null): void {
    const call = this.#latest.get(user)
    if (call === undefined) return
    const { state, callType, id: callId } = call
    if (state.phase === 'ended') {
      if (since !== null && state.at >= since - this.#deafMs) device.tell(state.last)
      return
    }
    const lost = seatsOf(call).find((seat) => seat.user === user && seat.device === null)
    if (lost !== undefined) this.#takeUp(call, lost, device)
    else if (state.phase === 'ringing' && call.callee === user)
      device.tell(['call:incoming', { from: call.caller.user, callType, callId }])
  }

  /** The connection of a device is gone; its part in a call waits for the user for a while. */
  lost(asking: Asking): void {
    const call = this.#current(asking.user)
    const seat = this.seatOf(asking)
    if (call === null || seat === null) return
    seat.lose()
    const { clock, limits } = this.#options
    this.#waits.set(
      seat,
      clock.schedule(limits.awayMs, () => this.#endBecause(call, seat.user, 'lost')),
    )
  }

  /** A device goes on purpose: so does its part in a call. */
  left(asking: Asking): void {
    const call = this.#current(asking.user)
    if (call !== null && this.seatOf(asking) !== null) this.#endBecause(call, asking.user, 'ended', asking.device)
  }

  /** Stops all waiting; tells nobody. */
  close(): void {
    for (const { state } of this.#calls.values()) if (state.phase === 'ringing') state.stopRinging()
    for (const stopWaiting of this.#waits.values()) stopWaiting()
    this.#waits.clear()
    this.#calls.clear()
    this.#latest.clear()
  }

  /** How long a connection may have been dead before it is known to be. */
  get #deafMs(): number {
    return this.#options.limits.pingIntervalMs + this.#options.limits.pingTimeoutMs
  }

  #current(user: UserId): Call | null {
    const call = this.#latest.get(user)
    return call === undefined || call.state.phase === 'ended' ? null : call
  }

  /** A called room has no say, even if a user has its name by now. */
  #isCallee(call: Call, user: UserId): boolean {
    return call.callee === user && this.#latest.get(user) === call
  }

  #ring(asking: Asking, to: UserId, callType: CallType): null {
    const { clock, limits, users } = this.#options
    const call: Call = {
      ...{ id: newCallId(), callType, callee: to, started: clock.now() },
      caller: this.#seat(asking, to, callType),
      state: {
        phase: 'ringing',
        stopRinging: clock.schedule(limits.ringMs, () => this.#endBecause(call, to, 'timed-out')),
      },
    }
    this.#calls.set(call.id, call)
    this.#latest.set(asking.user, call).set(to, call)
    this.#note(call)
    asking.device.tell(['call:initiated', { callId: call.id, to }])
    for (const device of users.devicesOf(to))
      device.tell(['call:incoming', { from: asking.user, callType, callId: call.id }])
    return null
  }

  #callRoom(asking: Asking, to: string, callType: CallType, room: Room): CallRefusal | null {
    if (!mayEnter(room, asking.user)) return 'user-unavailable'
    const caller = this.#seat(asking, to, callType)
    const call: Call = {
      ...{ id: newCallId(), callType, caller, callee: to, started: this.#options.clock.now() },
      state: { phase: 'accepted', callee: null },
    }
    this.#calls.set(call.id, call)
    this.#latest.set(asking.user, call)
    this.#inRoom(call)
    caller.enter(sessionIn(this.#options.rooms, room))
    return null
  }

  /** The room that was called lets the caller in. */
  #inRoom(call: Call): void {
    const { id: callId, callee: to, caller } = call
    this.#note(call)
    caller.device?.tell(['call:initiated', { callId, to }])
    caller.device?.tell(['call:accepted', { callId, by: to }])
  }

  #accept(call: Call, asking: Asking, isGlare: boolean): CallRefusal | null {
    const { rooms, users, limits } = this.#options
    if (call.state.phase !== 'ringing') return 'call-expired'
    // The name is the call's, so that peers of other systems can be let in by those who know it.
    const made = rooms.create({ name: call.id, emptyMs: limits.awayMs })
    if (!made.ok) return 'server-full'
    call.state.stopRinging()
    const callee = this.#seat(asking, call.caller.user, call.callType)
    call.state = { phase: 'accepted', callee }
    this.#note(call)
    if (isGlare) asking.device.tell(['call:initiated', { callId: call.id, to: call.caller.user }])
    const accepted: CallFact = ['call:accepted', { callId: call.id, by: asking.user }]
    call.caller.device?.tell(accepted)
    asking.device.tell(accepted)
    for (const device of users.devicesOf(asking.user))
      if (device !== asking.device)
        device.tell(['call:ended', { callId: call.id, by: asking.user, reason: 'answered-elsewhere' }])
    // The caller is inside first, and so the one to offer.
    for (const seat of [call.caller, callee]) seat.enter(sessionIn(rooms, made.value))
    return null
  }

  #endBecause(call: Call, by: string, reason: CallEndReason, asking: Device | null = null): void {
    this.#end(call, ['call:ended', { callId: call.id, by, reason }], asking)
  }

  #end(call: Call, last: CallFact, asking: Device | null): void {
    if (call.state.phase === 'asking') {
      this.#giveUp(call, 'user-unavailable')
      return
    }
    const { users, clock } = this.#options
    const concerned = new Set<Device | null>([asking, ...seatsOf(call).map(({ device }) => device)])
    if (call.state.phase === 'ringing') {
      call.state.stopRinging()
      for (const device of users.devicesOf(call.callee)) concerned.add(device)
    }
    for (const seat of seatsOf(call)) {
      this.#stopWaiting(seat)
      seat.leave()
    }
    this.#calls.delete(call.id)
    call.state = { phase: 'ended', at: clock.now(), last }
    this.#note(call, last[0] === 'call:ended' ? last[1].reason : 'rejected')
    for (const device of concerned) device?.tell(last)
  }

  /** The room that was asked lets nobody in, or nobody waits for its answer any more. */
  #giveUp(call: Call, refusal: CallRefusal): void {
    if (call.state.phase !== 'asking') return
    this.#stopWaiting(call.caller)
    call.caller.leave()
    this.#calls.delete(call.id)
    call.state.giveUp(refusal)
  }

  #takeUp(call: Call, seat: Seat, device: Device): void {
    this.#stopWaiting(seat)
    if (call.state.phase === 'ringing') device.tell(['call:initiated', { callId: call.id, to: call.callee }])
    // Told while nobody heard it, perhaps; whoever has begun to signal knows it.
    else if (call.state.phase === 'accepted' && !seat.isConfirmed)
      device.tell(['call:accepted', { callId: call.id, by: call.callee }])
    seat.take(device)
  }

  #gone(user: UserId): void {
    const call = this.#current(user)
    if (call !== null) this.#endBecause(call, user, 'lost')
    this.#latest.delete(user)
  }

  #seat({ user, device }: Asking, addressee: string, callType: CallType): Seat {
    const onOver = (seat: Seat) => this.#cutOff(seat)
    return new Seat({ user, addressee, callType }, device, { limits: this.#options.limits, seats: this.#seats, onOver })
  }

  /** The room of a call is out of reach. */
  #cutOff(seat: Seat): void {
    const call = this.#current(seat.user)
    if (call !== null && seatsOf(call).includes(seat)) this.#endBecause(call, call.callee, 'lost')
  }

  #note({ callType, started, state: { phase } }: Call, outcome: string = phase): void {
    this.#options.note?.(phase, { callType, started, outcome })
  }

  #stopWaiting(seat: Seat): void {
    this.#waits.get(seat)?.()
    this.#waits.delete(seat)
  }
}

const seatsOf = ({ caller, state }: Call): readonly Seat[] =>
  state.phase === 'accepted' && state.callee !== null ? [caller, state.callee] : [caller]
