import type { Joined, PeerId, PeerInfo, Result, Signal } from '#signalling/protocol.ts'
import type { Fact } from './facts.ts'
import { ok, refuse } from './results.ts'
import type { Room } from './room.ts'
import type { Rooms } from './rooms.ts'
import { Session } from './session.ts'

export type Neighbour = Pick<PeerInfo, 'id' | 'offer'>

/** What somebody who sits in a room has to know of it. */
export interface Seated {
  readonly peerId: PeerId
  /** Leads back to this place once its connection was lost. */
  readonly token: string
  /** All who are inside, the one who asks among them. */
  readonly peers: readonly Neighbour[]
}

/** Who calls a room. */
export interface Visitor {
  readonly user: string
  /** Where the user's device is (origins.ts). */
  readonly origin: string
}

/** Why a session is over: somebody inside sent the user out or ended the room, or it can not be reached any more. */
export type OverReason = 'ended' | 'lost'

/** Told of what happens in the room. */
export interface RoomListener {
  readonly arrived: (peer: Neighbour) => void
  readonly gone: (id: PeerId) => void
  readonly signalled: (from: PeerId, signal: Signal) => void
  /** This session is outside. */
  readonly over: (reason: OverReason) => void
}

export type TakeSeat = (seated: Result<Seated>) => void

/**
 * A user's way into one room, which may be in another process. `enter` and `resume` answer once, perhaps later, and not at all
 * when the session is left, lost or over before; one of them at a time. What is asked is done in its order.
 */
export interface RoomSession {
  /** Refuses whoever can not come in with `room-full`, and what is no room with `room-not-found`. */
  enter: (visitor: Visitor, then: TakeSeat) => void
  /** After `lose`. */
  resume: (seat: { readonly token: string; readonly origin: string }, then: TakeSeat) => void
  /** Answers false when it is known that nobody is there for it. */
  sendSignal: (to: PeerId, signal: Signal) => boolean
  /** The connection of the user is gone. */
  lose: () => void
  leave: () => void
}

export type OpenRoomSession = (listener: RoomListener) => RoomSession

/** Whether a user can come in. Whoever calls themselves as somebody else's peer id would be taken for that one. */
export const mayEnter = (room: Room, { user, origin }: Visitor): boolean =>
  !room.isFull && !room.isGuardedFor(origin) && !room.has(user)

/** Enters a room as users of calls do. Refuses as `RoomSession.enter` does. */
export const enterAs = (session: Session, room: Room | undefined, user: string): Result<Seated> => {
  if (room === undefined) return refuse('room-not-found')
  const isWelcome = mayEnter(room, { user, origin: session.origin })
  return isWelcome ? seatedOf(session.enter(room, user)) : refuse('room-full')
}

/** Whether somebody inside has sent the one who is told of it out, or ended the room. */
export const isSentOut = (fact: string): boolean => fact === 'session:removed' || fact === 'room:closed'

export const seatedOf = (joined: Result<Joined>): Result<Seated> => {
  if (!joined.ok) return joined
  const { peerId, token, room } = joined.value
  return ok({ peerId, token, peers: room.peers })
}

const listen =
  ({ arrived, gone, signalled }: RoomListener) =>
  (fact: Fact): void => {
    if (fact[0] === 'peer:joined') arrived(fact[1])
    if (fact[0] === 'peer:left') gone(fact[1].id)
    if (fact[0] === 'signal:received') signalled(fact[1].from, fact[1].signal)
  }

/** Tells when the room lets go of it. */
class HereSession extends Session {
  readonly #onReleased: () => void

  constructor(rooms: Rooms, deliver: (fact: Fact) => void, origin: string, onReleased: () => void) {
    super(rooms, deliver, { origin, manner: 'answers' })
    this.#onReleased = onReleased
  }

  override released(): void {
    super.released()
    this.#onReleased()
  }
}

/** Into a room of this process; answers at once. It is over, too, when the room becomes another process's. */
export const sessionIn =
  (rooms: Rooms, room: Room): OpenRoomSession =>
  (listener) => {
    let reason: OverReason = 'lost'
    const tell = listen(listener)
    const deliver = (fact: Fact) => {
      if (isSentOut(fact[0])) reason = 'ended'
      else tell(fact)
    }
    // Later, when the room has let go of the others as well.
    const onReleased = () => queueMicrotask(() => listener.over(reason))
    let session: HereSession | null = null
    const open = (origin: string) => (session = new HereSession(rooms, deliver, origin, onReleased))
    return {
      enter: ({ user, origin }, then) => then(enterAs(open(origin), room, user)),
      resume: ({ token, origin }, then) => then(seatedOf(open(origin).resume(token))),
      sendSignal: (to, signal) => session?.sendSignal(to, signal).ok === true,
      lose: () => session?.lost(),
      leave: () => void session?.leave(),
    }
  }
