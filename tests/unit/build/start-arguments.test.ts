import { expect, test } from 'vitest'
import { parseStartArguments } from '#build/start-arguments.ts'

test('without arguments the app starts as this person', () => {
  expect(parseStartArguments([])).toEqual({ profile: null, isPatient: true, forApp: [] })
})

test('the app gets everything but what is for the start alone', () => {
  expect(parseStartArguments(['--retry-electron', '--profile=2', 'earshot://join/x'])).toEqual({
    profile: '2',
    isPatient: false,
    forApp: ['--profile=2', 'earshot://join/x'],
  })
})
