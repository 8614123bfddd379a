import { expect, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import type { NearbyMeeting } from '#electron/ipc.ts'
import { identity } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const meeting = (id: string, change: Partial<NearbyMeeting> = {}): NearbyMeeting => ({
  id,
  pin: 'p'.repeat(43),
  addresses: ['192.168.1.30:8001'],
  code: 'w4n8zc0fj2ps',
  title: '',
  name: '',
  isGuarded: false,
  former: [],
  ...change,
})
const planning = meeting('a', { title: 'Planning', name: 'Ben', isGuarded: true })
const unnamed = meeting('b', { code: '3h9xkd71qmtv' })

const section = screen.getByRole('region', { name: 'Meetings on this network' })
const rows = section.getByRole('button')
const empty = section.getByText(/None found yet/)
const namesOfRows = () => rows.elements().map((row) => row.getAttribute('aria-label'))

test('what is found is listed live, with who hosts it and whether it is guarded', async () => {
  const { desktop } = await openWindow()
  await expect.element(empty).toBeVisible()
  expect(desktop.asked).toContainEqual(['watchNearby', true])
  desktop.tell('nearbyChanged', [planning])
  await expect.poll(namesOfRows).toEqual(['Join Planning, hosted by Ben, guarded'])
  await expect.element(section.getByText('Hosted by Ben')).toBeVisible()
  await expect.element(empty).not.toBeInTheDocument()
  desktop.tell('nearbyChanged', [unnamed, planning])
  // Below what is there, whatever the order they are told in.
  await expect.poll(namesOfRows).toEqual(['Join Planning, hosted by Ben, guarded', 'Join A meeting on this network'])
  desktop.tell('nearbyChanged', [])
  await expect.element(empty).toBeVisible()
})

test('new ones are said to those who do not see them', async () => {
  const { desktop } = await openWindow()
  await expect.element(empty).toBeVisible()
  desktop.tell('nearbyChanged', [planning, unnamed])
  await expect
    .element(
      screen.getByRole('status').filter({ hasText: 'Found on this network: Planning and A meeting on this network.' }),
    )
    .toBeInTheDocument()
})

test('one click joins by its addresses, under its key, with no secret', async () => {
  const { call } = await openWindow({ prepare: (desktop) => (desktop.nearby = [planning]) })
  await rows.click()
  await expect
    .poll(() => call.asked)
    .toEqual([
      ['open', 'https://192.168.1.30:8001', planning.code, null, { pin: planning.pin, addresses: planning.addresses }],
    ])
})

test('without a name one is asked for it first', async () => {
  const { call } = await openWindow({ settings: { name: '' }, prepare: (desktop) => (desktop.nearby = [planning]) })
  await rows.click()
  await expect.element(screen.getByRole('textbox', { name: 'Your name' })).toHaveFocus()
  expect(call.asked).toEqual([])
})

test('under the pointer nothing moves: what is over stays until it leaves, and joins nothing', async () => {
  const { call, desktop } = await openWindow({ prepare: (double) => (double.nearby = [planning, unnamed]) })
  await rows.first().hover()
  desktop.tell('nearbyChanged', [unnamed])
  await expect.poll(namesOfRows).toEqual(['Planning is over, or out of reach', 'Join A meeting on this network'])
  await expect.element(rows.first()).toHaveAttribute('aria-disabled', 'true')
  ;(rows.first().element() as HTMLElement).click()
  expect(call.asked).toEqual([])
  await screen.getByRole('button', { name: 'Host a meeting' }).hover()
  await expect.poll(namesOfRows).toEqual(['Join A meeting on this network'])
})

test('the own meeting is not offered', async () => {
  await openWindow({
    prepare: (desktop) => {
      desktop.host = desktop.hostAfterStart
      desktop.nearby = [meeting('own', { pin: identity.pin })]
    },
  })
  await expect.element(empty).toBeVisible()
})

test('away from Home nobody looks', async () => {
  const { call, desktop } = await openWindow()
  await expect.element(empty).toBeVisible()
  call.set({ phase: 'opening', serverUrl: 'http://127.0.0.1:8001', goal: 'join' })
  await expect.poll(() => desktop.asked.at(-1)).toEqual(['watchNearby', false])
})

test('in a browser there is no such section', async () => {
  const { desktop } = await openWindow({ platform: 'browser' })
  await expect.element(screen.getByRole('button', { name: 'Host a meeting' })).toBeVisible()
  await expect.element(section).not.toBeInTheDocument()
  expect(desktop.asked).toEqual([])
})
