import pino from 'pino'
import type { Log, LogLevel } from './log.ts'

/** What must never be logged. Nobody does; this is for the day that somebody does by mistake. */
const SECRET_FIELDS = [
  'sdp',
  'candidate',
  'token',
  'credential',
  'secret',
  'password',
  'name',
  'code',
  'room',
  'text',
  'peerId',
]

/**
 * One JSON object a line on stderr: `level`, `time` (ISO 8601), `event`, and the fields of the event. Written at once, so that
 * the last lines before the end of the process are there.
 */
export const createJsonLog = (level: LogLevel | 'silent'): Log => {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS, censor: '-' },
    },
    pino.destination({ fd: 2, sync: true }),
  )
  return (severity, event, fields) => logger[severity](fields, event)
}
