import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { Joined, Result, RoomCode } from '#signalling/protocol.ts'
import {
  nameKey,
  roomKey,
  type Found,
  type Homes,
  type PlaceKey,
  type ProcessId,
  type Wish,
} from '#signalling/cluster/cluster.ts'
import { callers } from '#signalling/cluster/callers.ts'
import { Desk } from '#signalling/cluster/desk.ts'
import { Forwarding } from '#signalling/cluster/forwarding.ts'
import { Hosting } from '#signalling/cluster/hosting.ts'
import type { HostedDialect } from '#signalling/cluster/hosted.ts'
import { ownProtocol } from '#signalling/cluster/own-protocol.ts'
import { RemoteSession } from '#signalling/cluster/remote-session.ts'
import type { DialectConnection, DialectSocket, SocketDialect } from '#signalling/dialects/dialect.ts'
import { openDialects } from '#signalling/dialects/dialects.ts'
import { Appointments } from '#signalling/domain/appointments.ts'
import { originOf } from '#signalling/domain/origins.ts'
import { newPeerId } from '#signalling/domain/peers.ts'
import type { OpenRoomSession } from '#signalling/domain/room-session.ts'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import { MemoryStore } from '#signalling/store/memory-store.ts'
import { Tally } from '#signalling/metrics.ts'
import { createWorld, valueOf, type ManualClock } from '../../../helpers/signalling-domain.ts'
import { MemoryNetwork } from './memory-mail.ts'
import { JournalDouble } from './journal-double.ts'

/** Long enough for everything that processes tell each other because of one thing. */
export const settle = async (): Promise<void> => {
  for (let at = 0; at < 20; at += 1) await turn()
}

/** What Redis knows: rooms are at home where they are, other places where they were taken. */
class Registry {
  readonly servers: Server[] = []
  readonly taken = new Map<PlaceKey, ProcessId>()
  /** Wishes that were asked for. */
  readonly asked: Wish[] = []
  /** Answered once, instead of what is true. */
  readonly stale: Found[] = []
  /** Codes of rooms that have expired. */
  readonly expired = new Set<RoomCode>()
  /** While it is there nothing is found. */
  away: Promise<void> | null = null

  for(own: ProcessId): Homes {
    return {
      find: async (wish) => {
        this.asked.push(wish)
        await this.away
        return this.stale.shift() ?? this.#find(own, wish)
      },
      release: (key) => {
        if (this.taken.get(key) === own) this.taken.delete(key)
      },
    }
  }

  #find(own: ProcessId, wish: Wish): Found {
    if (wish.kind === 'place') return this.#take(own, wish.key)
    if (wish.kind === 'token') {
      const claims = this.servers[0]!.rooms.openToken(wish.token)
      if (claims === null) return { where: 'nowhere' }
      if (this.expired.has(claims.code)) return { where: 'gone' }
      return this.#room(own, claims.code) ?? this.#take(own, `code:${claims.code}`)
    }
    const known = this.#room(own, wish.address)
    if (known !== null) return known
    return wish.mode === 'open' ? this.#take(own, nameKey(wish.address)) : { where: 'nowhere' }
  }

  #room(own: ProcessId, address: string): Found | null {
    for (const { id, rooms } of this.servers) {
      const room = rooms.find(address)
      if (room === undefined) continue
      const key = roomKey(room)
      return id === own ? { where: 'here', key } : { where: 'there', key, process: id }
    }
    return null
  }

  #take(own: ProcessId, key: PlaceKey): Found {
    const process = this.taken.get(key) ?? own
    this.taken.set(key, process)
    return process === own ? { where: 'here', key } : { where: 'there', key, process }
  }
}

/** The client's end of one socket. */
export class Client {
  /** In the order they came; `answer` for answers. */
  readonly told: [event: string, payload: unknown][] = []
  isClosed = false
  readonly #connection: DialectConnection

