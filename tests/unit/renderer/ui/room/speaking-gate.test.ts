import { expect, test } from 'vitest'
import { SpeakingGate } from '#renderer/ui/room/speaking-gate.ts'

test('a voice opens the gate at once, and a pause between words keeps it open', () => {
  const gate = new SpeakingGate()
  expect(gate.hear(0, 0)).toBe(false)
  expect(gate.hear(0.6, 20)).toBe(true)
  expect(gate.hear(0, 300)).toBe(true)
  expect(gate.hear(0.6, 500)).toBe(true)
  expect(gate.hear(0, 1000)).toBe(true)
})

test('the gate closes after a longer silence, and a fan never opens it', () => {
  const gate = new SpeakingGate()
  expect(gate.hear(0.6, 0)).toBe(true)
  expect(gate.hear(0.2, 700)).toBe(false)
  for (let nowMs = 800; nowMs < 3000; nowMs += 20) expect(gate.hear(0.2, nowMs)).toBe(false)
})
