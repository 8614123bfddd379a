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
    ['open', 'http://192.168.1.20:8001', 'k7mq2xvd9thr'],
    ['open', 'http://192.168.1.20:8001', 'k7mq2xvd9thr'],
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
