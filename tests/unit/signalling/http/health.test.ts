import { expect, test } from 'vitest'
import { healthOf, RecentFault } from '#signalling/http/health.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

test('[H8] the first reason not to be sent people is told, and none of it makes the process unwell', () => {
  const checks = [() => null, () => 'stopping', () => 'store-failed']
  expect(healthOf('/health/ready', checks)).toEqual({ status: 503, body: '{"status":"stopping"}' })
  for (const path of ['/health', '/health/live']) expect(healthOf(path, checks)).toMatchObject({ status: 200 })
  expect(healthOf('/health/else', checks)).toBeNull()
})

test('[H8] a fault of the store counts for a while, from the last one on', () => {
  const clock = new ManualClock()
  const fault = new RecentFault(clock, 1000)
  expect(fault.isRecent()).toBe(false)
  fault.note()
  clock.advance(600)
  fault.note()
  clock.advance(999)
  expect(fault.isRecent()).toBe(true)
  clock.advance(1)
  expect(fault.isRecent()).toBe(false)
})
