import type { ServerLimits } from '../server-limits.ts'
import { AwaySeats } from './calls-away.ts'
import { CallsBook, seatsOf, type Asking, type Call, type NoteCall } from './calls-book.ts'
import type { CallEndReason, CallFact, CallRefusal, CallType } from './calls-facts.ts'
import { Seat, Seats } from './calls-seat.ts'
import type { Clock } from './clock.ts'
import { originOf } from './origins.ts'
import { mayEnter, sessionIn, type OpenRoomSession, type OverReason } from './room-session.ts'
import type { Room } from './room.ts'
import type { Rooms } from './rooms.ts'
import type { Device, UserId, Users } from './users.ts'

interface CallsOptions {
  readonly users: Users
  readonly rooms: Rooms
  readonly clock: Clock
  readonly limits: ServerLimits
  readonly note?: NoteCall
}

/**
 * Rings, accepts, ends. A user is in one call at most, whatever the messages of both sides do on their way; a call that
 * is accepted is a room with both in it. Refused requests change nothing.
 */
export class Calls {
  readonly #options: CallsOptions
  readonly #book: CallsBook
  readonly #seats = new Seats()
  readonly #away: AwaySeats

  constructor(options: CallsOptions) {
    this.#options = options
    this.#book = new CallsBook(options.note)
    this.#away = new AwaySeats({
      ...{ book: this.#book, clock: options.clock, limits: options.limits },
      onGivenUp: (call, seat) => this.#endBecause(call, seat.user, 'lost'),
    })
    options.users.onGone = (user) => this.#gone(user)
  }

  /** Calls that ring or are accepted. */
  get size(): number {
    return this.#book.size
  }

  isInCall(user: UserId): boolean {
    return this.#book.current(user) !== null
  }

  /** Rings a user, or enters a room when there is no such user. Calling somebody who is just calling oneself accepts that call. */
  initiate(asking: Asking, to: string, callType: CallType): CallRefusal | null {
    const current = this.#book.current(asking.user)
    if (current !== null) {
      const isGlare = current.state.phase === 'ringing' && current.callee === asking.user && current.caller.user === to
      return isGlare ? this.#accept(current, asking, true) : 'already-in-call'
    }
    const { users, rooms } = this.#options
    if (to === asking.user || this.isInCall(to)) return 'user-unavailable'
    if (users.isOnline(to)) return this.#ring(asking, to, callType)
    const room = rooms.seek(to, originOf(asking.device.address), 'find')
    return room.ok ? this.#callRoom(asking, to, callType, room.value) : 'user-not-found'
  }

  /**
   * Enters a room that may be in another process; only when `initiate` has just answered `user-not-found`. Until the room has
   * answered the user is in a call of which nobody has been told.
   */
  visit(asking: Asking, to: string, callType: CallType, open: OpenRoomSession): Promise<CallRefusal | null> {
    const { promise, resolve } = Promise.withResolvers<CallRefusal | null>()
    const former = this.#book.latest(asking.user)
    const call = this.#begin(asking, { callee: to, callType, state: { phase: 'asking', former, giveUp: resolve } })
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
    const call = this.#book.find(callId)
    if (call === undefined) return 'call-expired'
    if (!this.#book.isCallee(call, asking.user)) return 'unauthorized'
    return this.#accept(call, asking, false)
  }

  reject(asking: Asking, callId: string): CallRefusal | null {
    const call = this.#book.find(callId)
    if (call === undefined) return 'call-not-found'
    if (!this.#book.isCallee(call, asking.user)) return 'unauthorized'
    if (call.state.phase !== 'ringing') return 'call-not-found'
    this.#end(call, ['call:rejected', { callId, by: asking.user }], asking.device)
    return null
  }

  end(asking: Asking, callId: string): CallRefusal | null {
    const call = this.#book.find(callId)
    if (call === undefined) return 'call-not-found'
    if (call.caller.user !== asking.user && !this.#book.isCallee(call, asking.user)) return 'unauthorized'
    this.#endBecause(call, asking.user, 'ended', asking.device)
    return null
  }

  /** The seat from which this device may signal; null when it takes part in no call. */
  seatOf(asking: Asking): Seat | null {
    return this.#book.seatOf(asking)
  }

  /** Brings a device that has just joined up to date. `since`: when its user went away, null when it was not. */
  arrived(asking: Asking, since: number | null): void {
    this.#away.arrived(asking, since)
  }

  /** The connection of a device is gone; its part in a call waits for the user for a while. */
  lost(asking: Asking): void {
    this.#away.lost(asking)
  }

  /** A device goes on purpose: so does its part in a call. */
  left(asking: Asking): void {
    const call = this.#book.current(asking.user)
    if (call !== null && this.seatOf(asking) !== null) this.#endBecause(call, asking.user, 'ended', asking.device)
  }

  /** Stops all waiting; tells nobody. */
  close(): void {
    for (const { state } of this.#book.all) if (state.phase === 'ringing') state.stopRinging()
    this.#away.close()
    this.#book.clear()
  }

  #ring(asking: Asking, to: UserId, callType: CallType): null {
    const { clock, limits, users } = this.#options
    const stopRinging = clock.schedule(limits.ringMs, () => this.#endBecause(call, to, 'timed-out'))
    const call = this.#begin(asking, { callee: to, callType, state: { phase: 'ringing', stopRinging } })
    this.#book.note(call)
    asking.device.tell(['call:initiated', { callId: call.id, to }])
    for (const device of users.devicesOf(to))
      device.tell(['call:incoming', { from: asking.user, callType, callId: call.id }])
    return null
  }

  #callRoom(asking: Asking, to: string, callType: CallType, room: Room): CallRefusal | null {
    const { user, device } = asking
    if (!mayEnter(room, { user, origin: originOf(device.address) })) return 'user-unavailable'
    const call = this.#begin(asking, { callee: to, callType, state: { phase: 'accepted', callee: null } })
    this.#inRoom(call)
    call.caller.enter(sessionIn(this.#options.rooms, room))
    return null
  }

  /** The room that was called lets the caller in. */
  #inRoom(call: Call): void {
    const { id: callId, callee: to, caller } = call
    this.#book.note(call)
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
    this.#book.note(call)
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
      this.#away.stopWaiting(seat)
      seat.leave()
    }
    this.#book.end(call, { at: clock.now(), last }, last[0] === 'call:ended' ? last[1].reason : 'rejected')
    for (const device of concerned) device?.tell(last)
  }

  /** The room that was asked lets nobody in, or nobody waits for its answer any more. */
  #giveUp(call: Call, refusal: CallRefusal): void {
    if (call.state.phase !== 'asking') return
    this.#away.stopWaiting(call.caller)
    call.caller.leave()
    this.#book.withdraw(call, call.state.former)
    call.state.giveUp(refusal)
  }

  #gone(user: UserId): void {
    const call = this.#book.current(user)
    if (call !== null) this.#endBecause(call, user, 'lost')
    this.#book.forget(user)
  }

  #begin(asking: Asking, { callee, callType, state }: Pick<Call, 'callee' | 'callType' | 'state'>): Call {
    const caller = this.#seat(asking, callee, callType)
    return this.#book.add({ caller, callee, callType, state, started: this.#options.clock.now() })
  }

  #seat({ user, device }: Asking, addressee: string, callType: CallType): Seat {
    const onOver = (seat: Seat, reason: OverReason) => this.#cutOff(seat, reason)
    return new Seat({ user, addressee, callType }, device, { limits: this.#options.limits, seats: this.#seats, onOver })
  }

  /** A seat is no longer in the room of its call. */
  #cutOff(seat: Seat, reason: OverReason): void {
    const call = this.#book.current(seat.user)
    if (call !== null && seatsOf(call).includes(seat)) this.#endBecause(call, call.callee, reason)
  }
}
