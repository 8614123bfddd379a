import { expect, test, type BrowserContext, type Page } from 'playwright/test'
import type { IceServer } from '#signalling/protocol.ts'
import { acceptAnswer, describeSelf, mediaFlow, type Connecting } from '../helpers/relay-page.ts'
import { ServerProcess } from '../helpers/server-process.ts'

/** More than comfort noise adds up to: a tenth of a second of the fake microphone's beep. */
const AUDIBLE_ENERGY = 0.000_1

let server: ServerProcess
let context: BrowserContext | undefined

test.beforeEach(async ({ browser }) => {
  server = new ServerProcess()
  await server.start({ RELAY: 'on', METRICS: 'on' })
  context = await browser.newContext()
})
test.afterEach(async () => {
  await context?.close()
  await server.close()
})

const barePage = async (): Promise<Page> => {
  const page = await context!.newPage()
  await page.goto(`${server.url}/health`)
  return page
}

/** Of the server's own relay, by one transport. */
const iceOf = async (page: Page, transport: 'udp' | 'tcp'): Promise<Partial<IceServer>> => {
  const { urls = [], ...pass } = (await page.evaluate(
    async () => (await (await fetch('/iceServers')).json()) as unknown,
  )) as Partial<IceServer>
  const chosen = [urls].flat().filter((url) => url.endsWith(`?transport=${transport}`))
  expect(chosen).toHaveLength(1)
  return { urls: chosen, ...pass }
}

const figure = async (name: string): Promise<number> => {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1),
  )
}

/** Two pages, each by its own transport and policy, until both see and hear each other. */
const meet = async (
  [ann, ben]: readonly [Page, Page],
  [annHow, benHow]: readonly [Connecting, Connecting],
): Promise<void> => {
  const offer = await describeSelf(ann, annHow, null)
  const answer = await describeSelf(ben, benHow, offer)
  if (annHow.policy === 'relay') expect(offer).not.toMatch(/ typ (?:host|srflx|prflx) /)
  expect(offer).toMatch(/ typ relay /)
  await acceptAnswer(ann, answer)
  for (const page of [ann, ben]) {
    await expect.poll(async () => (await mediaFlow(page)).frames).toBeGreaterThan(10)
    await expect.poll(async () => (await mediaFlow(page)).sound).toBeGreaterThan(AUDIBLE_ENERGY)
  }
}

for (const [annBy, benBy] of [
  ['udp', 'udp'],
  ['tcp', 'tcp'],
  ['udp', 'tcp'],
] as const)
  test(`two pages that reach the server but not each other see and hear each other through it, by ${annBy} and ${benBy}`, async () => {
    const pages = [await barePage(), await barePage()] as const
    const how = [
      { ice: await iceOf(pages[0], annBy), policy: 'relay' },
      { ice: await iceOf(pages[1], benBy), policy: 'relay' },
    ] as const
    await meet(pages, how)
    expect(await mediaFlow(pages[0])).toMatchObject({ path: 'relay to relay', relayProtocol: annBy })
    expect(await mediaFlow(pages[1])).toMatchObject({ path: 'relay to relay', relayProtocol: benBy })
    expect(await figure('earshot_relay_allocations')).toBe(2)
    expect(await figure('earshot_relay_packets_total')).toBeGreaterThan(100)
  })

test('it is enough that one of two can not be reached', async () => {
  const pages = [await barePage(), await barePage()] as const
  const how = [
    { ice: await iceOf(pages[0], 'udp'), policy: 'relay' },
    { ice: await iceOf(pages[1], 'udp'), policy: 'all' },
  ] as const
  await meet(pages, how)
  expect((await mediaFlow(pages[0])).path).toMatch(/^relay to /)
  expect(await figure('earshot_relay_packets_total')).toBeGreaterThan(100)
})

test('those who reach each other do not go through the server', async () => {
  const pages = [await barePage(), await barePage()] as const
  const how = [
    { ice: await iceOf(pages[0], 'udp'), policy: 'all' },
    { ice: await iceOf(pages[1], 'udp'), policy: 'all' },
  ] as const
  await meet(pages, how)
  for (const page of pages) await expect.poll(async () => (await mediaFlow(page)).path).not.toContain('relay')
})
