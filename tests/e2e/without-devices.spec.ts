import { chromium } from 'playwright'
import { openPerson } from '../helpers/call-test.ts'
import { expect, test } from '../helpers/call-test.ts'
import { chromiumArgs, chromiumPath } from '../helpers/chromium-launch.ts'

const without = (...switches: readonly string[]) => chromiumArgs.filter((arg) => !switches.includes(arg))

test('a refused camera and microphone is explained, and the person joins to see and hear', async ({
  server,
  person,
}) => {
  const ann = await person('Ann')
  const roomUrl = await ann.host(server.url)
  // Nobody answers the permission prompt with yes.
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: without('--use-fake-ui-for-media-stream'),
  })
  try {
    const ben = await openPerson(browser, 'Ben')
    await ben.openGreenRoom(roomUrl)
    await expect(ben.page.getByText(/not allowed|refused|blocked/i).first()).toBeVisible()
    await expect(ben.button('Try again').first()).toBeVisible()
    await ben.button(/^Join without/).click()
    await ben.expectMoving('Ann')
    await ben.expectHeard('Ann')
    await expect(ann.tile('Ben')).toBeVisible()
    await ben.say('I can see you')
    await ann.expectChat('I can see you')
  } finally {
    await browser.close()
  }
})

test('a computer with no camera and no microphone says so and joins all the same', async ({ server, person }) => {
  const ann = await person('Ann')
  const roomUrl = await ann.host(server.url)
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: without('--use-fake-device-for-media-stream'),
  })
  try {
    const ben = await openPerson(browser, 'Ben')
    await ben.openGreenRoom(roomUrl)
    await expect(ben.page.getByText(/no camera/i).first()).toBeVisible()
    await ben.button(/^Join without/).click()
    await ben.expectMoving('Ann')
  } finally {
    await browser.close()
  }
})

test('a page that came over plain http from another computer explains itself and still joins', async ({
  server,
  person,
}) => {
  // A name that is this machine but, unlike localhost, no secure context: browsers give such a page no devices.
  const elsewhere = `http://another.computer:${server.port}`
  await server.kill()
  await server.start({ CLIENT_URL: elsewhere })
  const ann = await person('Ann')
  const roomUrl = await ann.host(server.url)
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [...chromiumArgs, '--host-resolver-rules=MAP another.computer 127.0.0.1'],
  })
  try {
    const ben = await openPerson(browser, 'Ben')
    await ben.openGreenRoom(`${elsewhere}${new URL(roomUrl).pathname}`)
    await expect(ben.page.getByText(/https/).first()).toBeVisible()
    await ben.button(/^Join without/).click()
    await ben.expectMoving('Ann')
    await ben.expectHeard('Ann')
    await ben.say('hello from afar')
    await ann.expectChat('hello from afar')
  } finally {
    await browser.close()
  }
})
