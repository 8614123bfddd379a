import { ErrorReply } from '@redis/client'
import type { Clock } from '../domain/clock.ts'
import type { Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'

interface RetriesBase {
  readonly clock: Clock
  readonly log: Log
  readonly limits: Pick<ServerLimits, 'clusterRetryMs'>
}

/** When to ask Redis again: after a while, or as soon as it is known to be there. */
export class Retries {
  readonly #base: RetriesBase
  readonly #waiting = new Set<() => void>()
  #isRefusing = false

  constructor(base: RetriesBase) {
    this.#base = base
  }

  /** Waits until it is worth another attempt. What Redis itself refuses is logged once, until `worked`. */
  async after(fault: unknown): Promise<void> {
    if (fault instanceof ErrorReply && !this.#isRefusing) {
      this.#isRefusing = true
      // What Redis says begins with its kind, such as OOM; the rest may repeat what it was given.
      this.#base.log('error', 'redis-refuses', { kind: fault.message.split(' ', 1)[0] ?? '' })
    }
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const go = () => resolve(undefined)
    this.#waiting.add(go)
    const cancel = this.#base.clock.schedule(this.#base.limits.clusterRetryMs, go)
    await promise
    cancel()
    this.#waiting.delete(go)
  }

  worked(): void {
    this.#isRefusing = false
  }

  /** Everybody who waits tries again now. */
  wake(): void {
    for (const go of this.#waiting) go()
  }
}
