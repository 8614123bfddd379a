import type { Clock } from './domain/clock.ts'
import { contain, type Log } from './log.ts'

/** The real clock. A fault in what was scheduled is logged and goes no further. */
export const createSystemClock = (log: Log): Clock => ({
  now: () => Date.now(),
  schedule: (delayMs, run) => {
    const timer = setTimeout(() => contain(log, 'timer-fault', run), delayMs)
    return () => clearTimeout(timer)
  },
})
