import { expect, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import { openWindow } from '../open-window.ts'

test('looking for a meeting can be cancelled', async () => {
  const { call } = await openWindow({ state: { phase: 'opening', serverUrl: 'https://meet.example', goal: 'join' } })
  await expect.element(screen.getByRole('status').filter({ hasText: 'Looking for the meeting' })).toBeVisible()
  await screen.getByRole('button', { name: 'Cancel' }).click()
  await expect.element(screen.getByRole('button', { name: 'Host a meeting' })).toBeVisible()
  expect(call.asked).toEqual([['leave']])
})

test('a failure says what happened and what to do, tries once more, and leads home', async () => {
  const { call, page } = await openWindow()
  page.meetings.open('http://192.168.1.20:8001', 'k7mq2xvd9thr')
  call.set({ phase: 'failed', problem: 'server-unreachable', serverUrl: 'http://192.168.1.20:8001', asked: null })
  await expect.element(screen.getByRole('heading', { name: 'The meeting’s server cannot be reached.' })).toBeVisible()
  await expect.element(screen.getByText(/same network as the host/)).toBeVisible()
  await screen.getByRole('button', { name: 'Try again' }).click()
  expect(call.asked).toEqual([
    ['open', 'http://192.168.1.20:8001', 'k7mq2xvd9thr', null],
    ['open', 'http://192.168.1.20:8001', 'k7mq2xvd9thr', null],
  ])
  await screen.getByRole('button', { name: 'Back to Home' }).click()
  await expect.element(screen.getByRole('button', { name: 'Host a meeting' })).toBeVisible()
})

test('a name that no meeting has is said, and another meeting can be hosted from there', async () => {
  const { call } = await openWindow({ platform: 'browser' })
  call.set({ phase: 'failed', problem: 'room-not-found', serverUrl: location.origin, asked: 'Tuesday at nine' })
  await expect
    .element(screen.getByRole('heading', { name: 'There is no meeting called “Tuesday at nine”.' }))
    .toBeVisible()
  await screen.getByRole('button', { name: 'Host a meeting' }).click()
  await expect.poll(() => call.asked).toEqual([['host', location.origin, { title: 'Ann’s meeting' }]])
})

test('hosting from there asks for no name, and makes a meeting without one', async () => {
  const { call } = await openWindow({ platform: 'browser', settings: { name: '' } })
  call.set({ phase: 'failed', problem: 'room-not-found', serverUrl: location.origin, asked: '42' })
  await screen.getByRole('button', { name: 'Host a meeting' }).click()
  await expect.poll(() => call.asked).toEqual([['host', location.origin, {}]])
})

test('a code that no meeting has is not called a name', async () => {
  const { call } = await openWindow({ platform: 'browser' })
  call.set({ phase: 'failed', problem: 'room-not-found', serverUrl: location.origin, asked: 'k7mq-2xvd-9thr' })
  await expect.element(screen.getByRole('heading', { name: 'There is no such meeting.' })).toBeVisible()
})

test('another computer than the invited one: no way around, only back', async () => {
  const { call } = await openWindow()
  call.set({ phase: 'failed', problem: 'wrong-key', serverUrl: 'https://192.168.1.20:8001', asked: 'k7mq-2xvd-9thr' })
  await expect
    .element(screen.getByRole('heading', { name: 'This is not the computer you were invited to.' }))
    .toBeVisible()
  await expect.element(screen.getByRole('button', { name: 'Try again' })).not.toBeInTheDocument()
  await screen.getByRole('button', { name: 'Back to Home' }).click()
  await expect.element(screen.getByRole('button', { name: 'Host a meeting' })).toBeVisible()
})

test('a host that cannot be found can be looked for once more', async () => {
  const { call, page } = await openWindow()
  page.meetings.open('https://192.168.1.20:8001', 'k7mq2xvd9thr')
  call.set({ phase: 'failed', problem: 'host-not-found', serverUrl: 'https://192.168.1.20:8001', asked: null })
  await expect
    .element(screen.getByRole('heading', { name: 'The computer that hosts the meeting cannot be found.' }))
    .toBeVisible()
  await screen.getByRole('button', { name: 'Try again' }).click()
  expect(call.asked.map(([verb]) => verb)).toEqual(['open', 'open'])
})

test.each([
  ['refused', /no meeting answers on it/],
  ['timed-out', /does not answer/],
  ['no-route', /on no network that leads there/],
  ['blocked-by-system', /Local Network/],
  ['name-unknown', /Nobody here knows/],
  ['clock', /clock of your computer is wrong/],
  ['certificate', /Nobody vouches/],
  ['answers', /answers again/],
  ['unknown', /same network as the host/],
] as const)('a server that cannot be reached: %s is said, with the one step to take', async (unreachable, words) => {
  const { call, desktop } = await openWindow({ prepare: (made) => void (made.unreachable = unreachable) })
  const serverUrl = 'http://192.168.1.20:8001'
  call.set({ phase: 'failed', problem: 'server-unreachable', serverUrl, asked: null })
  await expect.element(screen.getByText(words)).toBeVisible()
  await expect.poll(() => desktop.asked).toContainEqual(['whyUnreachable', serverUrl])
  await expect.element(screen.getByText(words)).toBeVisible()
})

test('what the server itself has said is not asked about', async () => {
  const { call, desktop } = await openWindow()
  call.set({ phase: 'failed', problem: 'room-full', serverUrl: 'http://192.168.1.20:8001', asked: null })
  await expect.element(screen.getByRole('heading', { name: 'The meeting is full.' })).toBeVisible()
  expect(desktop.asked.map(([name]) => name)).not.toContain('whyUnreachable')
})
