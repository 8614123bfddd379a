import { expectAccessible } from '../helpers/accessible.ts'
import { expect, test } from '../helpers/call-test.ts'
import type { CallPage } from '../helpers/call-page.ts'
import { giveDesktop, hostingComputer, nearbyMeetings, tellNearby } from '../helpers/desktop-in-chromium.ts'

/** The page as the desktop app shows it, over the real server. */
const openDesktop = async (ann: CallPage, port: number) => {
  await giveDesktop(ann.page, hostingComputer(port))
  await ann.page.goto(`http://127.0.0.1:${String(port)}`)
  await expect(ann.button('Host a meeting')).toBeVisible()
}
const asked = 'earshot://192.168.1.30:8001/r/w4n8zc0fj2ps'

for (const colorScheme of ['light', 'dark'] as const) {
  test(`hosting and finding meetings passes the WCAG 2.2 AA checks, ${colorScheme}`, async ({ server, person }) => {
    const ann = await person('Ann')
    const { page } = ann
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await openDesktop(ann, server.port)
    await expectAccessible(page, 'Home, nothing found')
    await tellNearby(page, nearbyMeetings)
    await expect(ann.button(/^Join Tuesday planning/)).toBeVisible()
    await expectAccessible(page, 'Home, meetings found')
    await ann.button('Settings').click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await expectAccessible(page, 'settings of the desktop')
    await page.keyboard.press('Escape')
    await page.evaluate((link) => window.tellPage('invitationOpened', link), asked)
    await expect(page.getByRole('dialog', { name: 'Join the meeting at 192.168.1.30?' })).toBeVisible()
    await expectAccessible(page, 'invitation that the system opened')
    await ann.button('Not now').click()

    await ann.button('Host a meeting').click()
    await ann.button('Meeting options').click()
    await expect(page.getByText('The firewall lets others in.')).toBeVisible()
    await expectAccessible(page, 'host sheet before joining')
    await page.keyboard.press('Escape')
    await ann.pressJoin()
    await ann.openPanel('People')
    await ann.button('Meeting options').click()
    await ann.button('When somebody joins with a browser').click()
    await page.getByRole('switch', { name: 'Knock to enter' }).click()
    await expect(page.getByRole('switch', { name: 'Knock to enter' })).toBeChecked()
    await expectAccessible(page, 'host sheet in the meeting')
    await page.getByRole('dialog').getByRole('button', { name: 'Show the QR code large' }).click()
    await expect(page.getByRole('img', { name: 'QR code of the invitation' })).toBeVisible()
    await expectAccessible(page, 'QR code as large as the window')
  })
}

test('a meeting that is found moves nothing on Home', async ({ server, person }) => {
  const ann = await person('Ann')
  await openDesktop(ann, server.port)
  const places = async () =>
    await ann.page
      .getByRole('button')
      .or(ann.page.getByRole('textbox'))
      .evaluateAll((elements) =>
        elements
          .filter((element) => element.closest('section[aria-labelledby="nearby"]') === null)
          .map((element) => `${element.textContent} ${JSON.stringify(element.getBoundingClientRect())}`),
      )
  const before = await places()
  await tellNearby(ann.page, [...nearbyMeetings, ...nearbyMeetings.map((each) => ({ ...each, id: `${each.id}-too` }))])
  await expect(ann.button(/^Join Tuesday planning/)).toHaveCount(2)
  expect(await places()).toEqual(before)
})

test('a host sets a password that guests have to know', async ({ server, person }) => {
  const [ann, ben] = [await person('Ann'), await person('Ben')]
  const roomUrl = await ann.host(server.url)
  await ann.openPanel('People')
  await ann.button('Meeting options').click()
  const sheet = ann.page.getByRole('dialog', { name: 'Meeting options' })
  await sheet.getByRole('textbox', { name: 'Password' }).fill('open sesame')
  await sheet.getByRole('button', { name: 'Set', exact: true }).click()
  await expect(sheet.getByText('Whoever joins has to know the password.')).toBeVisible()
  await ben.openGreenRoom(roomUrl)
  await ben.page.getByRole('button', { name: /^Join/ }).first().click()
  await expect(ben.button('Leave')).toHaveCount(0)
  await sheet.getByRole('button', { name: 'Remove password' }).click()
  await expect(sheet.getByText('Whoever joins has to know the password.')).toHaveCount(0)
  await ben.pressJoin()
})
