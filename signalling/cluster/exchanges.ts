import * as v from 'valibot'
import { refuse } from '../domain/results.ts'
import { Exchange, findRoute, type Route } from '../http/router.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { Found, PlaceKey, ProcessId } from './cluster.ts'
import type { Desk } from './desk.ts'
import { EntryExchange } from './exchange-entry.ts'
import { ExchangeHosting, type HostingOptions } from './exchange-hosting.ts'
import { AnyExchangeMessage, ExchangeMessage, type Part, type SentRequest } from './exchange-messages.ts'
import { MailOutlet, OwnOutlet } from './exchange-outlets.ts'
import { readSent, toSent } from './exchange-request.ts'
import type { HeldResponse } from './exchange-response.ts'

interface ExchangesOptions extends HostingOptions {
  readonly desk: Desk
  /** All that this process answers, as the request listener has them. */
  readonly routes: readonly Route[]
  readonly limits: Pick<ServerLimits, 'clusterExchanges' | 'streamQueuedSize'>
}

/** A request that another process handles. */
interface Sent {
  readonly route: Route
  readonly exchange: Exchange
  readonly entry: EntryExchange
  home: ProcessId
  tries: number
}

interface Hosted {
  readonly response: HeldResponse
  readonly outlet: MailOutlet
}

const MAX_TRIES = 4
const FULL = refuse('server-full').message
const STOPPING = refuse('server-stopping').message

/** HTTP requests in a server of several processes: each is handled at the home of what it is about, and answered here. */
export class Exchanges {
  readonly #options: ExchangesOptions
  readonly #hosting: ExchangeHosting
  readonly #sent = new Map<number, Sent>()
  readonly #hosted = new Map<string, Hosted>()
  #finding = 0
  #last = 0
  #isClosed = false

  constructor(options: ExchangesOptions) {
    this.#options = options
    this.#hosting = new ExchangeHosting(options)
    options.desk.handle('exchanges', (from, body) => this.#take(from, body))
    options.desk.onGone((process) => this.#gone(process))
  }

  /**
   * Handles a request that came to this process, here or where it belongs; waits until that is known. Never rejects: when the
   * server has no room for it or is stopping, it is answered with 503.
   */
  async forward(route: Route, exchange: Exchange): Promise<void> {
    if (this.#isClosed || this.#finding + this.#sent.size >= this.#options.limits.clusterExchanges) {
      exchange.json(503, { message: this.#isClosed ? STOPPING : FULL })
      return
    }
    const client = { isGone: false }
    exchange.response.once('close', () => (client.isGone = true))
    this.#finding += 1
    const found = await this.#find(route, exchange)
    this.#finding -= 1
    if (client.isGone) return
    if (found === null) exchange.json(503, { message: STOPPING })
    else if (found.where === 'there') await this.#send(route, exchange, found.process)
    else this.#handleOwn(route, exchange, found)
  }

  /** This process is not the home of it any more: event streams end, so that their readers come back, the others get 503. */
  evict(key: PlaceKey): void {
    this.#hosting.evict(key)
  }

  /** Whether a request about it is just being handled here, so that it must not be given away. */
  handles(key: PlaceKey): boolean {
    return this.#hosting.handles(key)
  }

  /** Requests that are not answered get 503, here and elsewhere. */
  close(): void {
    this.#isClosed = true
    this.#hosting.close()
    for (const { entry } of this.#sent.values()) entry.lose(STOPPING)
    this.#sent.clear()
  }

  /** Null when it can not be found because the server is stopping. `nowhere`, too, for what any process can answer. */
  async #find(route: Route, exchange: Exchange): Promise<Found | null> {
    const { homes, log } = this.#options
    try {
      const wish = await wishFor(route, exchange)
      if (wish === null) return { where: 'nowhere' }
      const found = await homes.find(wish)
      if (found.where !== 'here' || route.readsBody === undefined) return found
      // It takes its time to come, and the home may change meanwhile. Why it can not be read is for the handler to say.
      await exchange.readText(route.readsBody).catch(() => undefined)
      return await homes.find(wish)
    } catch (fault) {
      if (!this.#isClosed) log('warn', 'home-not-found', { route: route.path, fault: String(fault) })
      return null
    }
  }

  #handleOwn(route: Route, exchange: Exchange, found: Exclude<Found, { where: 'there' }>): void {
    const outlet = new OwnOutlet(exchange)
    const response = this.#hosting.respond(outlet)
    outlet.connect(response)
    void this.#hosting.handle(route, exchange, response, keyOf(found))
  }

  async #send(route: Route, exchange: Exchange, home: ProcessId): Promise<void> {
    const { desk, limits, log } = this.#options
    const number = (this.#last += 1)
    const entry = new EntryExchange(exchange, {
      queuedSize: limits.streamQueuedSize,
      onWaiting: (bytes) => desk.post(sent.home, 'exchanges', ['waiting', number, bytes]),
      onClosed: (reason) => {
        if (reason === 'cut') log('warn', 'slow-reader-cut', {})
        if (this.#sent.delete(number)) desk.post(sent.home, 'exchanges', ['closed', number])
      },
    })
    const sent: Sent = { route, exchange, entry, home, tries: 1 }
    this.#sent.set(number, sent)
    await this.#ask(number, sent)
  }

  async #ask(number: number, { route, exchange, entry, home }: Sent): Promise<void> {
    const request = await toSent(exchange, route.readsBody)
    if (!entry.isOver) this.#options.desk.post(home, 'exchanges', ['ask', number, request])
  }

  /** The home has changed since it was found. */
  async #sendAgain(number: number, sent: Sent): Promise<void> {
    sent.tries += 1
    const found = sent.tries > MAX_TRIES ? null : await this.#find(sent.route, sent.exchange)
    if (sent.entry.isOver) return
    if (found === null) this.#lose(number, sent)
    else if (found.where === 'there') {
      sent.home = found.process
      await this.#ask(number, sent)
    } else {
      sent.entry.leave()
      this.#sent.delete(number)
      this.#handleOwn(sent.route, sent.exchange, found)
    }
  }

  #lose(number: number, { entry }: Sent): void {
    this.#sent.delete(number)
    entry.lose()
  }

  #take(from: ProcessId, body: unknown): void {
    const parsed = v.safeParse(ExchangeMessage, body)
    if (!parsed.success) {
      this.#giveUp(from, body)
      return
    }
    const message = parsed.output
    if (message[0] === 'ask') void this.#host(from, message[1], message[2])
    else if (message[0] === 'closed') this.#hosted.get(nameOf(from, message[1]))?.response.close()
    else if (message[0] === 'waiting') this.#noteWaiting(from, message[1], message[2])
    else this.#answered(from, message)
  }

  /** What another version of the server says is not waited for. */
  #giveUp(from: ProcessId, body: unknown): void {
    this.#options.log('error', 'mail-fault', { fault: 'a message about an HTTP request that is none' })
    const parsed = v.safeParse(AnyExchangeMessage, body)
    if (!parsed.success) return
    const [kind, number] = parsed.output
    const sent = this.#sent.get(number)
    if (kind === 'ask') new MailOutlet(this.#options.desk, from, number).lose()
    else if (sent?.home === from) this.#lose(number, sent)
  }

  #answered(from: ProcessId, [kind, number, part]: readonly ['part' | 'cut' | 'moved' | 'lost', number, Part?]): void {
    const sent = this.#sent.get(number)
    if (sent?.home !== from) return
    if (kind === 'moved') void this.#sendAgain(number, sent)
    else if (kind === 'lost') sent.entry.lose()
    else if (kind === 'cut') sent.entry.cut()
    else if (part !== undefined) sent.entry.put(part)
    if (sent.entry.isOver) this.#sent.delete(number)
  }

