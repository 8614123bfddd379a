import type { Exchange } from '../http/router.ts'
import type { ProcessId } from './cluster.ts'
import type { Desk } from './desk.ts'
import type { Part } from './exchange-messages.ts'
import type { HeldResponse, Outlet } from './exchange-response.ts'

const LOST = 'The part of the server that had this is gone. Try again.'

/** Says that nobody is left to answer; what has begun is cut, so that whoever reads a stream comes back. */
export const loseExchange = (exchange: Exchange, message = LOST): void => {
  if (exchange.response.headersSent) exchange.response.destroy()
  else exchange.json(503, { message })
}

/** To a client that is connected to this process. */
export class OwnOutlet implements Outlet {
  readonly #exchange: Exchange

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  get waiting(): number {
    return this.#exchange.response.writableLength
  }

  /** Tells what stands for the response what happens to it. */
  connect(held: HeldResponse): void {
    const { response } = this.#exchange
    response.on('error', () => undefined)
    response.on('drain', () => held.emit('drain'))
    response.once('close', () => held.close())
  }

  put({ head, text, isLast }: Part): void {
    const { response } = this.#exchange
    if (head !== null) response.writeHead(head[0], Object.fromEntries(head[1]))
    if (isLast) response.end(text)
    else response.write(text)
  }

  cut(): void {
    this.#exchange.response.destroy()
  }

  lose(): void {
    loseExchange(this.#exchange)
  }
}

/** To the process that was asked, by the number that it gave the request. */
export class MailOutlet implements Outlet {
  /** As that process told it last. */
  waiting = 0
  readonly #desk: Desk
  readonly #to: ProcessId
  readonly #request: number

  constructor(desk: Desk, to: ProcessId, request: number) {
    this.#desk = desk
    this.#to = to
    this.#request = request
  }

  put(part: Part): void {
    this.#post(['part', this.#request, part])
  }

  cut(): void {
    this.#post(['cut', this.#request])
  }

  lose(): void {
    this.#post(['lost', this.#request])
  }

  moved(): void {
    this.#post(['moved', this.#request])
  }

  #post(message: unknown): void {
    this.#desk.post(this.#to, 'exchanges', message)
  }
}
