import { seatsOf, type Asking, type Call, type CallsBook } from './calls-book.ts'
import type { Seat } from './calls-seat.ts'
import type { Cancel, Clock } from './clock.ts'
import type { Device } from './users.ts'

interface AwayOptions {
  readonly book: CallsBook
  readonly clock: Clock
  readonly limits: { readonly awayMs: number; readonly pingIntervalMs: number; readonly pingTimeoutMs: number }
  /** Nobody came back to the seat in time. */
  readonly onGivenUp: (call: Call, seat: Seat) => void
}

/** Seats whose connection was lost wait for their users, and whoever comes back is told how the call stands. */
export class AwaySeats {
  readonly #options: AwayOptions
  readonly #waits = new Map<Seat, Cancel>()

  constructor(options: AwayOptions) {
    this.#options = options
  }

  /** The connection of a device is gone. */
  lost(asking: Asking): void {
    const { book, clock, limits, onGivenUp } = this.#options
    const call = book.current(asking.user)
    const seat = book.seatOf(asking)
    if (call === null || seat === null) return
    seat.lose()
    this.#waits.set(
      seat,
      clock.schedule(limits.awayMs, () => onGivenUp(call, seat)),
    )
  }

  /** Brings a device that has just joined up to date. `since`: when its user went away, null when it was not. */
  arrived({ user, device }: Asking, since: number | null): void {
    const call = this.#options.book.latest(user)
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

  /** Somebody is back on this seat, or the call is over. */
  stopWaiting(seat: Seat): void {
    this.#waits.get(seat)?.()
    this.#waits.delete(seat)
  }

  close(): void {
    for (const stopWaiting of this.#waits.values()) stopWaiting()
    this.#waits.clear()
  }

  /** How long a connection may have been dead before it is known to be. */
  get #deafMs(): number {
    return this.#options.limits.pingIntervalMs + this.#options.limits.pingTimeoutMs
  }

  #takeUp(call: Call, seat: Seat, device: Device): void {
    this.stopWaiting(seat)
    if (call.state.phase === 'ringing') device.tell(['call:initiated', { callId: call.id, to: call.callee }])
    // Told while nobody heard it, perhaps; whoever has begun to signal knows it.
    else if (call.state.phase === 'accepted' && !seat.isConfirmed)
      device.tell(['call:accepted', { callId: call.id, by: call.callee }])
    seat.take(device)
  }
}