  constructor(open: (socket: DialectSocket) => DialectConnection, mayCreate = true) {
    this.#connection = open({
      ...{ id: newPeerId(), address: '192.0.2.1', mayCreate },
      send: (event, payload) => {
        if (!this.isClosed) this.told.push([event, payload])
      },
      close: () => this.drop(),
    })
  }

  /** Sends, and asks for an answer. */
  ask(event: string, payload: unknown): Promise<unknown> {
    return new Promise((resolve) => {
      void this.#connection.handle(event, payload, (answer) => {
        this.told.push(['answer', answer])
        resolve(answer)
      })
    })
  }

  say(event: string, payload: unknown): void {
    void this.#connection.handle(event, payload, null)
  }

  async join(code: string, name = 'Ann'): Promise<Joined> {
    return valueOf((await this.ask('room:join', { code, name })) as Result<Joined>)
  }

  /** The socket ends, from whichever side. */
  drop(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#connection.lost()
  }

  of(event: string): unknown[] {
    return this.told.filter(([name]) => name === event).map(([, payload]) => payload)
  }

  get names(): string[] {
    return this.told.map(([name]) => name)
  }
}

/** One process. */
export class Server {
  readonly id: ProcessId
  readonly rooms
  readonly clock: ManualClock
  readonly journal = new JournalDouble()
  readonly tally = new Tally()
  readonly logged: string[] = []
  readonly settled: PlaceKey[] = []
  readonly desk: Desk
  readonly hosting: Hosting
  readonly forwarding: Forwarding
  readonly own: HostedDialect
  readonly #callers: HostedDialect
  readonly dialects: readonly SocketDialect[]

  constructor(
    id: ProcessId,
    shared: { network: MemoryNetwork; registry: Registry; key: Uint8Array },
    changes: Changes,
  ) {
    this.id = id
    const world = createWorld(changes.limits, Buffer.from(shared.key))
    const { clock, limits, rooms } = world
    const log = (_level: string, event: string) => void this.logged.push(event)
    const base = { limits, clock, log }
    this.rooms = rooms
    this.clock = clock
    this.desk = new Desk(shared.network.join(id), log)
    const homes = shared.registry.for(id)
    const store = new MemoryStore()
    const appointments = new Appointments({ ...base, store, onFault: () => log('error', 'store-fault') })
    const dialects = openDialects({
      ...{ ...base, rooms, appointments, store },
      live: { iceServers: [], deviceNotifyUrl: null },
      takePlace: () => null,
      claim: async (key) => (await homes.find({ kind: 'place', key })).where === 'here',
      roomElsewhere: (address) => this.roomSession(address),
    })
    onTestFinished(async () => {
      for (const { close } of dialects) await close?.()
    })
    this.dialects = [...dialects.flatMap(({ sockets }) => sockets ?? []), ...(changes.more ?? [])]
    const own = (this.own = ownProtocol({
      rooms,
      log,
      tally: this.tally,
      services: { iceFor: () => ({ iceServers: [] }) },
    }))
    const both = { ...base, homes, journal: this.journal, desk: this.desk }
    this.#callers = callers(rooms)
    const known: readonly HostedDialect[] = [own, this.#callers, ...this.dialects]
    this.hosting = new Hosting({ ...both, dialects: known, onSettled: (key) => void this.settled.push(key) })
    const mayAsk = (address: string) => rooms.mayAsk(originOf(address))
    this.forwarding = new Forwarding({ ...both, own, mayAsk, hosting: this.hosting })
    shared.registry.servers.push(this)
  }

  /** A client of our own. */
  connect(peerId = newPeerId()): Client {
    return new Client((socket) => this.forwarding.openOwn(socket, peerId))
  }

  /** A client of another system. */
  connectTo(system: string, mayCreate = true): Client {
    const dialect = this.dialects.find((each) => each.system === system)!
    return new Client((socket) => this.forwarding.wrap(dialect).open(socket), mayCreate)
  }

  /** The way of a call of this process into a room of any. */
  roomSession(address: string): OpenRoomSession {
    return (listener) =>
      new RemoteSession({ address, listener, open: (socket) => this.forwarding.open(this.#callers, socket) })
  }

  openRoom(room: { capacity?: number } = {}): RoomCode {
    return valueOf(this.rooms.create(room)).code
  }
}

interface Changes {
  readonly limits?: Partial<ServerLimits>
  readonly more?: readonly SocketDialect[]
}

/** Three processes. */
export const startServers = (changes: Changes = {}) => {
  const shared = { network: new MemoryNetwork(), registry: new Registry(), key: randomBytes(32) }
  const [a, b, c] = [
    new Server('a', shared, changes),
    new Server('b', shared, changes),
    new Server('c', shared, changes),
  ]
  return { a, b, c, ...shared, limits: { ...defaultServerLimits, ...changes.limits } }
}
