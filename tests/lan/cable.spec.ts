import { chromium, type Browser } from 'playwright'
import type { CallPage } from '../helpers/call-page.ts'
import { openPerson } from '../helpers/call-test.ts'
import { chromiumArgs, chromiumPath } from '../helpers/chromium-launch.ts'
import { Lan, whyNoNamespaces } from '../helpers/network-namespaces.ts'
import { ServerProcess } from '../helpers/server-process.ts'
import { expect, test } from 'playwright/test'

const reason = await whyNoNamespaces()
test.skip(reason !== null, reason ?? '')

let lan: Lan
let server: ServerProcess
const browsers: Browser[] = []

const openOn = async (computer: string, origin: string, name: string): Promise<CallPage> => {
  const browser = await chromium.launch({
    executablePath: await lan.wrapper(computer, chromiumPath),
    // The network of the test has no certificates; the desktop app needs none, a browser gives devices only to a secure page.
    args: [...chromiumArgs, `--unsafely-treat-insecure-origin-as-secure=${origin}`],
  })
  browsers.push(browser)
  return await openPerson(browser, name)
}

test.beforeEach(async () => {
  lan = await Lan.create(['server', 'ann', 'ben', 'cleo'])
  server = new ServerProcess([...lan.prefix('server'), process.execPath])
  await server.start()
})
test.afterEach(async () => {
  for (const browser of browsers.splice(0)) await browser.close()
  await server.close()
  await lan.close()
})

test('a person whose cable is pulled is shown as such within 10 s and comes back by themselves', async () => {
  const origin = `http://${lan.address('server')}:${server.port}`
  const ann = await openOn('ann', origin, 'Ann')
  const ben = await openOn('ben', origin, 'Ben')
  const cleo = await openOn('cleo', origin, 'Cleo')
  const roomUrl = await ann.host(origin)
  await ben.join(roomUrl)
  await cleo.join(roomUrl)
  await ann.expectPeople('Ben', 'Cleo')
  await ann.expectMoving('Cleo')
  await ben.expectMoving('Cleo')

  await lan.setPath('cleo', false)
  await expect(ann.tile('Cleo').getByText(/Reconnecting/)).toBeVisible({ timeout: 10_000 })
  await expect(cleo.page.getByText(/Reconnecting to the meeting/).first()).toBeVisible({ timeout: 12_000 })
  await ann.expectMoving('Ben')

  await lan.setPath('cleo', true)
  await ann.expectMoving('Cleo')
  await cleo.expectMoving('Ben')
  await expect(cleo.page.getByText(/Reconnecting to the meeting/)).toHaveCount(0, { timeout: 10_000 })
  await cleo.say('back again')
  await ann.expectChat('back again')
  await ann.expectPeople('Ben', 'Cleo')
})
