import { expect, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import type { CallState, EndReason } from '#renderer/call/call-state.ts'
import { formatInvitation } from '#renderer/call/invitation.ts'
import { code } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const ended = (reason: EndReason, metNames: readonly string[] = ['Ben', 'Cleo']): CallState => ({
  phase: 'ended',
  reason,
  room: { code, title: 'Tuesday' },
  serverUrl: 'http://127.0.0.1:8001',
  durationMs: 12 * 60_000,
  metNames,
})

test('says how long it was and who was there, and leads in again or home', async () => {
  const { call } = await openWindow({ state: ended('left') })
  await expect.element(screen.getByText('12 minutes with Ben and Cleo.')).toBeVisible()
  await screen.getByRole('button', { name: 'Join again' }).click()
  expect(call.asked).toEqual([['open', 'http://127.0.0.1:8001', code, null]])
  await screen.getByRole('button', { name: 'Back to Home' }).click()
  await expect.element(screen.getByRole('button', { name: 'Host a meeting' })).toBeVisible()
})

test('a meeting that is gone offers no way back in', async () => {
  await openWindow({ state: ended('room-lost', []) })
  await expect.element(screen.getByRole('heading', { name: 'The meeting is gone from its server' })).toBeVisible()
  await expect.element(screen.getByText('12 minutes. Nobody else was there.')).toBeVisible()
  await expect.element(screen.getByRole('button', { name: 'Join again' })).not.toBeInTheDocument()
})

test.each([
  ['removed', 'A host removed you from the meeting'],
  ['room-ended', 'The meeting has ended'],
] as const)('%s is said, without a way back in', async (reason, sentence) => {
  await openWindow({ state: ended(reason) })
  await expect.element(screen.getByRole('heading', { name: sentence })).toBeVisible()
  await expect.element(screen.getByRole('button', { name: 'Join again' })).not.toBeInTheDocument()
})

test('joins again by the invitation that is remembered', async () => {
  const secret = 'q83vEjRWeJCrze8SNFZ4kA'
  const link = formatInvitation({ serverUrl: 'https://meet.example', code, secret, host: null })
  const serverUrl = 'https://meet.example'
  const { call } = await openWindow({
    settings: { recent: [{ code, serverUrl, title: 'Tuesday', at: 1, link }] },
    state: { ...ended('left'), serverUrl } as CallState,
  })
  await screen.getByRole('button', { name: 'Join again' }).click()
  expect(call.asked).toEqual([['open', serverUrl, code, secret]])
})
