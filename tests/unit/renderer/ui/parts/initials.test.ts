import { expect, test } from 'vitest'
import { hueOf, initialsOf } from '#renderer/ui/parts/initials.ts'

test.each([
  ['Ann', 'A'],
  ['ann lee', 'AL'],
  ['Ana María de la Cruz', 'AC'],
  ['  ', ''],
  ['', ''],
  ['Ünal', 'Ü'],
  ['👩‍👩‍👧 family', '👩‍👩‍👧F'],
  ['李 小龍', '李小'],
])('%s stands as %s', (name, initials) => {
  expect(initialsOf(name)).toBe(initials)
})

test('a name always has the same hue, within the circle', () => {
  for (const name of ['Ann', 'Ben', '', '李']) {
    expect(hueOf(name)).toBe(hueOf(name))
    expect(hueOf(name)).toBeGreaterThanOrEqual(0)
    expect(hueOf(name)).toBeLessThan(360)
  }
  expect(hueOf('Ann')).not.toBe(hueOf('Ben'))
})
