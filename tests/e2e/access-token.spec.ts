import { expectAccessible } from '../helpers/accessible.ts'
import type { CallPage } from '../helpers/call-page.ts'
import { expect, test } from '../helpers/call-test.ts'
import type { ServerProcess } from '../helpers/server-process.ts'

const TOKEN = 'token-of-this-server-0123'

/** The fixture's server once more, now one that asks for a token. */
const restartAsking = async (server: ServerProcess, environment: Record<string, string> = {}) => {
  await server.kill()
  await server.start({ ACCESS_TOKEN: TOKEN, ...environment })
}
const heading = (person: CallPage) =>
  person.page.getByRole('heading', { name: 'This server asks for an access token.' })
const field = (person: CallPage) => person.page.getByLabel('Access token')
const give = async (person: CallPage, token: string) => {
  await field(person).fill(token)
  await person.button('Go on').click()
}
/** Home, "Host a meeting". */
const pressHost = async (person: CallPage, url: string) => {
  await person.page.goto(url)
  await person.page.getByRole('textbox', { name: 'Your name' }).fill(person.name)
  await person.button('Host a meeting').click()
}
/** Every address that this window asks for from now on. */
const watchAddresses = ({ page }: CallPage): string[] => {
  const addresses: string[] = []
  page.on('request', (request) => addresses.push(request.url()))
  page.on('websocket', (socket) => addresses.push(socket.url()))
  page.on('framenavigated', (frame) => addresses.push(frame.url()))
  return addresses
}

test('who hosts is asked for the access token, once; guests join without', async ({ server, person }) => {
  await restartAsking(server)
  const ann = await person('Ann')
  const addresses = watchAddresses(ann)
  await pressHost(ann, server.url)
  await expect(heading(ann)).toBeVisible()
  await expectAccessible(ann.page, 'access token')

  await give(ann, 'wrong-token-0123456')
  await expect(ann.page.getByText(/does not take this access token/)).toBeVisible()
  await expectAccessible(ann.page, 'wrong access token')
  await give(ann, TOKEN)
  await ann.pressJoin()

  const ben = await person('Ben')
  await ben.join(ann.page.url())
  await ann.expectMoving('Ben')

  // Kept for the next meeting, too, over a reload.
  await ann.button('Leave').click()
  await ann.page.goto(server.url)
  await ann.button('Host a meeting').click()
  await ann.pressJoin()
  expect(addresses.some((address) => address.startsWith('ws'))).toBe(true)
  expect(addresses.filter((address) => address.includes(TOKEN))).toEqual([])
})

test('a server that asks for it for everything asks guests, too; a reload does not', async ({ server, person }) => {
  await restartAsking(server, { ACCESS_TOKEN_FOR: 'all' })
  const ann = await person('Ann')
  await pressHost(ann, server.url)
  await give(ann, TOKEN)
  await ann.pressJoin()
  const ben = await person('Ben')
  await ben.page.goto(ann.page.url())
  await expect(heading(ben)).toBeVisible()
  await give(ben, TOKEN)
  await ben.page.getByRole('textbox', { name: 'Your name' }).fill('Ben')
  await ben.pressJoin()
  await ann.expectMoving('Ben')
  await ben.page.reload()
  await expect(ben.button('Leave')).toBeVisible()
  await ben.expectMoving('Ann')
})

test('when the token was changed, it is asked for again, and the meeting goes on', async ({ server, person }) => {
  await restartAsking(server, { ACCESS_TOKEN_FOR: 'all' })
  const ann = await person('Ann')
  await pressHost(ann, server.url)
  await give(ann, TOKEN)
  await ann.pressJoin()
  await server.kill()
  await server.start({ ACCESS_TOKEN: 'another-token-4567', ACCESS_TOKEN_FOR: 'all' })
  await ann.page.reload()
  await expect(heading(ann)).toBeVisible()
  await expect(ann.page.getByText(/does not take this access token/)).toBeVisible()
  await give(ann, 'another-token-4567')
  await expect(ann.button('Leave')).toBeVisible()
})

test('a token that is changed during a meeting is asked for there, while sound and picture go on', async ({
  server,
  person,
}) => {
  await restartAsking(server, { ACCESS_TOKEN_FOR: 'all' })
  const ann = await person('Ann')
  await pressHost(ann, server.url)
  await give(ann, TOKEN)
  await ann.pressJoin()
  const ben = await person('Ben')
  await ben.page.goto(ann.page.url())
  await give(ben, TOKEN)
  await ben.page.getByRole('textbox', { name: 'Your name' }).fill('Ben')
  await ben.pressJoin()
  await ann.expectMoving('Ben')
  await ann.openPanel('Chat')

  await server.kill()
  await server.start({ ACCESS_TOKEN: 'another-token-4567', ACCESS_TOKEN_FOR: 'all' })
  const question = ({ page }: CallPage) => page.getByText('The server asks for a new access token.')
  for (const one of [ann, ben]) await expect(question(one)).toBeVisible()
  // Whoever writes goes on writing.
  await expect(ann.page.getByRole('textbox', { name: 'Message' })).toBeFocused()
  await expectAccessible(ann.page, 'room whose server asks for a token')
  await ann.expectMoving('Ben')
  await ben.expectHeard('Ann')

  await give(ann, 'wrong-token-0123456')
  await expect(ann.page.getByText(/does not take this access token/)).toBeVisible()
  await expect(field(ann)).toBeFocused()
  await ann.expectMoving('Ben')
  await give(ann, 'another-token-4567')
  await expect(question(ann)).toHaveCount(0)
  await expect(ann.page.getByText(/Reconnecting to the meeting/)).toHaveCount(0)
  await ann.say('said behind the new token')

  await ben.button('Not now').press('Enter')
  await ben.button('Enter the access token').press('Enter')
  await expect(field(ben)).toBeFocused()
  await give(ben, 'another-token-4567')
  await ben.expectChat('said behind the new token')
  await ann.expectPeople('Ben')
  await ann.expectMoving('Ben')
})
