import { expect, test } from 'vitest'
import { Holdings } from '#signalling/cluster/holdings.ts'

test('a place is known by the code of its room as long as the room is there', () => {
  const holdings = new Holdings()
  holdings.add('name:standup')
  expect(holdings.codeOf('name:standup')).toBe('')
  holdings.occupy('name:standup', '0123456789ab')
  expect([holdings.keyOf('0123456789ab'), holdings.codeOf('name:standup')]).toEqual(['name:standup', '0123456789ab'])
  holdings.add('name:standup')
  expect(holdings.keyOf('0123456789ab')).toBe('name:standup')
  holdings.occupy('name:standup', 'ab0123456789')
  expect([holdings.keyOf('0123456789ab'), holdings.keyOf('ab0123456789')]).toEqual([undefined, 'name:standup'])
  holdings.vacate('name:standup')
  expect([holdings.keyOf('ab0123456789'), holdings.has('name:standup')]).toEqual([undefined, true])
})

test('what is removed is not known by its code either, and is removed once', () => {
  const holdings = new Holdings()
  holdings.occupy('code:0123456789ab', '0123456789ab')
  expect(holdings.remove('code:0123456789ab')).toBe(true)
  expect(holdings.remove('code:0123456789ab')).toBe(false)
  expect([holdings.keys, holdings.keyOf('0123456789ab')]).toEqual([[], undefined])
})
