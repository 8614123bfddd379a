import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Registry, type Histogram } from 'prom-client'
import { isLoopback } from './addresses.ts'
import { Access, tokensOf } from './access.ts'
import { HttpRefusal, type ExchangeRequest, type Route } from './router.ts'
import { DURATION_BOUNDS, type Metrics, type MetricsSources, type Tally } from '../metrics.ts'

export interface MetricsOptions {
  /** Whoever shows it may read; without one only this machine may. */
  readonly token?: string | undefined
}

const QUANTILES = [50, 90, 99]
/** How far apart two looks at the event loop are. What is measured beyond that is delay. */
const LOOP_RESOLUTION_MS = 20

type Values = readonly (readonly [label: string, value: number])[]

/** prom-client writes whatever a metric's `get` answers. Its own histogram would cost a signal more than it costs to relay it. */
const durationMetric = (tally: Tally): Histogram => {
  const name = 'earshot_request_duration_seconds'
  const get = () => {
    const values = [...tally.requests].flatMap(([request, { counts, sum }]) => {
      let total = 0
      const buckets = counts.map((count, at) => {
        total += count
        return { metricName: `${name}_bucket`, labels: { request, le: DURATION_BOUNDS[at] ?? '+Inf' }, value: total }
      })
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels: { request }, value: sum },
        { metricName: `${name}_count`, labels: { request }, value: total },
      ]
    })
    return {
      name,
      help: 'Time from a request to its answer, by request.',
      type: 'histogram',
      aggregator: 'sum',
      values,
    }
  }
  return { name, get } as unknown as Histogram
}

const addGauge = (registry: Registry, name: string, help: string, read: () => number): void => {
  new Gauge({
    ...{ name, help, registers: [registry] },
    collect() {
      this.set(read())
    },
  })
}

const addGauges = (registry: Registry, name: string, help: string, label: string, read: () => Values): void => {
  new Gauge({
    ...{ name, help, registers: [registry], labelNames: [label] },
    collect() {
      this.reset()
      for (const [key, value] of read()) this.set({ [label]: key }, value)
    },
  })
}

const addCounters = (registry: Registry, name: string, help: string, label: string, read: () => Values): void => {
  new Counter({
    ...{ name, help, registers: [registry], labelNames: [label] },
    collect() {
      this.reset()
      for (const [key, value] of read()) this.inc({ [label]: key }, value)
    },
  })
}

const addCounter = (registry: Registry, name: string, help: string, read: () => number): void => {
  new Counter({
    ...{ name, help, registers: [registry] },
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}

const addMeeting = (registry: Registry, { connections, census, relayedSignals, tally }: MetricsSources): void => {
  addGauges(registry, 'earshot_connections', 'Open connections, by transport.', 'transport', () => [...connections()])
  addGauge(registry, 'earshot_rooms', 'Rooms, empty ones included.', () => census().rooms)
  addGauge(registry, 'earshot_peers', 'People in rooms, those away included.', () => census().peers)
  addGauge(registry, 'earshot_calls', 'Rooms in which there are at least two.', () => census().calls)
  addCounter(registry, 'earshot_relayed_signals_total', 'Signals handed from one to another.', relayedSignals)
  addCounters(registry, 'earshot_refused_total', 'Refused requests and connections, by reason.', 'reason', () => [
    ...tally.refused,
  ])
  registry.registerMetric(durationMetric(tally))
}

const addRelay = (registry: Registry, relay: NonNullable<MetricsSources['relay']>): void => {
  addGauge(
    registry,
    'earshot_relay_allocations',
    'Ways through the own relay that stand open.',
    () => relay.figures.allocations,
  )
  addCounter(registry, 'earshot_relay_packets_total', 'Packets that it handed on.', () => relay.figures.packets)
  addCounter(registry, 'earshot_relay_bytes_total', 'Bytes in them.', () => relay.figures.bytes)
}

const addProcess = (registry: Registry): (() => void) => {
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  loop.enable()
  const help = 'Delay of the event loop since it was last asked for, by quantile.'
  addGauges(registry, 'earshot_event_loop_delay_seconds', help, 'quantile', () => {
    const delayS = (percent: number) => Math.max(0, loop.percentile(percent) / 1e9 - LOOP_RESOLUTION_MS / 1000)
    const values: Values = QUANTILES.map((percent) => [String(percent / 100), delayS(percent)])
    loop.reset()
    return values
  })
  addGauge(registry, 'process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss())
  addGauge(registry, 'nodejs_heap_used_bytes', 'Of that, JavaScript objects.', () => process.memoryUsage().heapUsed)
  addCounter(registry, 'process_cpu_seconds_total', 'Processor time of the process.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  addGauge(registry, 'process_start_time_seconds', 'When the process began, in Unix time.', () =>
    Math.round(Date.now() / 1000 - process.uptime()),
  )
  return () => loop.disable()
}

/**
 * Whether the one who asks is a program on this machine: neither somebody behind a reverse proxy on it, nor a web page
 * in a browser on it.
 */
const isLocal = ({ headers, socket }: ExchangeRequest): boolean =>
  isLoopback(socket.remoteAddress ?? '') &&
  [headers['x-forwarded-for'], headers.forwarded, headers.via, headers.origin].every((said) => said === undefined)

/** `GET /metrics` in the text format of Prometheus 0.0.4. */
export const openMetrics = ({ token }: MetricsOptions, sources: MetricsSources): Metrics => {
  const registry = new Registry()
  addMeeting(registry, sources)
  if (sources.relay !== null) addRelay(registry, sources.relay)
  const close = addProcess(registry)
  const access = token === undefined ? null : new Access({ token, scope: 'all' })
  const handle: Route['handle'] = async ({ request, response }) => {
    if (access === null && !isLocal(request)) throw new HttpRefusal(404, 'There is nothing at this address.')
    if (access !== null && !access.mayEnter(tokensOf(request)))
      throw new HttpRefusal(401, 'Show the token of the metrics.')
    const text = await registry.metrics()
    response.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' })
    response.end(request.method === 'HEAD' ? undefined : text)
  }
  return { routes: [{ method: 'GET', path: '/metrics', hasOwnProof: true, handle }], close }
}
