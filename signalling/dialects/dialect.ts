/**
 * What a system of its own wire brings to the server, and what it is given. Each lives in one file beside this one, and
 * translates: its messages into requests of the domain, the domain's facts into its messages.
 */
import type { PlaceKey, Wish } from '../cluster/cluster.ts'
import type { Appointments } from '../domain/appointments.ts'
import type { IceServer } from '#signalling/protocol.ts'
import type { Clock } from '../domain/clock.ts'
import type { OpenRoomSession } from '../domain/room-session.ts'
import type { Rooms } from '../domain/rooms.ts'
import type { Route } from '../http/router.ts'
import type { Log } from '../log.ts'
import type { Elsewhere } from '../relay/device-notice.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Store } from '../store/store.ts'
import type { RateKind } from '../transports/requests.ts'

export interface DialectContext {
  readonly rooms: Rooms
  /** What is kept of named rooms, and the call log. */
  readonly appointments: Appointments
  readonly store: Store
  readonly clock: Clock
  readonly limits: ServerLimits
  readonly log: Log
  /** For live streams: where the server learns its own addresses, and where devices are asked to come (null: nowhere). */
  readonly live: { readonly iceServers: readonly IceServer[]; readonly deviceNotifyUrl: string | null }
  /** For live streams: devices that are connected to other processes; absent in a server of one. */
  readonly elsewhere?: Elsewhere | undefined
  /** Takes a place among the connections of this address, for a request that stays open; null when there is none. */
  readonly takePlace: (address: string) => (() => void) | null
  /** In a server of several processes: makes this one the home of a place, or answers false when another is. */
  readonly claim?: ((key: PlaceKey) => Promise<boolean>) | undefined
  /** In a server of several processes: the way into a room, by name or code, that another one may have. Else null. */
  readonly roomElsewhere?: (address: string) => OpenRoomSession | null
}

/** A Socket.IO socket, as far as a dialect may use it. */
export interface DialectSocket {
  /** Socket.IO's own id: public, and new with every connection. */
  readonly id: string
  /** Where it connects from, behind trusted proxies too. */
  readonly address: string
  /** Whether this client may make rooms (docs/PROTOCOL.md, J12): a dialect refuses what would make one for a client that may not. */
  readonly mayCreate: boolean
  readonly send: (event: string, payload?: unknown) => void
  /** Ends the connection once what was sent is out. */
  readonly close: () => void
}

/** Null when the sender asked for no answer. */
export type Acknowledge = ((answer: unknown) => void) | null

/** One socket's dealings in one dialect; made when the first of its events arrives. */
export interface DialectConnection {
  /** `payload` is whatever the client sent: parse it. May not throw for anything that a client can cause. */
  readonly handle: (event: string, payload: unknown, acknowledge: Acknowledge) => void | Promise<void>
  /** The socket is gone. */
  readonly lost: () => void
  /** What it takes part in or looks at now, for a server of several processes. */
  readonly place?: () => PlaceKey | null
  /** Whether it has to stay where it is. When there is none: whether it has a place. */
  readonly isSettled?: () => boolean
}

export interface SocketDialect {
  /** Tells it from the others, also in another process. */
  readonly system: string
  /** The names of its events, each with the rate that it is counted in. */
  readonly events: ReadonlyMap<string, RateKind>
  readonly open: (socket: DialectSocket) => DialectConnection
  /** What a client of this system means by its handshake (`auth`, else query), as its first event; null for any other client. */
  readonly opensWith?: (hello: unknown) => { readonly event: string; readonly payload: unknown } | null
  /**
   * What an event is about, for a server of several processes; null when it is about what this connection takes part in
   * already, or when any process will do.
   */
  readonly wishOf?: (event: string, payload: unknown) => Wish | null
}

export interface Dialect {
  readonly sockets?: SocketDialect
  readonly routes?: readonly Route[]
  /** In a server of several processes: whether something of this place is here, even while no connection is. */
  readonly holds?: (key: PlaceKey) => boolean
  /** Ends what it started: timers, streams. */
  readonly close?: () => void | Promise<void>
}
