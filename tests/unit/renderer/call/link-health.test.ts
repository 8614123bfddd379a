import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { healthTimes, LinkHealth, patientTimes } from '#renderer/call/link-health.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const open = ({ times = healthTimes } = {}) => {
  const health = new LinkHealth({ random: () => 0, times })
  const attempts: number[] = []
  const start = performance.now()
  const phases: string[] = []
  health.on('attempt', () => attempts.push(performance.now() - start))
  health.on('changed', (phase) => phases.push(phase))
  health.begin()
  return { health, attempts, phases }
}

/** Heard once a second. */
const hear = (health: LinkHealth, seconds: number): void => {
  for (let second = 0; second < seconds; second++) {
    health.heard()
    vi.advanceTimersByTime(1000)
  }
}

describe('a new link', () => {
  it('gets time before it is helped, then attempts at growing pauses, and is unreachable after 30 s', () => {
    const { health, attempts, phases } = open()
    vi.advanceTimersByTime(healthTimes.graceMs - 1)
    expect(attempts).toEqual([])
    vi.advanceTimersByTime(20_000)
    expect(attempts).toEqual([4000, 4500, 5500, 7000, 9000, 11_000, 18_000])
    expect(health.phase).toBe('connecting')
    vi.advanceTimersByTime(healthTimes.unreachableMs)
    expect(phases).toEqual(['unreachable'])
    expect(attempts.at(-1)).toBeGreaterThan(healthTimes.unreachableMs)
  })

  it('is connected as soon as it is heard', () => {
    const { health, attempts } = open()
    health.heard()
    expect(health.phase).toBe('connected')
    hear(health, 60)
    expect(attempts).toEqual([])
    health.close()
  })
})

describe('a link that was heard', () => {
  it('is tried again after 2.5 s of silence, and well when it is heard again', () => {
    const { health, attempts, phases } = open()
    hear(health, 10)
    attempts.length = 0
    vi.advanceTimersByTime(1499)
    expect(health.phase).toBe('connected')
    vi.advanceTimersByTime(251)
    expect(health.phase).toBe('reconnecting')
    expect(attempts).toHaveLength(1)
    health.heard()
    vi.advanceTimersByTime(2000)
    expect(attempts).toHaveLength(1)
    expect(phases).toEqual(['connected', 'reconnecting', 'connected'])
    health.close()
  })

  it('is tried at once when the browser gives the path up', () => {
    const { health, attempts } = open()
    hear(health, 10)
    health.lost()
    expect(health.phase).toBe('reconnecting')
    expect(attempts).toHaveLength(1)
    health.close()
  })

  it('is doubted for the time of one answer only', () => {
    const { health } = open()
    hear(health, 10)
    health.doubt()
    vi.advanceTimersByTime(500)
    health.heard()
    vi.advanceTimersByTime(1000)
    expect(health.phase).toBe('connected')
    health.doubt()
    vi.advanceTimersByTime(healthTimes.probeMs + 250)
    expect(health.phase).toBe('reconnecting')
    health.close()
  })

  it('begins its attempts anew when the way to the other side is back', () => {
    const { health, attempts } = open()
    hear(health, 10)
    vi.advanceTimersByTime(20_000)
    attempts.length = 0
    health.hurry()
    expect(attempts).toHaveLength(1)
    vi.advanceTimersByTime(1500)
    expect(attempts).toHaveLength(3)
    health.close()
  })

  it('counts 30 s without a path over all connections that were tried', () => {
    const { health } = open()
    hear(health, 5)
    for (let count = 0; count < 6; count++) {
      vi.advanceTimersByTime(6000)
      health.begin()
    }
    expect(health.phase).toBe('unreachable')
    health.close()
  })
})

describe('a link to a client of another system', () => {
  it('gets longer until it counts as silent, and time to come back by itself before it is helped', () => {
    const { health, attempts, phases } = open({ times: patientTimes })
    hear(health, 10)
    attempts.length = 0
    vi.advanceTimersByTime(patientTimes.silenceMs - 1000 - 1)
    expect(health.phase).toBe('connected')
    vi.advanceTimersByTime(251)
    expect(health.phase).toBe('reconnecting')
    vi.advanceTimersByTime(patientTimes.patienceMs - 251)
    expect(attempts).toEqual([])
    vi.advanceTimersByTime(501)
    expect(attempts).not.toEqual([])
    expect(phases).toEqual(['connected', 'reconnecting'])
    health.close()
  })
})
