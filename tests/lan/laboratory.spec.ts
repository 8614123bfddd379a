/** A host and its browser guests on networks with faults. What was measured is printed; what has to hold is asserted. */
import { chromium, type Browser } from 'playwright'
import { expect, test } from 'playwright/test'
import { CallPage } from '../helpers/call-page.ts'
import { openPerson } from '../helpers/call-test.ts'
import { chromiumArgs, chromiumPath } from '../helpers/chromium-launch.ts'
import { Lan, whyNoFaults, type IpVersions } from '../helpers/network-namespaces.ts'
import { ServerProcess } from '../helpers/server-process.ts'

const reason = await whyNoFaults()
test.skip(reason !== null, reason ?? '')
// Faults last up to two minutes, and getting over them takes a while.
test.setTimeout(300_000)

let lan: Lan
let host: ServerProcess
const browsers: Browser[] = []

const launchOn = async (computer: string): Promise<Browser> => {
  const executablePath = await lan.wrapper(computer, chromiumPath)
  const browser = await chromium.launch({ executablePath, args: [...chromiumArgs] })
  browsers.push(browser)
  return browser
}

/** Ann hosts on her computer, in a page that came from it. */
const hostOn = async (names: readonly string[], versions?: IpVersions): Promise<{ ann: CallPage; link: string }> => {
  lan = await Lan.create(['ann', ...names], versions)
  host = new ServerProcess([...lan.prefix('ann'), process.execPath], 'build/local-server-process.ts')
  await host.start({ RELAY: 'on' })
  const ann = await openPerson(await launchOn('ann'), 'Ann')
  const roomUrl = new URL(await ann.host(host.url))
  const address = versions === 'IPv6' ? `[${lan.address6('ann')}]` : lan.address('ann')
  return { ann, link: `https://${address}:${host.port}${roomUrl.pathname}${roomUrl.hash}` }
}

/** A guest without the app, who has clicked the browser's warning away. */
const openGuest = async (computer: string, name: string): Promise<CallPage> => {
  const browser = await launchOn(computer)
  const context = await browser.newContext({ viewport: { width: 1024, height: 640 }, ignoreHTTPSErrors: true })
  return new CallPage(await context.newPage(), name)
}
const joinOn = async (computer: string, name: string, link: string): Promise<CallPage> => {
  const guest = await openGuest(computer, name)
  await guest.join(link)
  return guest
}
const expectBothWays = async (one: CallPage, other: CallPage): Promise<void> => {
  await one.expectMoving(other.name)
  await other.expectMoving(one.name)
  await one.expectHeard(other.name)
  await other.expectHeard(one.name)
}
const pause = async (ms: number): Promise<void> => {
  const until = Date.now() + ms
  await expect.poll(() => Date.now() >= until, { timeout: ms * 2 }).toBe(true)
}

test.afterEach(async () => {
  for (const browser of browsers.splice(0)) await browser.close()
  await host.close()
  await lan.close()
})

test('on a network without a way out, whoever opens the link sees and hears the host', async () => {
  const { ann, link } = await hostOn(['ben'])
  const ben = await openGuest('ben', 'Ben')
  await ben.page.goto('about:blank')
  const startedAt = Date.now()
  await ben.join(link)
  const video = ben.tile('Ann').locator('video')
  await video.evaluate(
    async (element) => await new Promise((resolve) => (element as HTMLVideoElement).requestVideoFrameCallback(resolve)),
  )
  console.log(`    link to first frame: ${Date.now() - startedAt} ms`)
  await expectBothWays(ann, ben)
})

test('a card that leads nowhere and has the default route is in nobody’s way', async () => {
  const { ann, link } = await hostOn(['ben'])
  await lan.addDeadCard('ann', 'tun0', '10.200.0.2')
  await lan.addDeadCard('ben', 'tun0', '10.200.0.3')
  await expectBothWays(ann, await joinOn('ben', 'Ben', link))
})

test('a network with IPv6 alone carries a meeting', async () => {
  const { ann, link } = await hostOn(['ben'], 'IPv6')
  await expectBothWays(ann, await joinOn('ben', 'Ben', link))
})

test('guests whom the network keeps apart meet through the host, and directly as soon as it lets them', async () => {
  const { link } = await hostOn(['ben', 'cleo'])
  await lan.isolate('ben', 'cleo')
  const ben = await joinOn('ben', 'Ben', link)
  const cleo = await joinOn('cleo', 'Cleo', link)
  await expectBothWays(ben, cleo)
  await expect(ben.tile('Cleo').getByText(/through the host/i)).toBeVisible({ timeout: 20_000 })
  await lan.join('ben', 'cleo')
  const opened = Date.now()
  await expect(ben.tile('Cleo').getByText(/through the host/i)).toHaveCount(0, { timeout: 150_000 })
  console.log(`    back on the direct path after ${Date.now() - opened} ms`)
  await expectBothWays(ben, cleo)
})

test('sound and picture find the host again when its address changes in the middle', async () => {
  test.fixme(true, 'a browser guest knows no other way to a host than the address of its page')
  const { ann, link } = await hostOn(['ben'])
  const ben = await joinOn('ben', 'Ben', link)
  await expectBothWays(ann, ben)
  await lan.moveAddress('ann', '10.79.0.77')
  const movedAt = Date.now()
  await expectBothWays(ann, ben)
  console.log(`    at the new address after ${Date.now() - movedAt} ms`)
})

test('a bad cable (5 % lost, 100 ms) carries sound and picture', async () => {
  const { ann, link } = await hostOn(['ben'])
  await lan.shape('ben', { delayMs: 50, lossPercent: 2.5 })
  const ben = await joinOn('ben', 'Ben', link)
  await expectBothWays(ann, ben)
})

for (const seconds of [5, 30, 120])
  test(`a cable that is out for ${seconds} s costs nobody the meeting`, async () => {
    const { ann, link } = await hostOn(['ben', 'cleo'])
    const ben = await joinOn('ben', 'Ben', link)
    const cleo = await joinOn('cleo', 'Cleo', link)
    await expectBothWays(ann, cleo)
    await lan.setPath('cleo', false)
    await pause(seconds * 1000)
    await ann.expectMoving('Ben')
    await lan.setPath('cleo', true)
    const backAt = Date.now()
    await ann.expectMoving('Cleo')
    await cleo.expectMoving('Ann')
    await ben.expectMoving('Cleo')
    console.log(`    everybody sees everybody ${Date.now() - backAt} ms after it was back`)
    await cleo.say('back again')
    await ann.expectChat('back again')
  })
