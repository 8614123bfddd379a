import { expect, test } from 'vitest'
import { page as screen, userEvent } from 'vitest/browser'
import { joinedState } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const button = (name: string | RegExp) => screen.getByRole('button', { name })

test('going live is offered with what it means', async () => {
  await openWindow({ state: joinedState({ serverUrl: 'http://192.168.1.20:8001' }) })
  await button(/^People/).click()
  await expect.element(button('Go live')).toBeVisible()
  await expect.element(screen.getByText(/Anybody with the link can watch and hear you/)).toBeVisible()
})

test('a server that cannot be reached is said in words, and the focus stays where it was', async () => {
  await openWindow({ state: joinedState({ serverUrl: location.origin }), platform: 'browser' })
  await button(/^People/).click()
  await expect.element(button('Go live')).toBeVisible()
  button('Go live').element().focus()
  await userEvent.keyboard('{Enter}')
  await expect.element(button('Starting…')).toHaveFocus()
  await expect
    .element(screen.getByRole('alert').getByText('The server cannot be reached.'), { timeout: 15_000 })
    .toBeVisible()
  await expect.element(button('Go live')).toHaveFocus()
  await expect.element(screen.getByText('You are live')).not.toBeInTheDocument()
})

test('a meeting that goes on at another server has no stream there yet, nor what went wrong at the former one', async () => {
  const { call } = await openWindow({ state: joinedState({ serverUrl: location.origin }), platform: 'browser' })
  await button(/^People/).click()
  await button('Go live').click()
  const problem = screen.getByRole('alert').getByText('The server cannot be reached.')
  await expect.element(problem, { timeout: 15_000 }).toBeVisible()
  call.set(joinedState({ serverUrl: 'http://127.0.0.1:9' }))
  await expect.element(problem).not.toBeInTheDocument()
  await expect.element(button('Go live')).toBeVisible()
})
