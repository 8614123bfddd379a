import { startSignallingServer } from './server.ts'
import { readEnvironment } from './environment.ts'

/** Level, event and fields on one line of stderr. */
const log = (level: string, event: string, fields: object) => {
  if (level === 'error' || level === 'warn') console.error(`${level} ${event} ${JSON.stringify(fields)}`)
}

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE') return 'The port is already in use; choose another one with PORT.'
  return error.message
}

try {
  const server = await startSignallingServer({ ...readEnvironment(), log })
  console.log(`listening on ${server.url}`)
  const stop = () => void server.close().then(() => process.exit(0))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
} catch (error) {
  console.error(explain(error))
  process.exitCode = 1
}
