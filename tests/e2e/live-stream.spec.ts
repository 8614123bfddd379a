import type { Browser, Page } from 'playwright'
import { expect, test } from '../helpers/call-test.ts'
import { LivePage } from '../helpers/live-page.ts'

const deviceId = 'camera-7f3a'

const post = (url: string, path: string, body: object) =>
  fetch(url + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })

const openWatcher = async (browser: Browser, url: string): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width: 1024, height: 640 } })
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(error.message))
  await page.goto(url)
  return page
}

const pictures = (page: Page) =>
  page.locator('video').evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames)

test('a device is watched at its address: waited for, seen and heard, away, back, ended', async ({
  server,
  browser,
}) => {
  const device = await LivePage.open(browser, server.url)
  await device.ask('wait-for-stream', { deviceId })
  const created = await post(server.url, '/live/create-stream-request', { deviceId, sessionId: 'garden' })
  expect(created.status).toBe(200)

  const watcher = await openWatcher(browser, `${server.url}/live/garden`)
  await expect(watcher.getByRole('heading', { name: 'Nothing to see yet.' })).toBeVisible()

  await device.join({ role: 'device', sessionId: 'garden', deviceId })
  await expect(watcher.getByLabel('Picture of the live stream')).toBeVisible()
  await expect.poll(() => pictures(watcher)).toBeGreaterThan(10)
  await expect(watcher.getByRole('button', { name: 'Turn sound off' })).toBeVisible()
  const late = await openWatcher(browser, `${server.url}/live/garden`)
  await expect.poll(() => pictures(late), { timeout: 5000 }).toBeGreaterThan(5)

  await device.close()
  await expect(watcher.getByRole('heading', { name: 'The camera is away.' })).toBeVisible()
  const again = await LivePage.open(browser, server.url)
  await again.join({ role: 'device', sessionId: 'garden', deviceId })
  await expect.poll(() => pictures(watcher)).toBeGreaterThan(10)

  await post(server.url, '/live/stop', { sessionId: 'garden' })
  for (const page of [watcher, late])
    await expect(page.getByRole('heading', { name: 'This live stream has ended.' })).toBeVisible()
  for (const page of [watcher, late]) await page.context().close()
  await again.close()
})

test('an address of no stream says so, and the way to try again is by keyboard', async ({ server, browser }) => {
  const watcher = await openWatcher(browser, `${server.url}/live/nowhere`)
  await expect(watcher.getByRole('heading', { name: 'There is no live stream at this address.' })).toBeVisible()
  await watcher.keyboard.press('Tab')
  await expect(watcher.getByRole('button', { name: 'Try again' })).toBeFocused()
  await watcher.keyboard.press('Enter')
  await expect(watcher.getByRole('heading', { name: 'There is no live stream at this address.' })).toBeVisible()
  await watcher.context().close()
})
