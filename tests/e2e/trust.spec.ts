import type { Locator } from 'playwright/test'
import { expectAccessible } from '../helpers/accessible.ts'
import type { CallPage } from '../helpers/call-page.ts'
import { expect, test } from '../helpers/call-test.ts'

/** In the list of people, which is open. */
const row = ({ page }: CallPage, name: string): Locator =>
  page.getByRole('complementary').getByRole('listitem').filter({ hasText: name })
const expectTrust = async (one: CallPage, name: string, words: string) =>
  await expect(row(one, name).getByText(words, { exact: true })).toBeVisible({ timeout: 30_000 })

const openSecurity = async ({ page }: CallPage) => {
  await page.getByRole('button', { name: /^Security/ }).click()
  await expect(page.getByRole('dialog', { name: 'Security' })).toBeVisible()
}
/** The four words of the meeting, as one reads them. */
const readWords = async ({ page }: CallPage): Promise<string> => {
  const words = page.getByRole('list', { name: /^Words: / })
  await expect(words).toBeVisible({ timeout: 30_000 })
  return (await words.getByRole('listitem').allTextContents()).join(' ')
}

test('who holds the invitation is known as invited; compared words make everyone verified, for other meetings too', async ({
  server,
  meet,
  person,
}) => {
  test.slow()
  const { people, url: link } = await meet('Ann', 'Ben')
  const [ann, ben] = people
  const cleo = await person('Cleo')
  const everyone = [ann, ben, cleo]
  expect(new URL(link).hash).not.toBe('')
  // The code alone, as somebody types it: without what only the invitation holds.
  const typed = new URL(link)
  typed.hash = ''
  await cleo.join(typed.href)
  for (const one of everyone) await one.openPanel('People')

  await expectTrust(ann, 'Ben', 'Invited')
  await expectTrust(ben, 'Ann', 'Invited')
  await expectTrust(ann, 'Cleo', 'Not verified')
  await expectTrust(cleo, 'Ann', 'Not verified')
  await expectTrust(cleo, 'Ben', 'Not verified')

  for (const one of everyone) await openSecurity(one)
  const words = await readWords(ann)
  expect(words.split(' ')).toHaveLength(4)
  for (const one of [ben, cleo]) await expect.poll(() => readWords(one)).toBe(words)
  for (const one of everyone) {
    await one.button('They are the same').click()
    await one.page.keyboard.press('Escape')
  }
  await expectTrust(ann, 'Ben', 'Verified in person')
  await expectTrust(ann, 'Cleo', 'Verified in person')
  await expectTrust(cleo, 'Ben', 'Verified in person')

  // Another meeting of the same people: they know each other by themselves.
  for (const one of everyone) await one.button('Leave').click()
  await ann.page.goto(server.url)
  await ann.button('Host a meeting').click()
  await ann.pressJoin()
  const second = new URL(ann.page.url())
  second.hash = ''
  await ben.page.goto(second.href)
  await ben.pressJoin()
  await ann.openPanel('People')
  await ben.openPanel('People')
  await expectTrust(ann, 'Ben', 'Verified in person')
  await expectTrust(ben, 'Ann', 'Verified in person')
  await expect(ann.button('Security: Everyone is verified in person')).toBeVisible()
})

test('somebody else under the name of whom one verified is noticed', async ({ meet, person }) => {
  const { people, url: link } = await meet('Ann', 'Ben')
  const [ann, ben] = people
  const stranger = await person('Ben')
  await ann.openPanel('People')
  await openSecurity(ann)
  await readWords(ann)
  await ann.button('They are the same').click()
  await ann.page.keyboard.press('Escape')
  await expectTrust(ann, 'Ben', 'Verified in person')
  await ben.button('Leave').click()
  await expect(ann.tile('Ben')).toHaveCount(0)

  await stranger.join(link)
  await expect(row(ann, 'Ben').getByText('This is not the key you verified for Ben.')).toBeVisible({ timeout: 30_000 })
  await expect(ann.tile('Ben').getByText('Not the key you verified')).toBeVisible()
})

test('an invitation that does not hold the secret of the meeting raises the alarm on both sides', async ({
  server,
  person,
}) => {
  const ann = await person('Ann')
  const ben = await person('Ben')
  const cleo = await person('Cleo')
  const link = new URL(await ann.host(server.url))
  const other = new URL(await cleo.host(server.url))
  await ann.openPanel('People')
  // Ann's meeting, with the secret of Cleo's.
  await ben.join(new URL(link.pathname + other.hash, link).href)

  for (const [one, name] of [
    [ann, 'Ben'],
    [ben, 'Ann'],
  ] as const) {
    const sentence = `Somebody may be in between you and ${name}`
    await expect(one.page.getByRole('alert').filter({ hasText: sentence })).toBeVisible({ timeout: 30_000 })
    await expect(one.tile(name).getByText('Somebody may be in between')).toBeVisible()
  }
  await expectTrust(ann, 'Ben', 'Somebody may be in between')
  // Nothing of the own picture goes there.
  await expect(ann.tile('Ben').locator('video')).toBeHidden()
  await expectAccessible(ann.page, 'room with an alarm')
  await ann.button('What to do').click()
  await expect(ann.page.getByText(/make a new meeting, and send its invitation another way/)).toBeVisible()
  await expectAccessible(ann.page, 'what to do about an alarm')
})
