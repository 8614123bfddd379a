import { expect, test } from '../helpers/call-test.ts'
import { LivePage } from '../helpers/live-page.ts'
import { ended, picture, pictures, watch } from '../helpers/watch-page.ts'

const deviceId = 'camera-7f3a'

const post = (url: string, path: string, body: object) =>
  fetch(url + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })

test('a device is watched at its address: waited for, seen and heard, away, back, ended', async ({
  server,
  browser,
}) => {
  const device = await LivePage.open(browser, server.url)
  await device.ask('wait-for-stream', { deviceId })
  const created = await post(server.url, '/live/create-stream-request', { deviceId, sessionId: 'garden' })
  expect(created.status).toBe(200)

  const watcher = await watch(browser, `${server.url}/live/garden`)
  await expect(watcher.getByRole('heading', { name: 'Nothing to see yet.' })).toBeVisible()

  await device.join({ role: 'device', sessionId: 'garden', deviceId })
  await expect(picture(watcher)).toBeVisible()
  await expect.poll(() => pictures(watcher)).toBeGreaterThan(10)
  await expect(watcher.getByRole('button', { name: 'Turn sound off' })).toBeVisible()
  const late = await watch(browser, `${server.url}/live/garden`)
  await expect.poll(() => pictures(late), { timeout: 5000 }).toBeGreaterThan(5)

  await device.close()
  await expect(watcher.getByRole('heading', { name: 'The camera is away.' })).toBeVisible()
  const again = await LivePage.open(browser, server.url)
  await again.join({ role: 'device', sessionId: 'garden', deviceId })
  await expect.poll(() => pictures(watcher)).toBeGreaterThan(10)

  await post(server.url, '/live/stop', { sessionId: 'garden' })
  for (const page of [watcher, late]) await expect(ended(page)).toBeVisible()
  for (const page of [watcher, late]) await page.context().close()
  await again.close()
})

test('an address of no stream says so, and the way to try again is by keyboard', async ({ server, browser }) => {
  const watcher = await watch(browser, `${server.url}/live/nowhere`)
  await expect(watcher.getByRole('heading', { name: 'There is no live stream at this address.' })).toBeVisible()
  await watcher.keyboard.press('Tab')
  await expect(watcher.getByRole('button', { name: 'Try again' })).toBeFocused()
  await watcher.keyboard.press('Enter')
  await expect(watcher.getByRole('heading', { name: 'There is no live stream at this address.' })).toBeVisible()
  await watcher.context().close()
})
