import { expect, type Browser, type Page } from 'playwright/test'
import { AUDIBLE, loudestSample } from './loudest-sample.ts'

/** Opens the address of a live stream, as somebody who is in no meeting; closed by closing its context. */
export const watch = async (browser: Browser, url: string): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width: 1024, height: 640 } })
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(error.message))
  await page.goto(url)
  return page
}

export const picture = (page: Page) => page.getByLabel('Picture of the live stream')

/** Number of pictures decoded so far. */
export const pictures = (page: Page): Promise<number> =>
  page.locator('video').evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames)

/** Waits until the picture is shown and at least ten more have been decoded than are now. */
export const expectMoving = async (page: Page): Promise<void> => {
  await expect(picture(page)).toBeVisible()
  const before = await pictures(page)
  await expect.poll(() => pictures(page)).toBeGreaterThan(before + 10)
}

/** Whether sound above silence comes within two seconds. */
export const isHeard = async (page: Page): Promise<boolean> =>
  (await loudestSample(page.locator('video'), 2000)) >= AUDIBLE

export const ended = (page: Page) => page.getByRole('heading', { name: 'This live stream has ended.' })
