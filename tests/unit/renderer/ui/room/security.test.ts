import { describe, expect, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import type { Person, RoomPhrase, Trust } from '#renderer/call/call-state.ts'
import { securityOf } from '#renderer/ui/room/security.ts'
import { joinedState, person } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const ready: RoomPhrase = { phase: 'ready', words: ['cool', 'chimney', 'lock', 'open'] }
const trusted = (...trusts: readonly Trust[]): readonly Person[] =>
  trusts.map((trust, index) => person(['Ben', 'Cleo', 'Dora'][index] ?? '', { trust }))
const button = (name: string | RegExp) => screen.getByRole('button', { name })
const dialog = screen.getByRole('dialog', { name: 'Security' })
const same = dialog.getByRole('button', { name: 'They are the same' })

describe('what is known of all together is the worst of each', () => {
  test.each([
    [['verified', 'verified'], 'verified', []],
    [['verified', 'invited'], 'invited', []],
    [['verified', 'checking'], 'checking', []],
    [['checking', 'unverified', 'invited'], 'unverified', ['Cleo']],
    [['unverified', 'intercepted'], 'intercepted', ['Cleo']],
  ] as const)('%s: %s', (trusts, level, names) => {
    expect(securityOf(trusted(...trusts), ready, true)).toMatchObject({ level, names })
  })

  test('another key than the verified one outweighs an invitation', () => {
    const people = [person('Ben', { trust: 'invited', hasNewKey: true }), person('Cleo', { trust: 'unverified' })]
    expect(securityOf(people, ready, true)).toEqual({ level: 'new-key', tone: 'warning', names: ['Ben'] })
  })

  test('words that differ are an alarm, whoever is verified', () => {
    expect(securityOf(trusted('verified'), { phase: 'different' }, true)?.tone).toBe('alarm')
  })

  test('a page that cannot check says so, and alone there is nothing to say', () => {
    expect(securityOf(trusted('unverified'), { phase: 'none' }, false)?.level).toBe('insecure')
    expect(securityOf([], { phase: 'none' }, true)).toBeNull()
  })
})

describe('people', () => {
  test.each([
    ['checking', 'Checking…'],
    ['unverified', 'Not verified'],
    ['invited', 'Invited'],
    ['verified', 'Verified in person'],
    ['intercepted', 'Somebody may be in between'],
  ] as const)('%s is said in words', async (trust, words) => {
    await openWindow({ state: joinedState({ people: trusted(trust) }) })
    await button('People').click()
    await expect.element(screen.getByRole('listitem').nth(1).getByText(words)).toBeVisible()
  })

  test('another key and the way that sound and picture take are said in the list and on the tile', async () => {
    const people = [person('Ben', { trust: 'invited', hasNewKey: true, path: 'host' })]
    await openWindow({ state: joinedState({ people }) })
    const tile = screen.getByRole('group', { name: 'Ben', exact: true })
    await expect.element(tile.getByText('Not the key you verified')).toBeVisible()
    await expect.element(tile.getByText('through the host')).toBeInTheDocument()
    await button('People').click()
    const row = screen.getByRole('listitem').nth(1)
    await expect.element(row.getByText('This is not the key you verified for Ben.')).toBeVisible()
    await expect.element(row.getByText('Good connection, through the host')).toBeVisible()
  })
})

test('an alarm stays in the room and on the tile, and leads to what to do', async () => {
  const { call } = await openWindow({ state: joinedState({ people: trusted('invited', 'intercepted') }) })
  const what = 'Somebody may be in between you and Cleo'
  await expect.element(screen.getByRole('alert').filter({ hasText: what })).toBeVisible()
  const tile = screen.getByRole('group', { name: 'Cleo', exact: true })
  await expect.element(tile.getByText('Somebody may be in between')).toBeVisible()
  await button('What to do').click()
  await expect.element(dialog.getByText(/Nothing of your sound and picture goes to Cleo/)).toBeVisible()
  await dialog.getByRole('button', { name: 'Close' }).click()
  await expect.element(button('What to do')).toBeVisible()
  call.set(joinedState({ people: trusted('invited', 'invited') }))
  await expect.element(button('What to do')).not.toBeInTheDocument()
})

test('an alarm is seen and pressed in an open panel, too, and said once', async () => {
  await openWindow({ state: joinedState({ people: trusted('intercepted') }) })
  const panel = screen.getByRole('complementary')
  await button('Chat').click()
  await expect.element(panel.getByText('Somebody may be in between you and Ben')).toBeVisible()
  expect(screen.getByRole('alert').filter({ hasText: 'between you and Ben' }).all()).toHaveLength(1)
  await panel.getByRole('button', { name: 'What to do' }).click()
  await dialog.getByRole('button', { name: 'Close' }).click()
  await button('Close chat').click()
  await button('People').click()
  await expect.element(panel.getByText('Somebody may be in between you and Ben')).toBeVisible()
})

describe('the words of the meeting', () => {
  const openSecurity = async (phrase: RoomPhrase) => {
    const opened = await openWindow({ state: joinedState({ people: trusted('unverified'), phrase }) })
    await button('People').click()
    await button(/^Security/).click()
    return opened
  }

  test('are shown, and confirmed by one press', async () => {
    const { call } = await openSecurity(ready)
    await expect.element(dialog.getByRole('list', { name: 'Words: cool, chimney, lock, open' })).toBeVisible()
    await same.click()
    await expect.poll(() => call.asked).toEqual([['confirmPhrase']])
    await expect.element(dialog.getByText(/is verified from now on/)).toHaveFocus()
    await expect.element(same).not.toBeInTheDocument()
  })

  test('are compared anew when somebody comes, and not by a press that was meant for the former ones', async () => {
    const { call } = await openSecurity(ready)
    await same.click()
    await expect.element(same).not.toBeInTheDocument()
    const other: RoomPhrase = { phase: 'ready', words: ['feel', 'evoke', 'nephew', 'page'] }
    call.set(joinedState({ people: trusted('unverified', 'unverified'), phrase: other }))
    await expect.element(same).toHaveAttribute('aria-disabled', 'true')
    await expect.element(same).toHaveAttribute('aria-disabled', 'false')
    await same.click()
    await expect.poll(() => call.asked).toHaveLength(2)
  })

  test('that differ: what to do, and nobody is verified', async () => {
    const { call } = await openSecurity(ready)
    await dialog.getByRole('button', { name: 'They differ' }).click()
    await expect.element(dialog.getByText('Then somebody may be in between')).toBeVisible()
    await dialog.getByRole('button', { name: 'Compare again' }).click()
    await expect.element(same).toBeVisible()
    await dialog.getByRole('button', { name: 'They differ' }).click()
    await dialog.getByRole('button', { name: 'Leave the meeting' }).click()
    await expect.poll(() => call.asked).toEqual([['leave']])
  })

  test.each([
    [{ phase: 'waiting' }, /The words are being made/],
    [{ phase: 'different' }, /do not come to the same words/],
  ] as const)('%o is said in words', async (phrase, sentence) => {
    await openSecurity(phrase)
    await expect.element(dialog.getByText(sentence)).toBeVisible()
    await expect.element(same).not.toBeInTheDocument()
  })
})
