import { expectAccessible } from '../helpers/accessible.ts'
import { expect, test } from '../helpers/call-test.ts'

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every screen passes the WCAG 2.2 AA checks, ${colorScheme}`, async ({ server, person }) => {
    const ann = await person('Ann')
    await ann.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await ann.page.goto(server.url)
    await expect(ann.button('Host a meeting')).toBeVisible()
    await expectAccessible(ann.page, 'Home')
    await ann.button('Settings').click()
    await expect(ann.page.getByRole('dialog')).toBeVisible()
    await expectAccessible(ann.page, 'Settings')
    await ann.page.keyboard.press('Escape')

    const roomUrl = await ann.host(server.url)
    await expectAccessible(ann.page, 'room, alone')
    const ben = await person('Ben')
    await ben.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await ben.openGreenRoom(roomUrl)
    await expectAccessible(ben.page, 'green room')
    await ben.pressJoin()
    await ann.expectMoving('Ben')
    await ben.say('Look at https://example.org')
    await ann.expectChat('Look at https://example.org').catch(() => undefined)
    await expectAccessible(ann.page, 'room with chat')
    await ann.openPanel('People')
    await expectAccessible(ann.page, 'room with people')
    await ann.button('Leave').click()
    await expect(ann.button('Back to Home')).toBeVisible()
    await expectAccessible(ann.page, 'after the call')
  })
}

test('a whole call is possible with the keyboard alone', async ({ server, person }) => {
  const ann = await person('Ann')
  const { page } = ann
  await page.goto(server.url)
  const press = async (key: string) => await page.keyboard.press(key)
  const tabTo = async (name: string | RegExp) => {
    for (let step = 0; step < 40; step += 1) {
      await press('Tab')
      const label = await page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent.trim() ?? '',
      )
      if (typeof name === 'string' ? label === name : name.test(label)) return
    }
    throw new Error(`Tab never reached ${String(name)}`)
  }
  await page.getByRole('textbox', { name: 'Your name' }).focus()
  await page.keyboard.type('Ann')
  await tabTo('Host a meeting')
  await press('Enter')
  await expect(ann.button('Join')).toBeVisible()
  await tabTo('Join')
  await press('Enter')
  await expect(ann.button('Leave')).toBeVisible()

  await press('m')
  await expect(ann.button('Turn microphone on')).toBeVisible()
  await press('v')
  await expect(ann.button('Turn camera on')).toBeVisible()
  await press('c')
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeFocused()
  await page.keyboard.type('mvc are letters here')
  await press('Enter')
  await ann.expectChat('mvc are letters here')
  await expect(ann.button('Turn microphone on')).toBeVisible()
  await press('Escape')
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveCount(0)
  await tabTo('Leave')
  await press('Enter')
  await expect(ann.button('Back to Home')).toBeVisible()
})
