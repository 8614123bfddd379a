import { describe, expect, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import type { Door } from '#signalling/protocol.ts'
import type { CallState } from '#renderer/call/call-state.ts'
import { greenRoomState, openDoor } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

type GreenRoom = Extract<CallState, { phase: 'green-room' }>
const behind = (door: Partial<Door>, change: Partial<GreenRoom> = {}): GreenRoom => {
  const green = greenRoomState(change)
  return { ...green, room: { ...green.room, door: { ...openDoor, ...door } } }
}
const password = screen.getByLabelText('Password', { exact: true })
const join = screen.getByRole('button', { name: 'Join', exact: true })
const ask = screen.getByRole('button', { name: 'Ask to join' })

describe('a password', () => {
  test('is asked for and goes with the join', async () => {
    const { call } = await openWindow({ state: behind({ hasPassword: true }) })
    await password.fill('open sesame')
    await join.click()
    await expect.poll(() => call.asked).toEqual([['join', 'Ann', 'open sesame']])
  })

  test('is hidden until one wants to see it', async () => {
    await openWindow({ state: behind({ hasPassword: true }) })
    await expect.element(password).toHaveAttribute('type', 'password')
    await screen.getByRole('button', { name: 'Show password' }).click()
    await expect.element(password).toHaveAttribute('type', 'text')
    await screen.getByRole('button', { name: 'Hide password' }).click()
    await expect.element(password).toHaveAttribute('type', 'password')
  })

  test.each([
    ['wrong-password', /not the password of this meeting/],
    ['password-needed', /Enter the password/],
    ['too-many-requests', /Too many tries. Wait a moment/],
  ] as const)('%s is said at the field, which takes the focus, each time', async (problem, sentence) => {
    const { call } = await openWindow({ state: behind({ hasPassword: true }) })
    await password.fill('guess')
    for (const _ of ['once', 'twice']) {
      call.set(behind({ hasPassword: true }, { waiting: 'answer' }))
      await expect.element(screen.getByRole('button', { name: 'Joining…' })).toBeDisabled()
      call.set(behind({ hasPassword: true }, { problem }))
      await expect.element(screen.getByRole('alert').filter({ hasText: sentence })).toBeVisible()
      await expect.element(password).toHaveFocus()
      await expect.element(password).toHaveAttribute('aria-invalid', 'true')
      await password.fill('another guess')
      await expect.element(password).toHaveAttribute('aria-invalid', 'false')
    }
    await expect.element(join).toBeEnabled()
  })

  test('other troubles are not blamed on it', async () => {
    await openWindow({ state: behind({ hasPassword: true }, { problem: 'room-full' }) })
    await expect.element(screen.getByText('The meeting is full.')).toBeVisible()
    await expect.element(password).toHaveAttribute('aria-invalid', 'false')
  })
})

describe('knocking', () => {
  test('the button says so, and nobody learns who is inside', async () => {
    const { call } = await openWindow({ state: behind({ knock: true }) })
    await expect.element(screen.getByText('You will see who is inside when you are let in.')).toBeVisible()
    await expect.element(screen.getByText('Nobody is here yet.')).not.toBeInTheDocument()
    await ask.click()
    await expect.poll(() => call.asked).toEqual([['join', 'Ann']])
  })

  test('waiting is calm, says when the server is gone, and can be cancelled', async () => {
    const { call } = await openWindow({ state: behind({ knock: true }, { waiting: 'admission' }) })
    await expect.element(screen.getByRole('heading', { name: 'Waiting for somebody to let you in' })).toHaveFocus()
    await expect.element(ask).not.toBeInTheDocument()
    call.set(behind({ knock: true }, { waiting: 'admission', server: 'reconnecting' }))
    await expect.element(screen.getByText(/The server does not answer right now/)).toBeVisible()
    await screen.getByRole('button', { name: 'Cancel' }).click()
    expect(call.asked).toEqual([['cancelKnock']])
    call.set(behind({ knock: true }))
    await expect.element(ask).toHaveFocus()
  })

  test('whoever is declined is told so, and may ask again with what was typed', async () => {
    const door = { knock: true, hasPassword: true }
    const { call } = await openWindow({ state: behind(door) })
    await password.fill('open sesame')
    call.set(behind(door, { waiting: 'admission' }))
    await expect.element(password).not.toBeInTheDocument()
    call.set(behind(door, { problem: 'knock-declined' }))
    await expect.element(screen.getByText('You were not let in.')).toBeVisible()
    await expect.element(password).toHaveValue('open sesame')
    await ask.click()
    await expect.poll(() => call.asked).toEqual([['join', 'Ann', 'open sesame']])
  })
})

describe('a lock', () => {
  test('is said before anybody presses, and lets in as soon as it is open', async () => {
    const { call } = await openWindow({ state: behind({ locked: true }) })
    await expect.element(screen.getByText(/The meeting is locked/)).toBeVisible()
    await expect.element(join).toBeDisabled()
    await expect.element(join).toHaveAccessibleDescription(/locked/)
    call.set(behind({}))
    await expect.element(join).toBeEnabled()
    await expect.element(screen.getByText(/The meeting is locked/)).not.toBeInTheDocument()
  })

  test('that fell in the same moment is said once', async () => {
    await openWindow({ state: behind({ locked: true }, { problem: 'room-locked' }) })
    await expect.element(screen.getByText(/The meeting is locked/)).toBeVisible()
    expect(screen.getByText(/meeting is locked/).all()).toHaveLength(1)
  })
})

test('whoever hosts the meeting passes all of it', async () => {
  const { call, page } = await openWindow()
  call.host = () => {
    call.set(behind({ hasPassword: true, knock: true, locked: true }))
    return Promise.resolve()
  }
  await page.meetings.host()
  await expect.element(join).toBeEnabled()
  await expect.element(password).not.toBeInTheDocument()
  await expect.element(screen.getByText(/locked|who is inside/)).not.toBeInTheDocument()
  await join.click()
  await expect.poll(() => call.asked).toEqual([['join', 'Ann']])
})
