import type { Log } from '../log.ts'
import { HttpRefusal } from '../http/http-refusal.ts'
import type { Exchange, Route } from '../http/router.ts'
import { takeExchange } from '../http/take-exchange.ts'
import { refuse } from '../domain/results.ts'
import type { Homes, Journal, PlaceKey } from './cluster.ts'
import { HeldResponse, type Outlet } from './exchange-response.ts'

export interface HostingOptions {
  readonly homes: Pick<Homes, 'find'>
  readonly journal: Pick<Journal, 'after'>
  readonly log: Log
  /** Requests about this were handled here and none is left: a home that nothing came of can be given back. */
  readonly settled: (key: PlaceKey) => void
}

/** Handles requests about places that are at home here, whoever was asked. */
export class ExchangeHosting {
  readonly #options: HostingOptions
  readonly #open = new Set<HeldResponse>()
  /** How many are just being handled. */
  readonly #handling = new Map<PlaceKey, number>()

  constructor(options: HostingOptions) {
    this.#options = options
  }

  /** A response for `handle`. Its `key` may be said later, before anything is answered. */
  respond(outlet: Outlet): HeldResponse {
    const commit = (key: PlaceKey, then: () => void) => this.#options.journal.after(key, then, () => response.lose())
    const response: HeldResponse = new HeldResponse(outlet, commit)
    this.#open.add(response)
    response.once('close', () => this.#open.delete(response))
    return response
  }

  /** `key` is at home here; null when it is about nothing that is shared. Never rejects. */
  async handle(route: Route, exchange: Exchange, response: HeldResponse, key: PlaceKey | null): Promise<void> {
    const keys: PlaceKey[] = []
    const begin = (about: PlaceKey) => {
      response.key = about
      this.#handling.set(about, (this.#handling.get(about) ?? 0) + 1)
      keys.push(about)
    }
    const claim = async (about: PlaceKey) => {
      const { where } = await this.#options.homes.find({ kind: 'place', key: about }).catch(stopping)
      if (where !== 'here') stopping()
      begin(about)
    }
    if (key !== null) begin(key)
    await takeExchange(route, exchange.answeredBy(response, claim), this.#options.log)
    for (const about of keys) this.#handled(about)
  }

  handles(key: PlaceKey): boolean {
    return this.#handling.has(key)
  }

  /** It is at home elsewhere by now. */
  evict(key: PlaceKey): void {
    for (const response of [...this.#open]) if (response.key === key) response.lose()
  }

  close(): void {
    for (const response of [...this.#open]) response.lose()
  }

  #handled(key: PlaceKey): void {
    const left = (this.#handling.get(key) ?? 1) - 1
    if (left > 0) this.#handling.set(key, left)
    else {
      this.#handling.delete(key)
      // Not at once: another request may just have found that it is at home here.
      setImmediate(() => {
        if (!this.#handling.has(key)) this.#options.settled(key)
      })
    }
  }
}

const stopping = (): never => {
  throw new HttpRefusal(503, refuse('server-stopping').message)
}
