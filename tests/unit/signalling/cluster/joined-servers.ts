import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import {
  nameKey,
  type Found,
  type Homes,
  type PlaceKey,
  type ProcessId,
  type Wish,
} from '#signalling/cluster/cluster.ts'
import { Desk } from '#signalling/cluster/desk.ts'
import { Exchanges } from '#signalling/cluster/exchanges.ts'
import { Notices } from '#signalling/cluster/notices.ts'
import { openDialects } from '#signalling/dialects/dialects.ts'
import { Appointments } from '#signalling/domain/appointments.ts'
import { ResumeTokens } from '#signalling/domain/resume-tokens.ts'
import { Rooms } from '#signalling/domain/rooms.ts'
import { Access, type AccessOptions } from '#signalling/http/access.ts'
import { Addresses } from '#signalling/http/addresses.ts'
import { Hosts } from '#signalling/http/hosts.ts'
import { createRequestListener } from '#signalling/http/request-listener.ts'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import { MemoryStore } from '#signalling/store/memory-store.ts'
import { createSystemClock } from '#signalling/system-clock.ts'
import { JournalDouble } from './journal-double.ts'
import { MemoryNetwork } from './memory-mail.ts'

/** What Redis knows. */
class Registry {
  readonly homes = new Map<PlaceKey, ProcessId>()
  /** Answered once, instead of what is true. */
  readonly stale: Found[] = []
  /** While it is there nothing is found. */
  away: Promise<void> | null = null
  /** How often something was looked for. */
  finds = 0

  for(own: ProcessId): Homes {
    return {
      find: async (wish) => {
        this.finds += 1
        await this.away
        return this.stale.shift() ?? this.#find(own, wish)
      },
      release: () => undefined,
    }
  }

  #find(own: ProcessId, wish: Wish): Found {
    if (wish.kind === 'token') return { where: 'gone' }
    const key = wish.kind === 'room' ? nameKey(wish.address) : wish.key
    const process = this.homes.get(key)
    if (process === undefined && wish.kind === 'room' && wish.mode === 'find') return { where: 'nowhere' }
    if (process === undefined) this.homes.set(key, own)
    return process === undefined || process === own ? { where: 'here', key } : { where: 'there', key, process }
  }
}

export interface Joined {
  readonly url: string
  readonly port: number
  readonly addresses: Addresses
  readonly rooms: Rooms
  readonly journal: JournalDouble
  readonly exchanges: Exchanges | null
  readonly logged: string[]
  readonly settled: PlaceKey[]
  /** Requests that are not answered yet, and streams. */
  readonly open: ReadonlySet<ServerResponse>
}

interface Options {
  readonly limits?: Partial<ServerLimits>
  readonly access?: AccessOptions
}

const listen = async (http: Server): Promise<number> => {
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return (http.address() as AddressInfo).port
}

/** A server without Socket.IO; of several when it is given a desk. */
const startOne = async (
  { limits: changes, access: accessOptions }: Options,
  cluster: { readonly desk: Desk; readonly homes: Homes } | null,
): Promise<Joined> => {
  const logged: string[] = []
  const settled: PlaceKey[] = []
  const log = (_level: string, event: string) => void logged.push(event)
  const limits = { ...defaultServerLimits, ...changes }
  const clock = createSystemClock(log)
  const base = { limits, clock, log }
  const store = new MemoryStore()
  const appointments = new Appointments({ ...base, store, onFault: () => logged.push('store-fault') })
  const rooms = new Rooms({ ...base, tokens: new ResumeTokens(randomBytes(32)), books: appointments })
  const addresses = new Addresses(limits, clock)
  const dialects = openDialects({
    ...{ ...base, rooms, appointments, store },
    live: { iceServers: [], deviceNotifyUrl: null },
    takePlace: (address) => addresses.enter(address),
    ...(cluster === null ? {} : { elsewhere: new Notices({ ...base, desk: cluster.desk }) }),
  })
  const routes = dialects.flatMap((dialect) => dialect.routes ?? [])
  const journal = new JournalDouble()
  const exchanges =
    cluster === null
      ? null
      : new Exchanges({ ...base, ...cluster, journal, routes, settled: (key) => void settled.push(key) })
  const listener = createRequestListener({
    ...{
      log,
      routes,
      addresses,
      hosts: new Hosts(['https://meet.example.org']),
      servePage: null,
      tally: null,
      isRedirected: () => false,
    },
    ...{ poll: () => false, readyChecks: [], access: new Access(accessOptions ?? null) },
    forward: exchanges && ((route, exchange) => exchanges.forward(route, exchange)),
  })
  const open = new Set<ServerResponse>()
  const http = createServer((request, response) => {
    open.add(response)
    response.once('close', () => open.delete(response))
    listener.listen(request, response)
  })
  const port = await listen(http)
  onTestFinished(async () => {
    for (const { close } of dialects) await close?.()
    rooms.close()
    appointments.close()
  })
  return { url: `http://127.0.0.1:${String(port)}`, port, addresses, rooms, journal, exchanges, logged, settled, open }
}

export const startAlone = (options: Options = {}): Promise<Joined> => startOne(options, null)

/** Three of them that share everything by the doubles of this folder. */
export const startJoined = async (options: Options = {}) => {
  const network = new MemoryNetwork()
  const registry = new Registry()
  const start = (id: ProcessId) => {
    const desk = new Desk(network.join(id), () => undefined)
    return startOne(options, { desk, homes: registry.for(id) })
  }
  const [a, b, c] = [await start('a'), await start('b'), await start('c')]
  return { a, b, c, network, registry }
}
