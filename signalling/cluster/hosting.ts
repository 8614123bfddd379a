import type { ServerLimits } from '../server-limits.ts'
import type { Log } from '../log.ts'
import type { Homes, Journal, PlaceKey, ProcessId } from './cluster.ts'
import type { Desk } from './desk.ts'
import { Hosted, type HostedDialect, type HostedSocket } from './hosted.ts'
import { InOrder } from './in-order.ts'
import type { ToEntry, ToHost } from './socket-messages.ts'

interface HostingOptions {
  readonly homes: Homes
  readonly journal: Pick<Journal, 'after'>
  readonly desk: Desk
  /** Our own protocol as well. */
  readonly dialects: readonly HostedDialect[]
  readonly limits: ServerLimits
  readonly log: Log
  /** Something was done about this place, and whatever waited for it had its turn: it can be given away when it is idle. */
  readonly onSettled: (key: PlaceKey) => void
}

interface Foreigner {
  readonly hosted: Hosted
  readonly order: InOrder
}

/** The connections that this process answers: of its own sockets, and of sockets that other processes have. */
export class Hosting {
  readonly #options: HostingOptions
  readonly #dialects: ReadonlyMap<string, HostedDialect>
  readonly #hosted = new Set<Hosted>()
  /** Of other processes, by the ids they gave. */
  readonly #foreigners = new Map<ProcessId, Map<number, Foreigner>>()
  #foreignersCount = 0

  constructor(options: HostingOptions) {
    this.#options = options
    this.#dialects = new Map(options.dialects.map((dialect) => [dialect.system, dialect]))
    options.desk.onGone((process) => this.#gone(process))
  }

  open(dialect: HostedDialect, exit: HostedSocket, onLost: () => void = () => undefined): Hosted {
    const { journal, log } = this.#options
    const hosted = new Hosted(exit, {
      ...{ dialect, journal, log },
      onHandled: (key) => this.#settleLater(key),
      onLost: () => {
        this.#hosted.delete(hosted)
        onLost()
      },
    })
    this.#hosted.add(hosted)
    return hosted
  }

  /** Whether somebody here takes part in this place, looks at it, or is just being let in. Looks at every connection. */
  hosts(key: PlaceKey): boolean {
    for (const hosted of this.#hosted) if (hosted.isAbout(key)) return true
    return false
  }

  /** Another process is home there: those who take part come again, and are told nothing. `forget` forgets what they took part in. */
  evict(key: PlaceKey, forget: () => void): void {
    const theirs = [...this.#hosted].filter((hosted) => hosted.isAbout(key))
    // Before they are gone: nobody is away in a room that is no concern of this process.
    forget()
    for (const hosted of theirs) hosted.evict()
  }

  /** What an entry tells. */
  take(from: ProcessId, message: ToHost): void {
    if (message.kind === 'open') {
      this.#openForeign(from, message)
      return
    }
    const foreigner = this.#foreigners.get(from)?.get(message.id)
    if (message.kind === 'lost') foreigner?.hosted.lost()
    // It was hosted here until something went wrong.
    else if (foreigner === undefined) this.#post(from, { kind: 'closed', id: message.id })
    else if (!foreigner.order.add(() => this.#act(from, foreigner.hosted, message))) foreigner.hosted.evict()
  }

  /** At once when nothing has to be found. */
  #act(from: ProcessId, hosted: Hosted, message: Extract<ToHost, { kind: 'packet' | 'sync' }>): void | Promise<void> {
    const { id } = message
    if (message.kind === 'sync')
      return hosted.sync().then((standing) => this.#post(from, { kind: 'synced', id, ...standing }))
    const { event, payload, ask, wish } = message
    const acknowledge =
      ask === null ? null : (answer: unknown) => this.#post(from, { kind: 'answered', id, ask, answer })
    const packet = { event, payload, acknowledge, wish }
    if (wish === null || hosted.isSettled) {
      hosted.handle(packet, null)
      return
    }
    return this.#options.homes.find(wish).then((found) => {
      // It was here when the entry asked, and has moved on since.
      if (found.where === 'there') hosted.evict()
      else hosted.handle(packet, found)
    })
  }

  #openForeign(from: ProcessId, { id, system, socket }: Extract<ToHost, { kind: 'open' }>): void {
    const { limits, log } = this.#options
    const dialect = this.#dialects.get(system)
    const theirs = this.#foreigners.get(from) ?? new Map<number, Foreigner>()
    const close = () => this.#post(from, { kind: 'closed', id })
    if (dialect === undefined || theirs.has(id) || this.#foreignersCount >= limits.clusterConnections) {
      close()
      return
    }
    const exit: HostedSocket = {
      ...socket,
      send: (event, payload) => this.#post(from, { kind: 'sent', id, event, payload }),
      close,
    }
    const hosted = this.open(dialect, exit, () => this.#forget(from, id))
    const order = new InOrder(2 * limits.clusterWaitingPackets, (fault) => {
      log('error', 'hosting-fault', { fault: String(fault) })
      hosted.evict()
    })
    this.#foreigners.set(from, theirs.set(id, { hosted, order }))
    this.#foreignersCount += 1
  }

  #forget(from: ProcessId, id: number): void {
    const theirs = this.#foreigners.get(from)
    const foreigner = theirs?.get(id)
    if (theirs === undefined || foreigner === undefined) return
    foreigner.order.clear()
    theirs.delete(id)
    this.#foreignersCount -= 1
    if (theirs.size === 0) this.#foreigners.delete(from)
  }

  #gone(process: ProcessId): void {
    for (const { hosted } of [...(this.#foreigners.get(process)?.values() ?? [])]) hosted.lost()
  }

  /** After everything that has been found already, so that nothing is given away under somebody who is just coming in. */
  #settleLater(key: PlaceKey): void {
    setImmediate(() => this.#options.onSettled(key))
  }

  #post(to: ProcessId, message: ToEntry): void {
    this.#options.desk.post(to, 'sockets', message)
  }
}
