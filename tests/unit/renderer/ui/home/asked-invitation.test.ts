import { expect, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import { joinedState } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const link = 'earshot://192.168.1.30:8001/r/w4n8zc0fj2ps'
const dialog = screen.getByRole('dialog', { name: 'Join the meeting at 192.168.1.30?' })

test('an invitation that the system opens is asked about, and nothing is connected before', async () => {
  const { call, desktop } = await openWindow()
  desktop.tell('invitationOpened', link)
  await expect.element(dialog).toBeVisible()
  expect(call.asked).toEqual([])
  await dialog.getByRole('button', { name: 'Join' }).click()
  await expect.poll(() => call.asked.at(-1)?.slice(0, 3)).toEqual(['open', 'https://192.168.1.30:8001', 'w4n8zc0fj2ps'])
  await expect.element(dialog).not.toBeInTheDocument()
})

test.each(['Not now', 'Close'])('%s forgets it', async (name) => {
  const { call, desktop } = await openWindow()
  desktop.tell('invitationOpened', link)
  await dialog.getByRole('button', { name }).click()
  await expect.element(dialog).not.toBeInTheDocument()
  expect(call.asked).toEqual([])
})

test('in a meeting it says that joining leaves it', async () => {
  const { call, desktop } = await openWindow({ state: joinedState() })
  desktop.tell('invitationOpened', link)
  await expect.element(dialog.getByText(/You are in a meeting now/)).toBeVisible()
  await expect.element(dialog.getByRole('button', { name: 'Join', exact: true })).not.toBeInTheDocument()
  expect(call.asked).toEqual([])
  await dialog.getByRole('button', { name: 'Leave and join' }).click()
  await expect.poll(() => call.asked.map(([verb]) => verb)).toEqual(['leave', 'open'])
})

test('what is no invitation asks nothing', async () => {
  const { desktop } = await openWindow()
  desktop.tell('invitationOpened', 'earshot://evil')
  await expect.element(screen.getByRole('status').filter({ hasText: /no invitation/ })).toBeInTheDocument()
  await expect.element(screen.getByRole('dialog')).not.toBeInTheDocument()
})
