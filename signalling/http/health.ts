import type { Clock } from '../domain/clock.ts'

/** Why the server should be sent nobody now, in one word, or null. */
export type ReadyCheck = () => string | null

export interface HealthAnswer {
  readonly status: 200 | 503
  readonly body: string
}

const WELL: HealthAnswer = { status: 200, body: '{ "status": "ok" }' }

/**
 * `/health` and `/health/live`: the process answers, do not restart it. `/health/ready`: it may be sent people; 503 with the
 * reason while it may not. Answers null for every other path.
 */
export const healthOf = (path: string, checks: readonly ReadyCheck[]): HealthAnswer | null => {
  if (path === '/health' || path === '/health/live') return WELL
  if (path !== '/health/ready') return null
  for (const check of checks) {
    const reason = check()
    if (reason !== null) return { status: 503, body: JSON.stringify({ status: reason }) }
  }
  return WELL
}

/** Not ready for a while after something failed, since it may well fail the next one, too. */
export class RecentFault {
  readonly #clock: Clock
  readonly #forMs: number
  #until = 0

  constructor(clock: Clock, forMs: number) {
    this.#clock = clock
    this.#forMs = forMs
  }

  note(): void {
    this.#until = this.#clock.now() + this.#forMs
  }

  isRecent(): boolean {
    return this.#clock.now() < this.#until
  }
}
