/** Guests without the app: they come by https to the host's own certificate. Firefox is the system's, not Playwright's. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { devices } from 'playwright'
import { startLocalServer, type LocalServer } from '#build/local-server.ts'
import { CallPage } from '../helpers/call-page.ts'
import { expect, test } from '../helpers/call-test.ts'
import { byName, framesIn, openFirefox, soundEnergy, watchConnections, whyNoFirefox } from '../helpers/firefox.ts'

let folder: string
let host: LocalServer

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earshot-host-'))
  host = await startLocalServer(folder)
})
test.afterEach(async () => {
  await host.stop()
  await rm(folder, { recursive: true, force: true })
})

const asGuestsReachIt = (roomUrl: string) => roomUrl.replace(/^http:\/\/localhost/, 'https://127.0.0.1')

test('somebody with Firefox is seen and heard, sees and hears', async ({ person }) => {
  test.setTimeout(240_000)
  const reason = await whyNoFirefox()
  test.skip(reason !== null, reason ?? '')
  const ann = await person('Ann')
  const roomUrl = await ann.host(host.url)
  const firefox = await openFirefox()
  try {
    const page = await firefox.newPage()
    await watchConnections(page)
    await page.goto(asGuestsReachIt(roomUrl))
    const name = await byName(page, 'textbox', 'Your name')
    await name.type('Ben')
    await (await byName(page, 'button', 'Join')).click()
    await byName(page, 'button', 'Leave')
    await ann.expectMoving('Ben')
    await ann.expectHeard('Ben')
    const tile = await byName(page, 'group', 'Ann')
    await expect.poll(() => framesIn(tile)).toBeGreaterThan(10)
    await expect.poll(() => soundEnergy(page), { timeout: 10_000 }).toBeGreaterThan(0.001)
  } finally {
    await firefox.close()
  }
})

test('on a phone everything is reached by touch, upright and on its side', async ({ browser, person }) => {
  const ann = await person('Ann')
  const roomUrl = await ann.host(host.url)
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7']
  const context = await browser.newContext({ ...phone, ignoreHTTPSErrors: true })
  const ben = new CallPage(await context.newPage(), 'Ben')
  await ben.openGreenRoom(asGuestsReachIt(roomUrl))
  await ben.page.getByRole('button', { name: 'Join', exact: true }).tap()
  await ben.expectMoving('Ann')
  await ann.expectMoving('Ben')
  for (const size of [phone.viewport, { width: phone.viewport.height, height: phone.viewport.width }]) {
    await ben.page.setViewportSize(size)
    const leave = ben.button('Leave')
    await expect(leave).toBeInViewport({ ratio: 1 })
    const widest = await ben.page.evaluate(() => document.documentElement.scrollWidth)
    expect(widest).toBeLessThanOrEqual(size.width)
    await expect(ben.tile('Ann')).toBeInViewport()
  }
  await ben.button('Turn microphone off').tap()
  await expect(ben.button('Turn microphone on')).toBeVisible()
  await context.close()
})
