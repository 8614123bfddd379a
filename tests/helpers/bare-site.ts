import { createReadStream } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright/test'

const root = join(import.meta.dirname, '../..')
const PAGE = '<!doctype html><title>Bare</title><script src="/socket.io.js"></script>'

type Measured = readonly { readonly id: string; readonly frames: number; readonly sound: number }[]
interface BareClient {
  readonly errors: readonly string[]
  readonly measure: () => Promise<Measured>
  readonly leave: () => void
}
interface BareWindow extends Window {
  client: BareClient
}

/** A site of somebody else, which has the clients of tests/e2e/bare on its pages. */
export class BareSite {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(): Promise<BareSite> {
    const server = createServer(({ url = '' }, response) => {
      const [, name] = /^\/bare\/([a-z-]+\.js)$/.exec(url) ?? []
      const file =
        url === '/socket.io.js'
          ? 'node_modules/socket.io-client/dist/socket.io.min.js'
          : name && `tests/e2e/bare/${name}`
      if (file) createReadStream(join(root, file)).pipe(response.setHeader('Content-Type', 'text/javascript'))
      else response.setHeader('Content-Type', 'text/html').end(PAGE)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new BareSite(server)
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve)
      this.#server.closeAllConnections()
    })
  }
}

/** One page of it, with one client, in one room. */
export class BarePage {
  readonly page: Page
  readonly name: string

  constructor(page: Page, name: string) {
    this.page = page
    this.name = name
  }

  /** `module` is a file of tests/e2e/bare. */
  async join(origin: string, module: string, server: string, room: string): Promise<void> {
    await this.page.goto(origin)
    await this.page.evaluate(
      async ({ path, server, room, name }) => {
        const { join } = (await import(path)) as { join: (...args: string[]) => Promise<BareClient> }
        ;(window as unknown as BareWindow).client = await join(server, room, name)
      },
      { path: `/bare/${module}.js`, server, room, name: this.name },
    )
  }

  async measure(): Promise<Measured> {
    return await this.page.evaluate(() => (window as unknown as BareWindow).client.measure())
  }

  async errors(): Promise<readonly string[]> {
    return await this.page.evaluate(() => (window as unknown as BareWindow).client.errors)
  }

  async leave(): Promise<void> {
    await this.page.evaluate(() => {
      ;(window as unknown as BareWindow).client.leave()
    })
  }
}
