import { test as base, type Browser } from 'playwright/test'
import { CallPage } from './call-page.ts'
import { ServerProcess } from './server-process.ts'

/** People who are in one meeting, in the order of their names. */
interface Meeting<Names extends readonly string[]> {
  readonly people: { readonly [Place in keyof Names]: CallPage }
  /** Its address, which others open. */
  readonly url: string
}

interface Fixtures {
  /** A running standalone server that serves the built page. */
  readonly server: ServerProcess
  /** Opens a window of a person with a browser profile of their own. */
  readonly person: (name: string) => Promise<CallPage>
  /** The first of them hosts a meeting, the others come in one after the other. */
  readonly meet: <Names extends readonly [string, ...string[]]>(...names: Names) => Promise<Meeting<Names>>
}

/** One window of one person, with a profile of its own; page errors end up in the test's output. */
export const openPerson = async (browser: Browser, name: string): Promise<CallPage> => {
  const context = await browser.newContext({ viewport: { width: 1024, height: 640 } })
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(`${name}: ${error.message}`))
  return new CallPage(page, name)
}

export const test = base.extend<Fixtures>({
  server: async ({ browserName: _ }, use) => {
    const server = new ServerProcess()
    await server.start()
    await use(server)
    await server.close()
  },
  person: async ({ browser }, use) => {
    const opened: CallPage[] = []
    await use(async (name) => {
      const person = await openPerson(browser, name)
      opened.push(person)
      return person
    })
    for (const { page } of opened) await page.context().close()
  },
  meet: async ({ server, person }, use) => {
    const meet = async (hostName: string, ...names: readonly string[]) => {
      const host = await person(hostName)
      const url = await host.host(server.url)
      const people = [host]
      for (const name of names) {
        const guest = await person(name)
        await guest.join(url)
        people.push(guest)
      }
      return { people, url }
    }
    await use(meet as Fixtures['meet'])
  },
})
export { expect } from 'playwright/test'
