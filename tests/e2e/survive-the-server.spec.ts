import { expect, test } from '../helpers/call-test.ts'

test('media keeps flowing while the server is dead, and a new process is joined without a click', async ({
  server,
  meet,
}) => {
  const [ann, ben, cleo] = (await meet('Ann', 'Ben', 'Cleo')).people
  for (const one of [ann, ben]) await one.expectMoving('Cleo')
  await ann.say('before the outage')
  await ben.expectChat('before the outage')

  await server.kill()
  await expect(ann.page.getByText(/Reconnecting to the meeting/).first()).toBeVisible()
  await ann.expectMoving('Ben')
  await ben.expectMoving('Cleo')
  await ann.expectHeard('Ben')
  // Muting needs no server.
  await cleo.button('Turn microphone off').click()
  await expect(ann.tile('Cleo').getByRole('img', { name: /microphone is off/i })).toBeVisible()
  // Words said during the outage arrive after it.
  await ann.say('said during the outage')

  await server.start()
  for (const one of [ann, ben, cleo]) {
    await expect(one.page.getByText(/Reconnecting to the meeting/)).toHaveCount(0, { timeout: 20_000 })
  }
  await ben.say('after the outage')
  for (const one of [ann, cleo]) {
    await one.expectChat('after the outage')
    await one.expectChat('before the outage')
  }
  await ben.expectChat('said during the outage')
  await ann.expectPeople('Ben', 'Cleo')
  await ben.expectPeople('Ann', 'Cleo')
  await ann.expectMoving('Cleo')
})

test('a page that reloads is back in the room within 5 s, under the same name, in one tile', async ({ meet }) => {
  const [ann, ben] = (await meet('Ann', 'Ben')).people
  await ann.expectMoving('Ben')
  await ben.button('Turn microphone off').click()
  await expect(ann.tile('Ben').getByRole('img', { name: /microphone is off/i })).toBeVisible()

  await ben.page.reload({ waitUntil: 'commit' })
  await expect(ben.button('Leave')).toBeVisible({ timeout: 5000 })
  await ben.expectMoving('Ann')
  await ann.expectMoving('Ben')
  await ann.expectPeople('Ben')
  // Never more open than before: the microphone that was off stays off.
  await expect(ben.button('Turn microphone on')).toBeVisible()
  await expect(ann.tile('Ben').getByRole('img', { name: /microphone is off/i })).toBeVisible()
})
