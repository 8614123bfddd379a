import type { Dialect, SocketDialect } from '../dialects/dialect.ts'
import type { Room } from '../domain/room.ts'
import { originOf } from '../domain/origins.ts'
import type { OpenRoomSession } from '../domain/room-session.ts'
import type { Rooms } from '../domain/rooms.ts'
import type { Route } from '../http/router.ts'
import type { Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import { callers } from './callers.ts'
import type { ClusterStore } from './cluster-store.ts'
import { roomKey, USERS_KEY, type Cluster, type HomeOwner, type Kept, type PlaceKey } from './cluster.ts'
import type { Desk } from './desk.ts'
import { Exchanges } from './exchanges.ts'
import { Forwarding } from './forwarding.ts'
import type { HostedDialect, HostedSocket } from './hosted.ts'
import { Hosting } from './hosting.ts'
import { RemoteSession } from './remote-session.ts'

interface JoinedServerOptions {
  readonly cluster: Cluster
  readonly desk: Desk
  readonly rooms: Rooms
  readonly store: ClusterStore
  readonly dialects: readonly Dialect[]
  readonly routes: readonly Route[]
  /** Our own protocol, as a dialect. */
  readonly own: HostedDialect
  readonly limits: ServerLimits
  readonly log: Log
}

/** The part of a place key behind the colon: a name, a code, or the id of a stream. */
const idOf = (key: PlaceKey): string => key.slice(key.indexOf(':') + 1)

const isRoomKey = (key: PlaceKey): boolean => key.startsWith('name:') || key.startsWith('code:')

/** What makes a server one of several: it answers for the places it is home of, and hands everything else on. */
export class JoinedServer implements HomeOwner {
  readonly forwarding: Forwarding
  readonly exchanges: Exchanges
  readonly #options: JoinedServerOptions
  readonly #hosting: Hosting
  readonly #callers: HostedDialect

  constructor(options: JoinedServerOptions) {
    const { cluster, desk, own, rooms, dialects, routes, limits, log } = options
    const { homes, journal } = cluster
    const onSettled = (key: PlaceKey) => this.#settled(key)
    const sockets: readonly SocketDialect[] = dialects.flatMap((dialect) => dialect.sockets ?? [])
    this.#options = options
    this.#callers = callers(rooms)
    const hosted: readonly HostedDialect[] = [own, this.#callers, ...sockets]
    this.#hosting = new Hosting({ homes, journal, desk, dialects: hosted, limits, log, onSettled })
    const mayAsk = (address: string) => rooms.mayAsk(originOf(address))
    this.forwarding = new Forwarding({ homes, desk, hosting: this.#hosting, own, mayAsk, limits, log })
    this.exchanges = new Exchanges({ homes, journal, desk, routes, limits, log, settled: onSettled })
  }

  /** Into a room that may be in any process. */
  roomSession(address: string): OpenRoomSession {
    const open = (socket: HostedSocket) => this.forwarding.open(this.#callers, socket)
    return (listener) => new RemoteSession({ address, open, listener })
  }

  readonly taken = (key: PlaceKey, { book, room, claims }: Kept): void => {
    const { store, rooms } = this.#options
    // Before its room: that one looks its documents up.
    if (book !== null) store.load(idOf(key), book)
    if (room !== null) rooms.restore(room.record, room.chat)
    if (key === USERS_KEY) store.loadClaims(claims)
  }

  readonly lost = (key: PlaceKey): void => {
    this.#hosting.evict(key, () => this.#forget(key))
    this.exchanges.evict(key)
  }

  readonly isIdle = (key: PlaceKey): boolean => {
    if (this.#roomAt(key) !== undefined || this.exchanges.handles(key)) return false
    return !this.#options.dialects.some(({ holds }) => holds?.(key) === true) && !this.#hosting.hosts(key)
  }

  readonly current = (key: PlaceKey): Kept => {
    const { store } = this.#options
    const room = this.#roomAt(key)
    return {
      room: room === undefined ? null : { record: room.record, chat: room.chat },
      book: isRoomKey(key) ? store.book(idOf(key)) : null,
      claims: key === USERS_KEY ? store.claims() : new Map(),
    }
  }

  #roomAt(key: PlaceKey): Room | undefined {
    const { rooms } = this.#options
    const room = key.startsWith('name:') ? rooms.named(idOf(key)) : rooms.coded(idOf(key))
    return room !== undefined && roomKey(room) === key ? room : undefined
  }

  #forget(key: PlaceKey): void {
    const { rooms, store } = this.#options
    const room = this.#roomAt(key)
    if (room !== undefined) rooms.evict(room.code)
    if (isRoomKey(key)) store.evict(idOf(key))
    if (key === USERS_KEY) store.loadClaims(new Map())
  }

  /** Whoever wants it next becomes its home, when nothing came of what was asked for. */
  #settled(key: PlaceKey): void {
    if (!this.isIdle(key)) return
    this.#options.cluster.homes.release(key)
    this.#forget(key)
  }
}
