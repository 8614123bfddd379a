import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BarVisibility } from '#renderer/ui/room/bar-visibility.svelte.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('the bar hides when nobody has moved for some seconds, and comes back with a movement', () => {
  const bar = new BarVisibility(() => false)
  expect(bar.isShown).toBe(true)
  vi.advanceTimersByTime(3000)
  bar.wake()
  vi.advanceTimersByTime(3000)
  expect(bar.isShown).toBe(true)
  vi.advanceTimersByTime(2000)
  expect(bar.isShown).toBe(false)
  bar.wake()
  expect(bar.isShown).toBe(true)
  bar.close()
})

test('the bar stays for as long as something holds it', () => {
  let isHeld = true
  const bar = new BarVisibility(() => isHeld)
  vi.advanceTimersByTime(60_000)
  expect(bar.isShown).toBe(true)
  isHeld = false
  expect(bar.isShown).toBe(false)
  bar.close()
})

test('a closed bar leaves no timer behind', () => {
  const bar = new BarVisibility(() => false)
  bar.close()
  expect(vi.getTimerCount()).toBe(0)
})
