import { expect, test } from '../helpers/call-test.ts'

test('three people in one room see and hear each other, chat, mute and leave', async ({ server, person }) => {
  const ann = await person('Ann')
  const ben = await person('Ben')
  const cleo = await person('Cleo')

  const roomUrl = await ann.host(server.url)
  expect(new URL(roomUrl).pathname).toMatch(/^\/r\/[0-9a-z-]+$/)
  await ben.join(roomUrl)
  await ann.say('Welcome, everyone')
  await cleo.join(roomUrl)

  const everyone = [ann, ben, cleo]
  for (const one of everyone) {
    const others = everyone.filter((other) => other !== one).map((other) => other.name)
    await one.expectPeople(...others)
    for (const other of others) {
      await one.expectMoving(other)
      await one.expectHeard(other)
    }
  }

  // Chat: live for those inside, as history for the one who came later.
  await ben.expectChat('Welcome, everyone')
  await cleo.expectChat('Welcome, everyone')
  await cleo.say('Hello from Cleo')
  await ann.expectChat('Hello from Cleo')
  await ben.expectChat('Hello from Cleo')

  // Muting shows on the other side, and ends.
  await ben.button('Turn microphone off').click()
  await expect(ann.tile('Ben').getByRole('img', { name: /microphone is off/i })).toBeVisible()
  await expect(cleo.tile('Ben').getByRole('img', { name: /microphone is off/i })).toBeVisible()
  await ben.button('Turn microphone on').click()
  await expect(ann.tile('Ben').getByRole('img', { name: /microphone is off/i })).toHaveCount(0)

  // The camera goes off and on without anyone else noticing more than that.
  await ben.button('Turn camera off').click()
  await expect(ann.tile('Ben').locator('video')).toBeHidden()
  await ann.expectMoving('Cleo')
  await ben.button('Turn camera on').click()
  await ann.expectMoving('Ben')

  // Leaving removes the tile everywhere else, and says goodbye to the one who left.
  await cleo.button('Leave').click()
  await expect(ann.tile('Cleo')).toHaveCount(0)
  await expect(ben.tile('Cleo')).toHaveCount(0)
  await expect(cleo.button('Back to Home')).toBeVisible()
  await ann.expectMoving('Ben')
})

test('the green room shows who is inside, live, before anyone joins', async ({ server, person }) => {
  const ann = await person('Ann')
  const ben = await person('Ben')
  const cleo = await person('Cleo')
  const roomUrl = await ann.host(server.url)

  await ben.openGreenRoom(roomUrl)
  await expect(ben.page.getByText(/Ann/).first()).toBeVisible()
  await cleo.join(roomUrl)
  await expect(ben.page.getByText(/Cleo/).first()).toBeVisible()
  await cleo.button('Leave').click()
  await expect(ben.page.getByText(/Cleo/)).toHaveCount(0)
})

test('an address of a meeting that does not exist says so and leads home', async ({ server, person }) => {
  const ann = await person('Ann')
  await ann.page.goto(`${server.url}/r/0000-0000-0000`)
  await expect(ann.page.getByText(/meeting/i).first()).toBeVisible()
  await ann.button(/Home/).click()
  await expect(ann.button('Host a meeting')).toBeVisible()
})
