import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { launchChromium, LivePage } from '../../helpers/live-page.ts'
import { startTestServer } from '../../helpers/signalling-client.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
}, 60_000)
afterAll(() => browser.close())

const PATIENCE = { timeout: 20_000, interval: 100 }
const deviceId = 'camera-7f3a'

const openPage = async (url: string): Promise<LivePage> => {
  const page = await LivePage.open(browser, url)
  onTestFinished(() => page.close())
  return page
}

const post = async (url: string, path: string, body: unknown) =>
  fetch(url + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })

/** A device that waits by its socket, is asked to come, and comes. */
const startStream = async (url: string, codec: string | null = null) => {
  const device = await openPage(url)
  await device.ask('wait-for-stream', { deviceId })
  const created = await post(url, '/live/create-stream-request', { deviceId })
  expect(created.status).toBe(200)
  const { sessionId } = (await created.json()) as { sessionId: string }
  await vi.waitFor(async () => expect((await device.record()).requests).toEqual([{ sessionId, deviceId }]), PATIENCE)
  await device.join({ role: 'device', sessionId, deviceId }, codec)
  await expectState(device, 'live')
  return { device, sessionId }
}

const expectState = (page: LivePage, state: string) =>
  vi.waitFor(async () => expect((await page.record()).states.at(-1)).toMatchObject({ state }), PATIENCE)

/** Sees more pictures and hears more sound than before. */
const expectWatching = async (page: LivePage) => {
  const before = await page.figures()
  await vi.waitFor(async () => {
    const now = await page.figures()
    expect(now.framesDecoded).toBeGreaterThan(before.framesDecoded + 5)
    expect(now.soundSamples).toBeGreaterThan(before.soundSamples)
  }, PATIENCE)
}

const watch = async (url: string, sessionId: string): Promise<LivePage> => {
  const viewer = await openPage(url)
  await viewer.join({ role: 'viewer', sessionId })
  return viewer
}

test('two viewers see and hear the device, which uploads once; a late one gets a key frame by a bounded number of requests', async () => {
  const { url } = await startTestServer()
  const { device, sessionId } = await startStream(url)
  const viewers = await Promise.all([watch(url, sessionId), watch(url, sessionId)])
  for (const viewer of viewers) await expectWatching(viewer)
  expect((await device.figures()).outbound).toBe(2)
  expect((await viewers[0].figures()).codec).toBe('video/VP8')

  const before = await device.figures()
  const late = await watch(url, sessionId)
  await expectWatching(late)
  const after = await device.figures()
  expect(after.keyFramesEncoded).toBeGreaterThan(before.keyFramesEncoded)
  expect(after.pliCount - before.pliCount).toBeGreaterThanOrEqual(1)
  expect(after.pliCount - before.pliCount).toBeLessThanOrEqual(4)
  expect(after.outbound).toBe(2)

  expect((await post(url, '/live/stop', { sessionId })).status).toBe(200)
  for (const page of [device, ...viewers, late]) {
    await expectState(page, 'ended')
    expect((await page.record()).errors).toEqual([])
  }
}, 60_000)

test('a viewer that came before the device waits for it, is told that it is gone, and goes on watching without a new offer when it is back', async () => {
  const { url } = await startTestServer()
  const waiting = await openPage(url)
  await waiting.ask('wait-for-stream', { deviceId })
  const { sessionId } = (await (await post(url, '/create-session', { deviceId, sessionId: 'garden' })).json()) as {
    sessionId: string
  }
  expect(sessionId).toBe('garden')
  const viewer = await watch(url, sessionId)
  await expectState(viewer, 'waiting')
  const device = await openPage(url)
  await device.join({ role: 'device', sessionId, deviceId })
  await expectState(viewer, 'live')
  await expectWatching(viewer)

  await device.close()
  await expectState(viewer, 'waiting')
  expect((await viewer.record()).states.at(-1)).toEqual({ sessionId, state: 'waiting', reason: 'device-gone' })
  const again = await openPage(url)
  await again.join({ role: 'device', sessionId, deviceId })
  await expectState(viewer, 'live')
  await expectWatching(viewer)
  expect(await viewer.record()).toMatchObject({ offers: 1, errors: [] })
}, 60_000)

test('a device with H264 alone is watched in H264, and viewers are offered anew when it comes back with VP8', async () => {
  const { url } = await startTestServer()
  const { device, sessionId } = await startStream(url, 'H264')
  const viewer = await watch(url, sessionId)
  await expectWatching(viewer)
  expect((await viewer.figures()).codec).toBe('video/H264')

  await device.close()
  await expectState(viewer, 'waiting')
  const again = await openPage(url)
  await again.join({ role: 'device', sessionId, deviceId }, 'VP8')
  await vi.waitFor(async () => expect((await viewer.record()).offers).toBe(2), PATIENCE)
  await vi.waitFor(async () => expect((await viewer.figures()).codec).toBe('video/VP8'), PATIENCE)
  await expectWatching(viewer)
}, 60_000)
