import { expect, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import type { CallState } from '#renderer/call/call-state.ts'
import { openWindow } from '../open-window.ts'

const serverUrl = location.origin
const denied: CallState = { phase: 'failed', problem: 'access-denied', serverUrl, asked: null }
const field = screen.getByLabelText('Access token')
const goOn = screen.getByRole('button', { name: 'Go on' })

/** Hosting on a server that asks for a token. */
const openDenied = async (options: Parameters<typeof openWindow>[0] = {}) => {
  const opened = await openWindow({ platform: 'browser', ...options })
  await opened.page.meetings.host()
  opened.call.set(denied)
  return opened
}

test('a server that asks for an access token is shown it, with what was tried tried again', async () => {
  const { call, desktop } = await openDenied()
  await expect.element(screen.getByRole('heading', { name: 'This server asks for an access token.' })).toHaveFocus()
  await expect.element(screen.getByText(/Whoever runs this server has it/)).toBeVisible()
  await expect.element(field).toHaveAttribute('type', 'password')
  await expect.element(field).toHaveAttribute('autocomplete', 'off')
  await expect.element(field).toHaveAttribute('aria-invalid', 'false')
  await field.fill('  0123456789abcdef ')
  await goOn.click()
  await expect.poll(() => call.asked.map(([verb]) => verb)).toEqual(['host', 'host'])
  expect(desktop.settings.accessTokens).toEqual([{ origin: serverUrl, token: '0123456789abcdef' }])
})

test('without a token nothing is tried, and the field says so until something is typed', async () => {
  const { call } = await openDenied()
  await goOn.click()
  await expect.element(screen.getByRole('alert').filter({ hasText: 'Enter the access token.' })).toBeVisible()
  await expect.element(field).toHaveFocus()
  expect(call.asked).toHaveLength(1)
  await field.fill('a')
  await expect.element(field).toHaveAttribute('aria-invalid', 'false')
})

test('a token that the server does not take is said to be such, and another can be given', async () => {
  const accessTokens = [{ origin: serverUrl, token: 'wrong' }]
  const { call, desktop } = await openDenied({ settings: { accessTokens } })
  await expect.element(screen.getByText(/does not take this access token/)).toBeVisible()
  await expect.element(field).toHaveFocus()
  await field.fill('right')
  await goOn.click()
  await expect.poll(() => call.asked).toHaveLength(2)
  expect(desktop.settings.accessTokens).toEqual([{ origin: serverUrl, token: 'right' }])
})

test('the way back forgets a token that was refused, and leads home', async () => {
  const other = { origin: 'https://meet.example', token: 'theirs' }
  const { desktop } = await openDenied({ settings: { accessTokens: [{ origin: serverUrl, token: 'wrong' }, other] } })
  await screen.getByRole('button', { name: 'Back to Home' }).click()
  await expect.element(screen.getByRole('button', { name: 'Host a meeting' })).toBeVisible()
  expect(desktop.settings.accessTokens).toEqual([other])
})

test('a token that cannot be kept is said to be such, and stays in the field', async () => {
  const { call } = await openDenied({
    prepare: (desktop) => {
      desktop.changeSettings = () => Promise.reject(new Error('refused'))
    },
  })
  await field.fill('right')
  await goOn.click()
  await expect.element(screen.getByText('The access token could not be kept. Try again.')).toBeVisible()
  await expect.element(field).toHaveValue('right')
  expect(call.asked).toHaveLength(1)
})
