import type { Locator } from 'playwright/test'
import { expectAccessible } from '../helpers/accessible.ts'
import type { CallPage } from '../helpers/call-page.ts'
import { expect, test } from '../helpers/call-test.ts'

const password = ({ page }: CallPage): Locator => page.getByLabel('Password', { exact: true })
const exactly = ({ page }: CallPage, name: string): Locator => page.getByRole('button', { name, exact: true })
const knocking = ({ page }: CallPage, words: string | RegExp): Locator =>
  page.getByRole('region', { name: 'Who wants to join' }).getByText(words)
const ended = ({ page }: CallPage, sentence: string): Locator => page.getByRole('heading', { name: sentence })

/** In the room, by the host: what one has to get past. */
const setDoor = async (host: CallPage, door: { readonly password?: string; readonly knock?: boolean }) => {
  await host.openPanel('People')
  await host.button('Meeting options').click()
  const sheet = host.page.getByRole('dialog')
  if (door.password !== undefined) {
    await sheet.getByLabel('Password', { exact: true }).fill(door.password)
    await sheet.getByRole('button', { name: 'Set', exact: true }).click()
    await expect(sheet.getByText('Whoever joins has to know the password.')).toBeVisible()
  }
  if (door.knock) {
    await sheet.getByRole('switch', { name: 'Knock to enter' }).click()
    await expect(sheet.getByRole('switch', { name: 'Knock to enter' })).toBeChecked()
  }
  await host.page.keyboard.press('Escape')
  await host.button('Close people').click()
}
/** In front of the door, as somebody with this name. */
const standInFront = async (guest: CallPage, roomUrl: string) => {
  await guest.page.goto(roomUrl)
  await guest.page.getByRole('textbox', { name: 'Your name' }).fill(guest.name)
}
const choose = async (host: CallPage, name: string, action: string) => {
  await host.button(`Options for ${name}`).click()
  await host.page.getByRole('menuitem', { name: action }).click()
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a password, then a knock: only who has both comes in, ${colorScheme}`, async ({ server, person }) => {
    const ann = await person('Ann')
    const ben = await person('Ben')
    for (const { page } of [ann, ben]) await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const roomUrl = await ann.host(server.url)
    await setDoor(ann, { password: 'open sesame', knock: true })

    await standInFront(ben, roomUrl)
    await expect(ben.page.getByText('You will see who is inside when you are let in.')).toBeVisible()
    await password(ben).fill('guess')
    await ben.button('Ask to join').click()
    await expect(ben.page.getByRole('alert').filter({ hasText: 'not the password of this meeting' })).toBeVisible()
    await expect(password(ben)).toBeFocused()
    await expectAccessible(ben.page, 'green room, wrong password')
    await expect(knocking(ann, 'Ben')).toHaveCount(0)

    await password(ben).fill('open sesame')
    await password(ben).press('Enter')
    await expect(ben.page.getByRole('heading', { name: 'Waiting for somebody to let you in' })).toBeVisible()
    await expectAccessible(ben.page, 'green room, waiting')
    await expect(knocking(ann, 'Ben wants to join')).toBeVisible()
    await expectAccessible(ann.page, 'room with a knock')

    // Whoever does not want to wait is no longer in front of the door.
    await exactly(ben, 'Cancel').click()
    await expect(knocking(ann, 'Ben')).toHaveCount(0)
    await ben.button('Ask to join').click()
    await exactly(ann, 'Admit').click()
    await expect(ben.button('Leave')).toBeVisible()
    await ann.expectMoving('Ben')
    await ben.expectMoving('Ann')

    await ann.openPanel('People')
    await expectAccessible(ann.page, 'people of a host')
    await choose(ann, 'Ben', 'Remove')
    await expectAccessible(ann.page, 'asked before removing')
    await exactly(ann, 'Cancel').click()
    await ann.button(/^Security/).click()
    await expect(ann.button('They are the same')).toBeEnabled()
    await expectAccessible(ann.page, 'security')
  })
}

test('whoever is declined is told so, and stays outside', async ({ server, person }) => {
  const ann = await person('Ann')
  const ben = await person('Ben')
  const roomUrl = await ann.host(server.url)
  await setDoor(ann, { knock: true })
  await standInFront(ben, roomUrl)
  await ben.button('Ask to join').click()
  await exactly(ann, 'Decline').click()
  await expect(ben.page.getByText('You were not let in.')).toBeVisible()
  await expect(ben.button('Ask to join')).toBeFocused()
  await expect(ann.tile('Ben')).toHaveCount(0)
  // Not again at once, whatever they press.
  await ben.button('Ask to join').click()
  await expect(ben.page.getByText('You were not let in.')).toBeVisible()
  await expect(knocking(ann, 'Ben')).toHaveCount(0)
})

test('a locked meeting says so in front of it, and opens for those who stand there', async ({ server, person }) => {
  const ann = await person('Ann')
  const ben = await person('Ben')
  const roomUrl = await ann.host(server.url)
  await ann.openPanel('People')
  await exactly(ann, 'Lock meeting').click()
  await expect(exactly(ann, 'Unlock meeting')).toBeVisible()
  await standInFront(ben, roomUrl)
  await expect(ben.page.getByText(/The meeting is locked/)).toBeVisible()
  await expect(exactly(ben, 'Join')).toBeDisabled()
  await expectAccessible(ben.page, 'green room of a locked meeting')
  await exactly(ann, 'Unlock meeting').click()
  await ben.pressJoin()
  await ann.expectMoving('Ben')
})

test('who was removed has to knock, under whatever name', async ({ meet }) => {
  const { people, url: roomUrl } = await meet('Ann', 'Ben')
  const [ann, ben] = people
  await ann.expectMoving('Ben')
  await ann.openPanel('People')
  await choose(ann, 'Ben', 'Remove')
  await ann.page.getByRole('alertdialog', { name: 'Remove Ben?' }).getByRole('button', { name: 'Remove' }).click()
  await expect(ended(ben, 'A host removed you from the meeting')).toBeVisible()
  await expect(ann.tile('Ben')).toHaveCount(0)
  await expect(ben.button('Join again')).toHaveCount(0)

  await ben.page.goto(roomUrl)
  await ben.button('Change your name').click()
  await ben.page.getByRole('textbox', { name: 'Your name' }).fill('Somebody else')
  await ben.button(/^(Join|Ask to join)$/).click()
  await expect(ben.page.getByRole('heading', { name: 'Waiting for somebody to let you in' })).toBeVisible()
  await expect(knocking(ann, 'Somebody else wants to join')).toBeVisible()
  await expect(knocking(ann, /was removed before/)).toBeVisible()
  await exactly(ann, 'Admit').click()
  await ann.expectMoving('Somebody else')
})

test('a host silences somebody, makes them a host, and they end the meeting for all', async ({ meet }) => {
  const { people, url: roomUrl } = await meet('Ann', 'Ben', 'Cleo')
  const [ann, ben, cleo] = people
  await ann.expectMoving('Ben')
  await ann.openPanel('People')
  await choose(ann, 'Ben', 'Mute')
  await expect(ben.page.getByText('Ann turned your microphone off.').first()).toBeVisible()
  await expect(ben.button('Turn microphone on')).toBeVisible()
  await expect(ann.tile('Ben').getByRole('img', { name: /microphone is off/i })).toBeVisible()
  await expect(ben.button('More ways to end')).toHaveCount(0)

  await choose(ann, 'Ben', 'Make host')
  await expect(ben.page.getByText('You are a host of this meeting now.').first()).toBeVisible()
  await ben.button('More ways to end').click()
  await ben.page.getByRole('menuitem', { name: 'End for everyone' }).click()
  await ben.page.getByRole('alertdialog').getByRole('button', { name: 'End for everyone' }).click()
  for (const one of [ann, ben, cleo]) await expect(ended(one, 'The meeting has ended')).toBeVisible()
  await cleo.page.goto(roomUrl)
  await expect(cleo.page.getByText('There is no such meeting.')).toBeVisible()
})

test('when the only host leaves, the one who has been there longest is the next', async ({ meet }) => {
  const [ann, ben] = (await meet('Ann', 'Ben')).people
  await ann.expectMoving('Ben')
  await ann.button('Leave').click()
  await expect(ben.page.getByText('You are a host of this meeting now.').first()).toBeVisible()
  await ben.openPanel('People')
  await expect(exactly(ben, 'Lock meeting')).toBeVisible()
})
