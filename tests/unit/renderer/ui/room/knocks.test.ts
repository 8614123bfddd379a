import { expect, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import type { CallState } from '#renderer/call/call-state.ts'
import { joinedState, person, you } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const button = (name: string) => screen.getByRole('button', { name, exact: true })
const card = screen.getByRole('region', { name: 'Who wants to join' })
const knock = (name: string, wasRemoved = false) => ({ id: person(name).id, name, wasRemoved })
const hosting = (...knocks: readonly ReturnType<typeof knock>[]): CallState => joinedState({ hosts: [you], knocks })

test('one who knocks is shown at once, and announced', async () => {
  const { call } = await openWindow({ state: hosting() })
  await expect.element(card).not.toBeInTheDocument()
  call.set(hosting(knock('Ben')))
  call.tell({ kind: 'knock', name: 'Ben' })
  await expect.element(card.getByText('Ben wants to join')).toBeVisible()
  await expect.element(screen.getByText('Ben wants to join.')).toBeInTheDocument()
  await expect.element(button('Admit')).toHaveAccessibleDescription('Ben wants to join')
  await expect.element(card.getByText(/removed before/)).not.toBeInTheDocument()
})

test('Admit and Decline answer, each for who is shown', async () => {
  const { call } = await openWindow({ state: hosting(knock('Ben')) })
  await button('Admit').click()
  call.set(hosting(knock('Cleo')))
  await button('Decline').click()
  await expect
    .poll(() => call.asked)
    .toEqual([
      ['answerKnock', knock('Ben').id, true],
      ['answerKnock', knock('Cleo').id, false],
    ])
})

test('whoever was removed before is marked', async () => {
  await openWindow({ state: hosting(knock('Ben', true)) })
  await expect.element(card.getByText(/was removed before/)).toBeVisible()
})

test('many are counted, the rest is shown among the people, and all are let in by one press', async () => {
  const names = ['Ben', 'Cleo', 'Dora', 'Emil', 'Finn']
  const { call } = await openWindow({ state: hosting(...names.map((name) => knock(name))) })
  await expect.element(card.getByText('5 people want to join')).toBeVisible()
  expect(card.getByRole('listitem').all()).toHaveLength(3)
  await button('And 2 others: show all').click()
  const panel = screen.getByRole('complementary')
  await expect.element(panel.getByText('Finn')).toBeVisible()
  // One place at a time.
  expect(card.all()).toHaveLength(1)
  await button('Admit all').click()
  await expect.poll(() => call.asked).toEqual(names.map((name) => ['answerKnock', knock(name).id, true]))
})

test('the focus goes on to the next one, and into the meeting after the last', async () => {
  const { call } = await openWindow({ state: hosting(knock('Ben'), knock('Cleo')) })
  await button('Admit').first().click()
  call.set(hosting(knock('Cleo')))
  await expect.element(button('Admit')).toHaveFocus()
  call.set(hosting())
  await expect.element(screen.getByRole('main')).toHaveFocus()
})

test('a press that was meant for somebody else lets nobody in', async () => {
  const { call } = await openWindow({ state: hosting(knock('Ben'), knock('Cleo')) })
  await button('Admit').first().click()
  call.set(hosting(knock('Cleo')))
  await expect.poll(() => getComputedStyle(card.element()).pointerEvents).toBe('none')
  await expect.poll(() => getComputedStyle(card.element()).pointerEvents).toBe('auto')
})

test('why somebody could not be let in is said there', async () => {
  const { call } = await openWindow({ state: hosting(knock('Ben')) })
  call.refusal = 'room-full'
  await button('Admit').click()
  await expect.element(card.getByRole('alert').filter({ hasText: 'The meeting is full.' })).toBeVisible()
})
