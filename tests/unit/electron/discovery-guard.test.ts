import { expect, test } from 'vitest'
import { PacketGuard } from '#electron/discovery-guard.ts'

const ours = Buffer.from('............\x08_earshot\x04_tcp\x05local\x00')
const accepted = (guard: PacketGuard, count: number, sender: (index: number) => string, now: number): number =>
  Array.from({ length: count }, (_, index) => guard.accepts(ours, sender(index), now)).filter(Boolean).length

test('only packets about our service are looked at', () => {
  const guard = new PacketGuard()
  expect(guard.accepts(ours, '10.0.0.1', 0)).toBe(true)
  expect(guard.accepts(Buffer.from('............\x05_ipps\x04_tcp\x05local\x00'), '10.0.0.1', 0)).toBe(false)
  expect(guard.accepts(Buffer.alloc(0), '10.0.0.1', 0)).toBe(false)
})

test('a packet longer than any of ours is not', () => {
  expect(new PacketGuard().accepts(Buffer.concat([ours, Buffer.alloc(1500)]), '10.0.0.1', 0)).toBe(false)
})

test('of one sender 20 packets a second are looked at, and those of another still are', () => {
  const guard = new PacketGuard()
  expect(accepted(guard, 10_000, () => '10.0.0.1', 0)).toBe(20)
  expect(accepted(guard, 5, () => '10.0.0.2', 500)).toBe(5)
  expect(accepted(guard, 10_000, () => '10.0.0.1', 1000)).toBe(20)
})

test('of ten thousand senders 300 packets a second are looked at', () => {
  const guard = new PacketGuard()
  expect(accepted(guard, 10_000, (index) => `10.0.${index >> 8}.${index & 255}`, 0)).toBe(300)
  expect(accepted(guard, 10, (index) => `10.0.0.${index}`, 1000)).toBe(10)
})
