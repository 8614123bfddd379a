import type { Route } from './http/router.ts'

/** Seconds. From what a relayed signal costs up to what a person would call broken. */
export const DURATION_BOUNDS = [0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5] as const

/** How long requests of one name took: how many were within each bound, and all together. */
export class Durations {
  /** One more than there are bounds: the last is for what took longer than all of them. */
  readonly counts: number[] = Array.from({ length: DURATION_BOUNDS.length + 1 }, () => 0)
  sum = 0

  observe(seconds: number): void {
    let at = 0
    while (at < DURATION_BOUNDS.length && seconds > (DURATION_BOUNDS[at] ?? Infinity)) at += 1
    this.counts[at] = (this.counts[at] ?? 0) + 1
    this.sum += seconds
  }
}

/**
 * What is counted while requests go by. Plain increments, because it stands beside relaying; http/metrics.ts puts it into
 * Prometheus' words when it is asked. Names of requests and reasons are the server's own, never a client's.
 */
export class Tally {
  readonly requests = new Map<string, Durations>()
  readonly refused = new Map<string, number>()

  /** `startedAt`: `performance.now()` before the request was handled. */
  took(request: string, startedAt: number): void {
    let durations = this.requests.get(request)
    if (durations === undefined) {
      durations = new Durations()
      this.requests.set(request, durations)
    }
    durations.observe((performance.now() - startedAt) / 1000)
  }

  refuse(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }
}

/** What a relay has done, and has to do. */
export interface RelayFigures {
  readonly allocations: number
  /** Handed from one to another. */
  readonly packets: number
  /** Of those, without headers. */
  readonly bytes: number
}

/** Where the figures are that are only looked at when somebody asks. */
export interface MetricsSources {
  readonly tally: Tally
  /** Open connections by transport. */
  readonly connections: () => ReadonlyMap<string, number>
  /** `calls`: rooms in which there are at least two. */
  readonly census: () => { readonly rooms: number; readonly peers: number; readonly calls: number }
  readonly relayedSignals: () => number
  /** Of the server's own relay for sound and picture; null when there is none. */
  readonly relay: { readonly figures: RelayFigures } | null
}

export interface Metrics {
  readonly routes: readonly Route[]
  /** Stops measuring. */
  readonly close: () => void
}

/**
 * Makes what answers for the figures. Handed in by whoever starts the server (`openMetrics` of http/metrics.ts), so that the
 * desktop's server does not carry it along.
 */
export type OpenMetrics = (sources: MetricsSources) => Metrics
