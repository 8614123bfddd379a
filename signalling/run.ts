import { openRedisCluster } from './cluster/open-cluster.ts'
import { readEnvironment } from './environment.ts'
import { openMetrics } from './http/metrics.ts'
import { createJsonLog } from './json-log.ts'
import { startSignallingServer, type SignallingServer, type SignallingServerOptions } from './server.ts'

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE') return 'The port is already in use; choose another one with PORT.'
  return error.message
}

/**
 * Runs a server as the environment of this process says, until the process is told to end. Null when it can not start: then
 * it has said why, and the process ends with 1.
 */
export const runServer = async ({
  tls,
  describeHost,
  succession,
}: Pick<SignallingServerOptions, 'tls' | 'describeHost' | 'succession'> = {}): Promise<SignallingServer | null> => {
  try {
    const { logLevel, metrics, redisUrl, ...options } = readEnvironment()
    const server = await startSignallingServer({
      ...options,
      ...{ tls, describeHost, succession },
      log: createJsonLog(logLevel),
      metrics: metrics && ((sources) => openMetrics(metrics, sources)),
      openCluster: redisUrl === undefined ? undefined : openRedisCluster(redisUrl),
    })
    console.log(`listening on ${server.url}`)
    const stop = () => void server.close().then(() => process.exit(0))
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
    return server
  } catch (error) {
    console.error(explain(error))
    process.exitCode = 1
    return null
  }
}
