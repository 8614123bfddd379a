import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Page } from 'playwright/test'
import { expect, test } from '../helpers/call-test.ts'

const root = join(import.meta.dirname, '../..')
const files: Readonly<Record<string, string>> = {
  '/browser-client.js': 'docs/integration/browser-client.js',
  '/socket.io.js': 'node_modules/socket.io-client/dist/socket.io.esm.min.js',
}

/** A site of somebody else that has the client of docs/integration on a page. */
const openSite = async (): Promise<{ site: Server; origin: string }> => {
  const site = createServer((request, response) => {
    const file = files[request.url ?? '']
    if (file === undefined) response.setHeader('Content-Type', 'text/html').end('<!doctype html><main></main>')
    else createReadStream(join(root, file)).pipe(response.setHeader('Content-Type', 'text/javascript'))
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  return { site, origin: `http://127.0.0.1:${String((site.address() as AddressInfo).port)}` }
}

/** Joins with the client as a site would, and keeps it as `meeting` on the page. */
const joinFromSite = (page: Page, server: string, room: string): Promise<void> =>
  page.evaluate(
    async ({ server, room }) => {
      // Modules of the page, not of this project.
      const paths: readonly string[] = ['/socket.io.js', '/browser-client.js']
      const [{ io }, { joinMeeting }] = (await Promise.all(paths.map((path) => import(path)))) as [
        { io: unknown },
        { joinMeeting: (options: object) => Promise<object> },
      ]
      const chat: string[] = []
      const tiles = document.querySelector('main')
      const onChat = ({ text }: { text: string }) => chat.push(text)
      const meeting = await joinMeeting({ io, server, room, name: 'Site', tiles, onChat })
      Object.assign(window, { meeting, chat })
    },
    { server, room },
  )

const framesOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0)

/** Without the secret of the invitation, which is for those at the ends of a link. */
const codeIn = (roomUrl: string): string => new URL(roomUrl).pathname.replace('/r/', '')

test('the browser client of the integration guide meets the app in one room, from another site', async ({
  server,
  person,
}) => {
  const { site, origin } = await openSite()
  try {
    await server.kill()
    await server.start({ CLIENT_URL: origin })
    const ann = await person('Ann')
    const roomUrl = await ann.host(server.url)
    const guest = await person('Site')
    await guest.page.goto(origin)
    await joinFromSite(guest.page, server.url, codeIn(roomUrl))
    await ann.expectMoving('Site')
    await ann.expectHeard('Site')
    await expect.poll(() => framesOf(guest.page)).toBeGreaterThan(5)

    // The other way round: the app comes to somebody inside who has the simple client.
    const ben = await person('Ben')
    await ben.join(roomUrl)
    await ben.expectMoving('Site')
    await expect(guest.page.locator('video')).toHaveCount(2)

    await ann.say('hello there')
    await expect
      .poll(() => guest.page.evaluate(() => (window as never as { chat: string[] }).chat))
      .toEqual(['hello there'])
    await guest.page.evaluate(() => (window as never as { meeting: { leave: () => Promise<void> } }).meeting.leave())
    await ann.expectPeople('Ben')
  } finally {
    site.close()
  }
})

test('the Node client of the integration guide greets whoever comes, and says who is there', async ({
  server,
  person,
}) => {
  const ann = await person('Ann')
  const roomUrl = await ann.host(server.url)
  const client = spawn(
    process.execPath,
    [join(root, 'docs/integration/node-client.mjs'), server.url, codeIn(roomUrl)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const lines = createInterface({ input: client.stdout })
  const said: string[] = []
  lines.on('line', (line) => said.push(line))
  try {
    await expect.poll(() => said).toEqual(['inside with Ann'])
    const ben = await person('Ben')
    await ben.join(roomUrl)
    await ann.expectChat('Welcome, Ben!')
    await ann.say('thank you')
    await expect.poll(() => said).toEqual(['inside with Ann', 'Ben came in', 'Ann: thank you'])
  } finally {
    client.kill()
  }
})
