/**
 * From "Join" pressed in the green room to the first picture of the other person on both sides, through the built page
 * and the standalone server, as two people see it. Beside it, as fast as Chromium can be on the same machine.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { chromium, type Browser, type Page } from 'playwright'
import { CallPage } from '../helpers/call-page.ts'
import { chromiumArgs, chromiumPath } from '../helpers/chromium-launch.ts'
import { ServerProcess } from '../helpers/server-process.ts'
import { DelayedLan } from './delayed-lan.ts'
import { measureLimit } from './join-limit.ts'
import { installJoinProbe, takePictures, type PictureSize } from './join-probe.ts'
import { median, slope } from './statistics.ts'

const ROUNDS = 7
const DELAYED_ROUNDS = 5
const ROUND_TRIPS_MS = [0, 50, 150] as const
/** How long somebody looks at their own picture before they press Join, at the least. */
const GREEN_ROOM_MS = 2000
const FRAME_LIMIT_MS = 15_000

/** As the page opens the camera by itself (renderer/call/capture.ts). */
const FULL: PictureSize = { width: 1280, height: 720 }

const open = async (browser: Browser, name: string, size = FULL): Promise<CallPage> => {
  const context = await browser.newContext({ viewport: { width: 1024, height: 640 } })
  const page = await context.newPage()
  await page.addInitScript(installJoinProbe)
  await page.addInitScript(takePictures, size)
  return new CallPage(page, name)
}

/** When the first frame after `since` of a video that had shown none before was there. */
const firstFrameAfter = async (page: Page, since: number): Promise<number> => {
  const found = await page.waitForFunction((since) => window.joinProbe.firstFrames.find((at) => at > since), since, {
    timeout: FRAME_LIMIT_MS,
    polling: 100,
  })
  return (await found.jsonValue()) ?? 0
}

/** Somebody comes while the host waits inside; answers the milliseconds until both see each other. */
const measureJoin = async (host: CallPage, browser: Browser, roomUrl: string, size = FULL): Promise<number> => {
  const guest = await open(browser, 'Grace', size)
  try {
    await guest.openGreenRoom(roomUrl)
    await wait(GREEN_ROOM_MS)
    await guest.pressJoin()
    const pressedAt = await guest.page.evaluate(() => window.joinProbe.pressedAt)
    const shownAt = await Promise.all([host, guest].map(({ page }) => firstFrameAfter(page, pressedAt)))
    await guest.button('Leave').click()
    return Math.max(...shownAt) - pressedAt
  } finally {
    await guest.page.context().close()
  }
}

const launch = (executablePath: string, args: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath, args: [...chromiumArgs, ...args] })

export interface JoinTime {
  readonly limitMs: number
  readonly earshotMs: number
}

/** Medians of rounds that take turns, so that a slow moment of the machine meets both. All cameras take pictures of `size`. */
export const measureJoinTime = async (size: PictureSize): Promise<JoinTime> => {
  const server = new ServerProcess()
  const browser = await launch(chromiumPath)
  const rounds = { limit: [] as number[], earshot: [] as number[] }
  try {
    await server.start()
    const bare = await browser.newPage()
    await bare.route('**/limit', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }))
    await bare.goto(`${server.url}/limit`)
    const host = await open(browser, 'Ada', size)
    const roomUrl = await host.host(server.url)
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.limit.push(await bare.evaluate(measureLimit, size))
      rounds.earshot.push(await measureJoin(host, browser, roomUrl, size))
    }
  } finally {
    await browser.close()
    await server.close()
  }
  return { limitMs: median(rounds.limit), earshotMs: median(rounds.earshot) }
}

export interface DelayedJoin {
  readonly points: readonly { readonly roundTripMs: number; readonly joinMs: number }[]
  /** How many round trips joining takes: milliseconds for each millisecond of round-trip time. */
  readonly roundTrips: number
}

/** The same with each person on a computer of their own and a network that takes its time between them. */
export const measureDelayedJoin = async (): Promise<DelayedJoin> => {
  const lan = await DelayedLan.start(['server', 'ada', 'grace'])
  const server = new ServerProcess([...lan.prefix('server'), process.execPath])
  const browsers: Browser[] = []
  try {
    await server.start({ HOST: '0.0.0.0' })
    const origin = `http://${lan.address('server')}:${String(server.port)}`
    const openOn = async (computer: string) => {
      const path = await lan.wrapper(computer, chromiumPath)
      const browser = await launch(path, [`--unsafely-treat-insecure-origin-as-secure=${origin}`])
      browsers.push(browser)
      return browser
    }
    const host = await open(await openOn('ada'), 'Ada')
    const roomUrl = await host.host(origin)
    const guests = await openOn('grace')
    const points: { roundTripMs: number; joinMs: number }[] = []
    for (const roundTripMs of ROUND_TRIPS_MS) {
      await lan.setRoundTrip(roundTripMs)
      const rounds: number[] = []
      for (let round = 0; round < DELAYED_ROUNDS; round += 1) rounds.push(await measureJoin(host, guests, roomUrl))
      points.push({ roundTripMs, joinMs: median(rounds) })
    }
    return { points, roundTrips: slope(points.map(({ roundTripMs, joinMs }) => ({ x: roundTripMs, y: joinMs }))) }
  } finally {
    for (const browser of browsers) await browser.close()
    await server.close()
    await lan.close()
  }
}