  #noteWaiting(from: ProcessId, number: number, bytes: number): void {
    const hosted = this.#hosted.get(nameOf(from, number))
    if (hosted === undefined) return
    hosted.outlet.waiting = bytes
    if (bytes === 0) hosted.response.emit('drain')
  }

  async #host(from: ProcessId, number: number, request: SentRequest): Promise<void> {
    const { desk, routes, limits } = this.#options
    const outlet = new MailOutlet(desk, from, number)
    const [path = ''] = request.url.split('?')
    const { found: matched } = findRoute(routes, request.method, path)
    if (matched === null || this.#isClosed || this.#hosted.size >= limits.clusterExchanges) {
      outlet.lose()
      return
    }
    const response = this.#hosting.respond(outlet)
    const name = nameOf(from, number)
    this.#hosted.set(name, { response, outlet })
    response.once('close', () => this.#hosted.delete(name))
    const exchange = new Exchange(readSent(request), response, matched.params, request.asker)
    const found = await this.#find(matched.route, exchange)
    if (response.isOver) return
    if (found === null) response.lose()
    else if (found.where === 'there') {
      response.close()
      outlet.moved()
    } else await this.#hosting.handle(matched.route, exchange, response, keyOf(found))
  }

  #gone(process: ProcessId): void {
    for (const [number, sent] of this.#sent) {
      if (sent.home !== process) continue
      if (sent.entry.mayAskAgain) void this.#sendAgain(number, sent)
      else this.#lose(number, sent)
    }
    for (const [name, { response }] of this.#hosted) if (name.startsWith(`${process} `)) response.close()
  }
}

const nameOf = (process: ProcessId, number: number): string => `${process} ${number}`

const keyOf = (found: Found): PlaceKey | null => (found.where === 'here' ? found.key : null)

const wishFor = async (route: Route, exchange: Exchange) => {
  const body = route.isWishInBody ? await exchange.readJson(route.readsBody ?? 0).catch(() => undefined) : undefined
  return route.wishOf?.({ param: (name) => exchange.param(name), mayCreate: exchange.mayCreate, body }) ?? null
}
