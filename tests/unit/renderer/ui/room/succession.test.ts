import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { page as screen } from 'vitest/browser'
import type { CallState } from '#renderer/call/call-state.ts'
import { parseInvitation } from '#renderer/call/invitation.ts'
import { code, identity, joinedState, person, you, type DesktopDouble } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

type Joined = Extract<CallState, { phase: 'joined' }>

const button = (name: string) => screen.getByRole('button', { name, exact: true })
const main = screen.getByRole('main')
const shown = (words: string | RegExp) => main.getByText(words)
const ben = person('Ben')
const guest = (change: Partial<Joined> = {}) =>
  joinedState({ serverUrl: 'https://192.168.1.77:8001', people: [ben], ...change })
const lost = (heir: string | null) => guest({ server: 'reconnecting', hosting: { phase: 'lost', heir } })
const ownHosting = { phase: 'own', former: ['p'.repeat(43)] } as const
const benHosts = guest({
  serverUrl: 'https://192.168.1.30:8001',
  hosting: { phase: 'other', host: { pin: identity.pin, addresses: ['192.168.1.30:8001'] }, name: 'Ben' },
})
const ended: CallState = {
  phase: 'ended',
  reason: 'left',
  room: { code, title: 'Tuesday' },
  serverUrl: 'http://127.0.0.1:8001',
  durationMs: 60_000,
  metNames: ['Ben'],
}
const host = (desktop: DesktopDouble) => {
  desktop.host = desktop.hostAfterStart
}

describe('while no computer hosts', () => {
  test('it is said who goes on, and nothing else', async () => {
    const { call } = await openWindow({ state: guest() })
    call.set(guest({ server: 'reconnecting' }))
    await expect.element(shown(/Reconnecting to the meeting/)).toBeVisible()
    call.set(lost('Ben'))
    await expect.element(shown('The computer that hosts the meeting is gone.')).toBeVisible()
    await expect.element(shown('Sound and picture go on. Ben’s computer is taking over…')).toBeVisible()
    await expect.element(shown(/Reconnecting to the meeting/)).not.toBeInTheDocument()
    call.set(lost(''))
    await expect.element(shown('Sound and picture go on. Another computer is taking over…')).toBeVisible()
    call.set(guest({ server: 'reconnecting', hosting: { phase: 'taking-over' } }))
    await expect.element(shown('Your computer is taking over the meeting…')).toBeVisible()
    call.set(guest())
    await expect.element(shown(/is gone/)).not.toBeInTheDocument()
  })

  test('and nobody can go on, it is said what still works, who has to come back, and why it is gone', async () => {
    const { call, desktop } = await openWindow({ prepare: (made) => void (made.unreachable = 'timed-out') })
    call.set(lost(null))
    await expect.element(shown(/^Sound and picture go on\. Whoever hosts has to come back/)).toBeVisible()
    // The state is told anew all the time.
    const timer = setInterval(() => call.set(lost(null)), 250)
    await expect.element(shown(/^The computer does not answer\./), { timeout: 10_000 }).toBeVisible()
    clearInterval(timer)
    expect(desktop.asked.filter(([name]) => name === 'whyUnreachable')).toHaveLength(1)
    call.set({ ...lost(null), people: [] })
    await expect.element(shown(/^Whoever hosts has to come back for others/)).toBeVisible()
  })

  test('the question for an access token stays', async () => {
    const { call } = await openWindow({ state: guest() })
    call.set({ ...lost('Ben'), server: 'access-denied' })
    await expect.element(shown('The server asks for a new access token.')).toBeVisible()
    await expect.element(shown(/is gone/)).not.toBeInTheDocument()
  })
})

describe('once another computer hosts', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('it is said which, until it was read', async () => {
    const { call } = await openWindow({ state: guest() })
    await expect.element(button('People')).toBeVisible()
    call.set(lost('Ben'))
    call.set(benHosts)
    await expect.element(shown('The meeting now runs on Ben’s computer.')).toBeVisible()
    call.set({ ...benHosts })
    await button('Dismiss').click()
    await expect.element(shown('The meeting now runs on Ben’s computer.')).not.toBeInTheDocument()
    call.set(guest())
    await expect.element(shown('The meeting runs on the first computer again.')).toBeVisible()
    vi.advanceTimersByTime(11_000)
    await expect.element(shown('The meeting runs on the first computer again.')).not.toBeInTheDocument()
  })

  test('this one: to keep Earshot open, which is all that a new host is told', async () => {
    const { call } = await openWindow({ state: guest() })
    await expect.element(button('People')).toBeVisible()
    call.set(guest({ hosting: { phase: 'taking-over' } }))
    call.set(joinedState({ people: [ben], hosts: [you], hosting: ownHosting }))
    call.tell({ kind: 'host', name: 'Ann' })
    await expect.element(shown('The meeting now runs on your computer.')).toBeVisible()
    await expect.element(shown('Keep Earshot open.')).toBeVisible()
    await expect
      .element(screen.getByRole('status').filter({ hasText: /runs on your computer\. Keep Earshot open\./ }))
      .toBeInTheDocument()
    await expect.element(shown(/Under “People”/)).not.toBeInTheDocument()
  })

  test('and is lost as well, the former word is taken back', async () => {
    const { call } = await openWindow({ state: guest() })
    await expect.element(button('People')).toBeVisible()
    call.set(benHosts)
    await expect.element(shown(/now runs on Ben’s/)).toBeVisible()
    call.set({ ...benHosts, server: 'reconnecting', hosting: { phase: 'lost', heir: null } })
    await expect.element(shown(/now runs on Ben’s/)).not.toBeInTheDocument()
  })
})

test('whoever took over invites to this computer, and has the options of a host', async () => {
  const { call, desktop } = await openWindow({ state: guest() })
  await button('People').click()
  await expect.element(button('Meeting options')).not.toBeInTheDocument()
  desktop.tell('hostChanged', desktop.hostAfterStart)
  call.set(joinedState({ people: [ben], hosts: [you], hosting: ownHosting }))
  await button('Meeting options').click()
  const sheet = screen.getByRole('dialog', { name: 'Meeting options' })
  await expect.element(sheet.getByText('Addresses of this computer')).toBeVisible()
  const link = sheet.getByRole('textbox', { name: 'Link to the meeting' }).element() as HTMLInputElement
  expect(parseInvitation(link.value)).toMatchObject({ host: { pin: identity.pin, addresses: ['192.168.1.20:8001'] } })
})

describe('leaving at the computer that hosts', () => {
  const hint = /^The meeting goes on as long as Earshot stays open here, and after that on another computer/
  const leave = button('Leave')

  test('with others in says before and after what becomes of them', async () => {
    const { call } = await openWindow({ prepare: host })
    call.set(joinedState({ people: [ben] }))
    await expect.element(leave).toHaveAccessibleDescription(hint)
    call.set(ended)
    await expect.element(main.getByText(hint)).toBeVisible()
  })

  test('alone or elsewhere it says nothing of it', async () => {
    const { call } = await openWindow({ prepare: host })
    call.set(joinedState())
    await expect.element(leave).toBeVisible()
    await expect.element(leave).not.toHaveAccessibleDescription(hint)
    call.set(guest())
    await expect.element(leave).not.toHaveAccessibleDescription(hint)
    call.set({ ...ended, serverUrl: 'https://192.168.1.77:8001' })
    await expect.element(main.getByText('1 minute with Ben.')).toBeVisible()
    await expect.element(main.getByText(hint)).not.toBeInTheDocument()
  })
})
