import { describe, expect, test } from 'vitest'
import { page as screen, userEvent } from 'vitest/browser'
import { joinedState, onDevice, openDoor, person, you } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const button = (name: string) => screen.getByRole('button', { name, exact: true })
const item = (name: string) => screen.getByRole('menuitem', { name })
const ben = person('Ben')
const cleo = person('Cleo', { microphoneOn: false })
const asHost = (change: Parameters<typeof joinedState>[0] = {}) =>
  joinedState({ hosts: [you], people: [ben, cleo], ...change })

const openPeople = async (state = asHost()) => {
  const opened = await openWindow({ state })
  await button('People').click()
  return opened
}

describe('one of the others', () => {
  test('is muted or made a host from their menu', async () => {
    const { call } = await openPeople()
    await button('Options for Ben').click()
    await item('Mute').click()
    await button('Options for Ben').click()
    await item('Make host').click()
    await expect
      .poll(() => call.asked)
      .toEqual([
        ['mutePerson', ben.id],
        ['promotePerson', ben.id],
      ])
  })

  test('who is silent cannot be muted, and a host not made one', async () => {
    await openPeople(asHost({ hosts: [you, cleo.id] }))
    await button('Options for Cleo').click()
    await expect.element(item('Mute')).toHaveAttribute('aria-disabled', 'true')
    await expect.element(item('Make host')).not.toBeInTheDocument()
    expect(screen.getByRole('complementary').getByText('Host', { exact: true }).all()).toHaveLength(2)
  })

  test('is removed only after a question, and the focus stays in the panel', async () => {
    const { call } = await openPeople()
    await button('Options for Ben').click()
    await item('Remove').click()
    const question = screen.getByRole('alertdialog', { name: 'Remove Ben?' })
    await expect.element(question.getByText('They can only come back if you let them in.')).toBeVisible()
    await question.getByRole('button', { name: 'Cancel' }).click()
    await expect.element(button('Options for Ben')).toHaveFocus()
    expect(call.asked).toEqual([])
    await button('Options for Ben').click()
    await item('Remove').click()
    await question.getByRole('button', { name: 'Remove' }).click()
    await expect.poll(() => call.asked).toEqual([['removePerson', ben.id]])
    await expect.element(question).not.toBeInTheDocument()
  })

  test('a refusal is said in the question, which stays', async () => {
    const { call } = await openPeople()
    call.refusal = 'not-host'
    await button('Options for Ben').click()
    await item('Remove').click()
    const question = screen.getByRole('alertdialog')
    await question.getByRole('button', { name: 'Remove' }).click()
    await expect.element(question.getByRole('alert').filter({ hasText: 'Only a host of the meeting' })).toBeVisible()
  })

  test('keys that are pressed in a menu or a question do nothing else', async () => {
    const { media } = await openPeople()
    await button('Options for Ben').click()
    await expect.element(item('Mute')).toBeVisible()
    await userEvent.keyboard('m')
    await userEvent.keyboard('{Escape}')
    await expect.element(item('Mute')).not.toBeInTheDocument()
    await expect.element(screen.getByRole('complementary')).toBeVisible()
    expect(media.asked.filter(([verb]) => verb === 'setMicrophone')).toEqual([])
  })
})

describe('everyone', () => {
  test('the meeting is locked and unlocked, as it is and not as was pressed', async () => {
    const { call } = await openPeople()
    await button('Lock meeting').click()
    await expect.poll(() => call.asked).toEqual([['changeRoom', { locked: true }]])
    call.set(asHost({ door: { ...openDoor, locked: true } }))
    await expect.element(screen.getByText('The meeting is locked. Nobody else comes in.')).toBeVisible()
    await button('Unlock meeting').click()
    await expect.poll(() => call.asked.at(-1)).toEqual(['changeRoom', { locked: false }])
  })

  test('those who can be heard are muted', async () => {
    const { call } = await openPeople()
    await button('Mute everyone').click()
    await expect.poll(() => call.asked).toEqual([['mutePerson', ben.id]])
  })

  test('the meeting is ended from the panel, after a question', async () => {
    const { call } = await openPeople()
    await button('End for everyone').click()
    const question = screen.getByRole('alertdialog', { name: 'End the meeting for everyone?' })
    await question.getByRole('button', { name: 'Cancel' }).click()
    await expect.element(button('End for everyone')).toHaveFocus()
    await button('End for everyone').click()
    await question.getByRole('button', { name: 'End for everyone' }).click()
    await expect.poll(() => call.asked).toEqual([['endRoom']])
  })

  test('Leave leaves at once, and beside it the meeting can be ended', async () => {
    const { call } = await openWindow({ state: asHost() })
    await button('More ways to end').click()
    await item('End for everyone').click()
    await screen.getByRole('alertdialog').getByRole('button', { name: 'End for everyone' }).click()
    await expect.poll(() => call.asked).toEqual([['endRoom']])
    await button('Leave').click()
    await expect.poll(() => call.asked.at(-1)).toEqual(['leave'])
  })
})

test('whoever is no host sees who is one, and none of what only they can do', async () => {
  await openPeople(joinedState({ hosts: [ben.id], people: [ben, cleo] }))
  await expect.element(screen.getByRole('complementary').getByText('Host', { exact: true })).toBeVisible()
  for (const name of ['Options for Ben', 'Lock meeting', 'Mute everyone', 'End for everyone', 'More ways to end']) {
    await expect.element(button(name)).not.toBeInTheDocument()
  }
})

describe('what a host does to oneself', () => {
  test('being muted is said until the microphone is on again', async () => {
    const { call, media } = await openWindow({ state: joinedState({ people: [ben] }) })
    media.set({ microphone: onDevice('audio') })
    await expect.element(button('Turn microphone off')).toBeVisible()
    call.tell({ kind: 'muted', name: '' })
    await expect.element(screen.getByText('A host turned your microphone off.').first()).toBeVisible()
    await expect.element(screen.getByText('Turn it on again when you want to speak.')).toBeVisible()
    await button('Turn microphone on').click()
    await expect.element(screen.getByText('Turn it on again when you want to speak.')).not.toBeInTheDocument()
  })

  test('becoming a host is said until it is read', async () => {
    const { call } = await openWindow({ state: joinedState({ people: [ben] }) })
    await expect.element(button('People')).toBeVisible()
    call.set(asHost())
    call.tell({ kind: 'host', name: 'Ann' })
    await expect.element(screen.getByText(/Under “People”/)).toBeVisible()
    await button('Dismiss').click()
    await expect.element(screen.getByText(/Under “People”/)).not.toBeInTheDocument()
  })
})
