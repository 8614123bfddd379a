import { describe, expect, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import type { Person } from '#renderer/call/call-state.ts'
import { joinedState, person } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const tile = (name: string) => screen.getByRole('group', { name, exact: true })
const button = (name: string | RegExp) => screen.getByRole('button', { name })
const dialog = screen.getByRole('dialog', { name: 'Connection to Ben' })
const open = async (ben: Partial<Person>) => await openWindow({ state: joinedState({ people: [person('Ben', ben)] }) })

const firewall = { link: 'connecting', trouble: { kind: 'firewall', side: 'they' } } as const

describe('somebody to whom there is no way', () => {
  test('has the cause on the tile, and what to do behind "Why?"', async () => {
    const { call } = await open(firewall)
    await expect.element(tile('Ben').getByText('Ben’s firewall is in the way')).toBeVisible()
    await button('Why? Ben is not connected').click()
    await expect.element(dialog.getByText('Ben’s firewall lets nothing in.')).toBeVisible()
    await expect
      .element(dialog.getByText(/^Ben: allow Earshot.* in the firewall for private networks\.$/))
      .toBeVisible()
    // The cause is gone: the dialog stays, and says so.
    call.set(joinedState({ people: [person('Ben', { path: 'direct', roundTripMs: 20 })] }))
    await expect.element(dialog.getByText('You and Ben are connected.')).toBeVisible()
    await expect.element(dialog.getByText('About 20 ms')).toBeVisible()
    await expect.element(tile('Ben').getByText(/firewall/)).not.toBeInTheDocument()
  })

  test('on the side that has to act it is said to act', async () => {
    await open({ link: 'unreachable', trouble: { kind: 'firewall', side: 'you' } })
    await expect.element(tile('Ben').getByText('Your firewall is in the way')).toBeVisible()
    await button('Why? Ben is not connected').click()
    await expect.element(dialog.getByText(/^Allow Earshot/)).toBeVisible()
  })

  test('has no cause as long as none is known, and what may be after 30 s', async () => {
    const { call } = await open({ link: 'connecting' })
    await expect.element(tile('Ben').getByText('Connecting…')).toBeVisible()
    await expect.element(button(/^Why/)).not.toBeInTheDocument()
    call.set(joinedState({ people: [person('Ben', { link: 'unreachable' })] }))
    await button('Why? Ben is not connected').click()
    await expect.element(dialog.getByText(/not known yet/)).toBeVisible()
  })

  test('has it in the list of people, too', async () => {
    await open(firewall)
    await button(/^People/).click()
    await expect.element(screen.getByRole('listitem').getByText('Ben’s firewall is in the way')).toBeVisible()
    await button('Connection to Ben').click()
    await expect.element(dialog.getByText('Ben’s firewall lets nothing in.')).toBeVisible()
  })
})

describe('somebody who is connected', () => {
  test('has the plain facts in the list of people', async () => {
    await open({ path: 'direct', roundTripMs: 5 })
    await button(/^People/).click()
    await button('Connection to Ben').click()
    await expect.element(dialog.getByText('Directly, from computer to computer')).toBeVisible()
    await expect.element(dialog.getByText('About 5 ms')).toBeVisible()
    await expect.element(dialog.getByText('Good connection')).toBeVisible()
    await expect.element(dialog.getByText('Why not directly')).not.toBeInTheDocument()
  })

  test('through the host it is said why not directly, when that is known', async () => {
    await open({ path: 'host', detour: { kind: 'isolated' } })
    await button(/^People/).click()
    await button('Connection to Ben').click()
    await expect.element(dialog.getByText('Through the computer that hosts the meeting')).toBeVisible()
    await expect.element(dialog.getByText(/keeps your computer and Ben’s apart/)).toBeVisible()
  })

  test('has no picture because their camera could not be opened, and that is said', async () => {
    await open({ deviceProblems: { camera: 'in-use', microphone: null } })
    await expect.element(tile('Ben').getByText('Ben’s camera could not be opened')).toBeVisible()
    await button(/^People/).click()
    await button('Connection to Ben').click()
    await expect.element(dialog.getByText('Ben, for the camera: close the other app that uses it.')).toBeVisible()
  })
})

describe('a server that is lost in a meeting', () => {
  test('is said why after a while', { timeout: 20_000 }, async () => {
    const { desktop, call } = await openWindow({ prepare: (made) => void (made.unreachable = 'timed-out') })
    const wasAsked = () => desktop.asked.filter(([name]) => name === 'whyUnreachable')
    call.set(joinedState({ people: [person('Ben')], server: 'reconnecting' }))
    await expect.element(screen.getByText('Reconnecting to the meeting. The call goes on.')).toBeVisible()
    expect(wasAsked()).toEqual([])
    await expect.poll(wasAsked, { timeout: 10_000 }).toEqual([['whyUnreachable', 'http://127.0.0.1:8001']])
    await expect.element(screen.getByText(/^The computer does not answer\./)).toBeVisible()
    call.set(joinedState({ people: [person('Ben')] }))
    await expect.element(screen.getByText(/^The computer does not answer\./)).not.toBeInTheDocument()
  })
})
