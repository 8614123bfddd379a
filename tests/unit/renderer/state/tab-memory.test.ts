import { afterEach, expect, test } from 'vitest'
import { openTabMemory } from '#renderer/state/tab-memory.ts'

afterEach(() => {
  sessionStorage.clear()
})

test('a record outlives the object that kept it, and null forgets it', () => {
  openTabMemory('test').save({ token: 'a' })
  expect(openTabMemory('test').load()).toEqual({ token: 'a' })
  expect(openTabMemory('other').load()).toBeNull()
  openTabMemory('test').save(null)
  expect(openTabMemory('test').load()).toBeNull()
  expect(sessionStorage).toHaveLength(0)
})

test('what is not ours counts as nothing', () => {
  sessionStorage.setItem('test', '{broken')
  expect(openTabMemory('test').load()).toBeNull()
})
