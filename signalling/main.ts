import { startSignallingServer } from './server.ts'
import { readEnvironment } from './environment.ts'
import { openRedisCluster } from './cluster/open-cluster.ts'
import { openMetrics } from './http/metrics.ts'
import { createJsonLog } from './json-log.ts'

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE') return 'The port is already in use; choose another one with PORT.'
  return error.message
}

try {
  const { logLevel, metrics, redisUrl, ...options } = readEnvironment()
  const server = await startSignallingServer({
    ...options,
    log: createJsonLog(logLevel),
    metrics: metrics && ((sources) => openMetrics(metrics, sources)),
    openCluster: redisUrl === undefined ? undefined : openRedisCluster(redisUrl),
  })
  console.log(`listening on ${server.url}`)
  const stop = () => void server.close().then(() => process.exit(0))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
} catch (error) {
  console.error(explain(error))
  process.exitCode = 1
}
