import { describe, expect, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import type { HostState } from '#electron/ipc.ts'
import { greenRoomState, identity, joinedState, openDoor, person, you, type DesktopDouble } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const running: Extract<HostState, { phase: 'running' }> = {
  phase: 'running',
  url: 'http://127.0.0.1:8001',
  port: 8001,
  takenPort: null,
  addresses: [
    { card: 'wlan0', family: 'IPv4', address: '192.168.1.20', isVirtual: false },
    { card: 'tun0', family: 'IPv4', address: '10.8.0.2', isVirtual: true },
  ],
  identity,
}
const sheet = screen.getByRole('dialog', { name: 'Meeting options' })
const options = screen.getByRole('button', { name: 'Meeting options' })
const reach = sheet.getByRole('region', { name: 'Can others come in?' })
const card = (name: string) => sheet.getByRole('listitem').filter({ hasText: name })
const button = (name: string) => sheet.getByRole('button', { name })

/** In a meeting that is hosted here, as a host of it, with the sheet open. */
const openSheet = async ({
  prepare,
  ...change
}: Parameters<typeof joinedState>[0] & { prepare?: (desktop: DesktopDouble) => void } = {}) => {
  const state = joinedState({ hosts: [you], ...change })
  const opened = await openWindow({
    state,
    platform: 'win32',
    prepare: (desktop) => {
      desktop.host = running
      prepare?.(desktop)
    },
  })
  await screen.getByRole('button', { name: 'People' }).click()
  await options.click()
  await expect.element(sheet).toBeVisible()
  return { ...opened, state }
}
const changes = (asked: readonly unknown[][]) =>
  asked.filter(([verb]) => verb === 'changeRoom').map(([, change]) => change)

describe('options', () => {
  test('each is asked for at once, by itself', async () => {
    const { call } = await openSheet()
    await sheet.getByRole('textbox', { name: 'Meeting name' }).fill('  Plan   B ')
    await sheet.getByRole('switch', { name: 'Knock to enter' }).click()
    await sheet.getByRole('switch', { name: 'Lock the meeting' }).click()
    await sheet.getByRole('combobox', { name: 'People at most' }).selectOptions('4')
    await expect
      .poll(() => changes(call.asked))
      .toEqual([{ title: 'Plan B' }, { knock: true }, { locked: true }, { capacity: 4 }])
  })

  test('they show what is so, not what was pressed, and follow what another host does', async () => {
    const { call, state } = await openSheet()
    const knock = sheet.getByRole('switch', { name: 'Knock to enter' })
    await knock.click()
    await expect.poll(() => changes(call.asked)).toHaveLength(1)
    await expect.element(knock).not.toBeChecked()
    call.set({ ...state, room: { ...state.room, title: 'Plan C', capacity: 8 }, door: { ...openDoor, knock: true } })
    await expect.element(knock).toBeChecked()
    await expect.element(sheet.getByRole('textbox', { name: 'Meeting name' })).toHaveValue('Plan C')
    await expect.element(sheet.getByRole('combobox', { name: 'People at most' })).toHaveValue('8')
  })

  test('a refusal is said in words, and nothing has changed', async () => {
    const { call } = await openSheet()
    call.refusal = 'not-host'
    const capacity = sheet.getByRole('combobox', { name: 'People at most' })
    await capacity.selectOptions('4')
    await expect
      .element(sheet.getByRole('alert').filter({ hasText: 'Only a host of the meeting can do that.' }))
      .toBeVisible()
    await expect.element(capacity).toHaveValue('16')
    call.refusal = null
    await sheet.getByRole('switch', { name: 'Lock the meeting' }).click()
    await expect.element(sheet.getByText('Only a host of the meeting can do that.')).not.toBeInTheDocument()
  })

  test('an empty name leaves the former', async () => {
    const { call } = await openSheet()
    const name = sheet.getByRole('textbox', { name: 'Meeting name' })
    await name.fill('  ')
    await sheet.getByRole('textbox', { name: 'Password' }).click()
    await expect.element(name).toHaveValue('Tuesday')
    expect(changes(call.asked)).toEqual([])
  })

  test('a password is hidden until it is to be seen, set, changed and taken away', async () => {
    const { call, state } = await openSheet()
    const field = sheet.getByLabelText('Password', { exact: true })
    await expect.element(field).toHaveAttribute('type', 'password')
    await expect.element(button('Set')).toHaveAttribute('aria-disabled', 'true')
    await field.fill('open sesame')
    await button('Show password').click()
    await expect.element(field).toHaveAttribute('type', 'text')
    await button('Set').click()
    await expect.poll(() => changes(call.asked)).toEqual([{ password: 'open sesame' }])
    call.set({ ...state, door: { ...openDoor, hasPassword: true } })
    await expect.element(sheet.getByText('Whoever joins has to know the password.')).toBeVisible()
    await expect.element(button('Change')).toBeVisible()
    await button('Remove password').click()
    await expect.poll(() => changes(call.asked).at(-1)).toEqual({ password: null })
    await expect.element(field).toHaveValue('')
  })

  test('a password that is refused says why beside it', async () => {
    const { call } = await openSheet()
    call.refusal = 'too-many-requests'
    await sheet.getByLabelText('Password', { exact: true }).fill('open sesame')
    await button('Set').click()
    await expect.element(sheet.getByRole('alert').filter({ hasText: 'That was too much at once.' })).toBeVisible()
    await expect.element(sheet.getByLabelText('Password', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  })

  test('what this network sees is a setting', async () => {
    const { desktop } = await openSheet()
    await expect.element(sheet.getByRole('radio', { name: 'The meeting’s name and yours' })).toBeChecked()
    await sheet.getByRole('radio', { name: 'Nothing' }).click()
    await expect.poll(() => desktop.settings.announce).toBe('nothing')
    await expect.element(sheet.getByRole('radio', { name: 'Nothing' })).toBeChecked()
    desktop.changeSettings = () => Promise.reject(new Error('refused'))
    await sheet.getByRole('radio', { name: 'That there is a meeting' }).click()
    await expect.element(sheet.getByText('This could not be saved. Try again.')).toBeVisible()
    await expect.element(sheet.getByRole('radio', { name: 'Nothing' })).toBeChecked()
  })

  test('in front of the meeting whoever made it decides already', async () => {
    const { call, page } = await openWindow({ prepare: (desktop) => (desktop.host = running) })
    call.host = () => {
      call.set(greenRoomState())
      return Promise.resolve()
    }
    await page.meetings.host()
    await options.click()
    await expect.element(sheet.getByRole('switch').first()).toBeVisible()
    await expect.element(sheet.getByRole('radio', { name: 'Nothing' })).toBeVisible()
  })

  test('who is no host has none', async () => {
    await openWindow({ state: joinedState({ hosts: [person('Ben').id], people: [person('Ben')] }) })
    await screen.getByRole('button', { name: 'People' }).click()
    await expect.element(screen.getByRole('button', { name: 'Copy link' })).toBeVisible()
    await expect.element(options).not.toBeInTheDocument()
  })
})

describe('the invitation', () => {
  test('is there as code, link, and QR code, which fills the window on a click', async () => {
    await openSheet()
    await expect.element(sheet.getByLabelText('Code: k7mq-2xvd-9thr')).toBeVisible()
    await expect
      .poll(() => (sheet.getByRole('textbox', { name: 'Link to the meeting' }).element() as HTMLInputElement).value)
      .toMatch(/^https:\/\/192\.168\.1\.20:8001\/r\/k7mq2xvd9thr#/)
    await button('Show the QR code large').click()
    const large = screen.getByRole('dialog', { name: 'Scan to join' })
    await expect.element(large.getByRole('img', { name: 'QR code of the invitation' })).toBeVisible()
    await large.getByRole('button', { name: 'Close' }).click()
    await expect.element(large).not.toBeInTheDocument()
    await expect.element(sheet).toBeVisible()
  })

  test('addresses stand by network card, and follow the network', async () => {
    const { desktop } = await openSheet()
    await expect.element(card('Wi-Fi').getByText('192.168.1.20:8001')).toBeVisible()
    await expect.element(card('VPN').getByText(/Others can seldom/)).toBeVisible()
    desktop.tell('hostChanged', {
      ...running,
      port: 8002,
      takenPort: 8001,
      addresses: [{ card: 'eth0', family: 'IPv6', address: 'fd00::1', isVirtual: false }],
    })
    await expect.element(card('Ethernet').getByText('[fd00::1]:8002')).toBeVisible()
    await expect.element(sheet.getByText('Wi-Fi')).not.toBeInTheDocument()
    await expect.element(sheet.getByText('Port 8001 was busy, so this meeting uses 8002.')).toBeVisible()
  })

  test('a server that is started again or has failed is said to be so', async () => {
    const { desktop } = await openSheet()
    desktop.tell('hostChanged', { phase: 'restarting', attempt: 1 })
    await expect.element(sheet.getByText(/is being started again/)).toBeVisible()
    desktop.tell('hostChanged', { phase: 'failed', reason: 'crashed' })
    await expect.element(sheet.getByText('The meeting server stopped by itself.')).toBeVisible()
  })

  test('for guests in a browser the fingerprint of the certificate is there to compare and to copy', async () => {
    await openSheet()
    await button('When somebody joins with a browser').click()
    const groups = sheet.getByRole('group', { name: 'Fingerprint of the certificate' })
    await expect.element(groups).toBeVisible()
    expect(groups.element().textContent.replaceAll(/\s/g, '')).toBe(identity.fingerprint.replaceAll(':', ''))
    await button('Copy fingerprint').click()
    await expect.element(sheet.getByRole('status').filter({ hasText: 'Fingerprint copied' })).toBeInTheDocument()
  })
})

describe('whether others can come in', () => {
  test('is tried when the sheet opens, when the network changes and when somebody came', async () => {
    const { call, desktop, state } = await openSheet()
    const checks = () => desktop.asked.filter(([verb]) => verb === 'checkReach').length
    await expect.element(reach.getByText('This computer answers at its addresses.')).toBeVisible()
    expect(checks()).toBe(1)
    desktop.tell('hostChanged', { ...running, addresses: running.addresses.slice(0, 1) })
    await expect.poll(checks).toBe(2)
    desktop.reach = { answering: ['192.168.1.20:8001'], firewall: 'unknown', multicast: true, wasReached: true }
    call.set({ ...state, people: [person('Ben')] })
    await expect.element(reach.getByText('Others can reach this computer.')).toBeVisible()
    expect(checks()).toBe(3)
  })

  test('what is in the way is named with the step to take, and can be checked again', async () => {
    const { desktop } = await openSheet({
      prepare: (double) => (double.reach = { answering: [], firewall: 'blocks', multicast: false, wasReached: false }),
    })
    await expect.element(reach.getByText('The firewall of this computer keeps others out.')).toBeVisible()
    await expect.element(reach.getByText(/Windows Security/)).toBeVisible()
    desktop.reach = { answering: ['192.168.1.20:8001'], firewall: 'lets-through', multicast: false, wasReached: false }
    await reach.getByRole('button', { name: 'Check again' }).click()
    await expect.element(reach.getByText('The firewall lets others in.')).toBeVisible()
    await expect.element(reach.getByText(/does not pass on announcements/)).toBeVisible()
  })

  test('a check that fails says so and leaves the way to try again', async () => {
    const { desktop } = await openSheet({ prepare: (double) => (double.reach = null) })
    await expect.element(reach.getByText('The check did not work.')).toBeVisible()
    desktop.reach = { answering: ['192.168.1.20:8001'], firewall: 'off', multicast: true, wasReached: true }
    await reach.getByRole('button', { name: 'Check again' }).click()
    await expect.element(reach.getByText('Others can reach this computer.')).toBeVisible()
  })

  test('on a server elsewhere there is nothing to check', async () => {
    const { desktop } = await openSheet({ serverUrl: 'https://meet.example' })
    await expect.element(sheet.getByRole('switch', { name: 'Knock to enter' })).toBeVisible()
    await expect.element(reach).not.toBeInTheDocument()
    await expect.element(sheet.getByRole('radio')).not.toBeInTheDocument()
    expect(desktop.asked).not.toContainEqual(['checkReach'])
  })
})
