import { expect, test } from 'vitest'
import { offererOf, opponentAmong, type Manner, type Mannered, type Offerer } from '#signalling/domain/manners.ts'

const manners: Manner[] = ['perfect', 'insider-offers', 'one-opponent', 'answers']
const peer = (id: string, manner: Manner, opponent: string | null = null): Mannered => ({ id, manner, opponent })

/** By the newcomer, then by the insider, in the order of `manners`; a `one-opponent` newcomer was told of nobody. */
const expected: Record<Manner, Offerer[]> = {
  perfect: ['either', 'insider', 'newcomer', 'newcomer'],
  'insider-offers': ['insider', 'insider', 'insider', 'newcomer'],
  'one-opponent': ['insider', 'insider', 'insider', 'newcomer'],
  answers: ['insider', 'insider', 'insider', 'insider'],
}

test.each(manners)('with a newcomer that is %s, exactly one side offers to each insider', (newcomer) => {
  expect(manners.map((insider) => offererOf(peer('in', insider), peer('new', newcomer)))).toEqual(expected[newcomer])
})

test('a one-opponent newcomer offers to the one it was told of, and only to that one', () => {
  const newcomer = peer('new', 'one-opponent', 'in')
  expect(offererOf(peer('in', 'perfect'), newcomer)).toBe('newcomer')
  expect(offererOf(peer('in', 'one-opponent'), newcomer)).toBe('newcomer')
  expect(offererOf(peer('other', 'perfect'), newcomer)).toBe('insider')
})

test('the opponent is the first inside that does not offer to newcomers by itself', () => {
  expect(opponentAmong([])).toBeNull()
  expect(opponentAmong([peer('a', 'insider-offers'), peer('b', 'answers')])).toBeNull()
  expect(opponentAmong([peer('a', 'insider-offers'), peer('b', 'one-opponent'), peer('c', 'perfect')])).toBe('b')
  expect(opponentAmong([peer('a', 'perfect'), peer('b', 'one-opponent')])).toBe('a')
})

test('only sides that can offer at this moment are made to', () => {
  for (const insider of manners)
    for (const newcomer of manners) {
      const offerer = offererOf(peer('in', insider), peer('new', newcomer))
      // Whoever waits for offers of insiders is never asked to offer to one who does so itself.
      if (offerer === 'newcomer') expect(insider).not.toBe('insider-offers')
      if (offerer === 'newcomer') expect(newcomer).not.toBe('answers')
    }
})
