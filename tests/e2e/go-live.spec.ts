import type { Page } from 'playwright'
import { expectAccessible } from '../helpers/accessible.ts'
import type { CallPage } from '../helpers/call-page.ts'
import { expect, test } from '../helpers/call-test.ts'
import { ended, expectMoving, isHeard, pictures, watch } from '../helpers/watch-page.ts'

/** How many colours of 16 x 9 points of the picture differ from its first: none in a dark corner, most in a camera's. */
const colourful = (page: Page) =>
  page.locator('video').evaluate((video: HTMLVideoElement) => {
    const canvas = document.createElement('canvas')
    canvas.width = 16
    canvas.height = 9
    const context = canvas.getContext('2d')!
    context.drawImage(video, 0, 0, 16, 9)
    const { data } = context.getImageData(0, 0, 16, 9)
    let differing = 0
    for (let at = 0; at < data.length; at += 4)
      if ([0, 1, 2].some((part) => Math.abs(data[at + part]! - data[part]!) > 40)) differing += 1
    return differing
  })

const liveSection = ({ page }: CallPage) => page.getByRole('region', { name: 'Live stream' })

/** Answers the address for those who watch. */
const goLive = async (host: CallPage): Promise<string> => {
  await host.openPanel('People')
  await host.button('Go live').press('Enter')
  await expect(host.button('Stop live')).toBeFocused()
  await expect(liveSection(host).getByRole('button', { name: 'Copy link' })).toBeVisible()
  return await liveSection(host).getByLabel('Link to watch you').inputValue()
}

test('somebody in a meeting goes live, and is seen and heard by who is in no meeting, until they stop', async ({
  server,
  browser,
  person,
}) => {
  const ann = await person('Ann')
  const room = await ann.host(server.url)
  const ben = await person('Ben')
  await ben.join(room)
  const url = await goLive(ann)
  expect(url).toMatch(new RegExp(`^${server.url}/live/[\\w-]{22}$`))
  await expect(ann.page.getByText('You are live', { exact: true })).toBeVisible()
  await expect(ann.tile('You').getByText('Live', { exact: true })).toBeVisible()
  await expectAccessible(ann.page, 'room while live')

  const watcher = await watch(browser, url)
  await expectMoving(watcher)
  await expect.poll(() => isHeard(watcher)).toBe(true)
  await expect.poll(() => colourful(watcher)).toBeGreaterThan(20)

  await ann.button('Turn camera off').click()
  await expect.poll(() => colourful(watcher)).toBeLessThan(20)
  await ann.button('Turn microphone off').click()
  await expect.poll(() => isHeard(watcher)).toBe(false)
  const late = await watch(browser, url)
  await expect.poll(() => pictures(late)).toBeGreaterThan(0)
  await ann.button('Turn camera on').click()
  await ann.button('Turn microphone on').click()
  await expect.poll(() => colourful(watcher)).toBeGreaterThan(20)
  await expect.poll(() => isHeard(watcher)).toBe(true)

  await ann.button('Stop live').click()
  for (const page of [watcher, late]) await expect(ended(page)).toBeVisible()
  await expect(ann.button('Go live')).toBeFocused()
  await expect(ann.page.getByText('You are live', { exact: true })).toHaveCount(0)
  await ben.expectMoving('Ann')
  for (const page of [watcher, late]) await page.context().close()
})

test('whoever leaves the meeting is live no longer, and neither is a reloaded page', async ({
  server,
  browser,
  person,
}) => {
  const ann = await person('Ann')
  await ann.host(server.url)
  const watcher = await watch(browser, await goLive(ann))
  await expectMoving(watcher)
  await ann.page.reload()
  await expect(ended(watcher)).toBeVisible()

  await expect(ann.button('Leave')).toBeVisible()
  await watcher.goto(await goLive(ann))
  await expectMoving(watcher)
  await ann.button('Leave').click()
  await expect(ended(watcher)).toBeVisible()
  await watcher.context().close()
})

test('a live stream goes on under its address after the server was gone', async ({ server, browser, person }) => {
  const ann = await person('Ann')
  await ann.host(server.url)
  const url = await goLive(ann)
  await server.kill()
  await expect(ann.page.getByText('Reconnecting. Your live stream goes on by itself.')).toBeVisible()
  await server.start()
  await expect(ann.page.getByText('You are live', { exact: true })).toBeVisible()
  const watcher = await watch(browser, url)
  await expectMoving(watcher)
  await watcher.context().close()
})

test('where a server asks for a token, who has none is told so, and nothing goes out', async ({ server, person }) => {
  await server.kill()
  const token = 'token-of-this-server-0123'
  await server.start({ ACCESS_TOKEN: token })
  const made = await fetch(`${server.url}/api/v1/signalling/appointments`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ appointment_id: 'visit 44' }),
  })
  expect(made.ok).toBe(true)
  const ann = await person('Ann')
  await ann.join(`${server.url}/r/visit%2044`)
  await ann.openPanel('People')
  await ann.button('Go live').click()
  await expect(liveSection(ann).getByRole('alert')).toContainText('This server asks for an access token.')
  await expect(ann.button('Go live')).toBeFocused()
  await expect(ann.page.getByText('You are live', { exact: true })).toHaveCount(0)
  await expectAccessible(ann.page, 'room where going live was refused')
})
