import { join } from 'node:path'
import electronLog from 'electron-log/node.js'

/**
 * error: the person lost something. warn: we recovered. info: one line per change of phase.
 * Never SDP, tokens or names.
 */
export interface Log {
  error: (message: string) => void
  warn: (message: string) => void
  info: (message: string) => void
  /** The same log with `scope` before each line. */
  scoped: (scope: string) => Log
}

/** One such file and one former (main.old.log) are kept. */
const MAX_FILE_BYTES = 2 * 1024 * 1024
const MAX_LINE_LENGTH = 4000

/** A line stays a line: control characters, which could forge further ones, are shown as a middle dot. */
const oneLine = (message: string): string => message.replace(/\p{Cc}+/gu, ' · ').slice(0, MAX_LINE_LENGTH)

/** Opens main.log in `folder`; also on the console when `toConsole` (development). */
export const openLog = (folder: string, toConsole: boolean): Log => {
  const logger = electronLog.create({ logId: folder })
  logger.transports.file.resolvePathFn = () => join(folder, 'main.log')
  logger.transports.file.maxSize = MAX_FILE_BYTES
  logger.transports.file.writeOptions = { flag: 'a', mode: 0o600, encoding: 'utf8' }
  logger.transports.file.level = 'info'
  logger.transports.console.level = toConsole ? 'info' : false
  const scoped = (scope: string): Log => {
    const prefix = scope === '' ? '' : `[${scope}] `
    return {
      error: (message) => logger.error(prefix + oneLine(message)),
      warn: (message) => logger.warn(prefix + oneLine(message)),
      info: (message) => logger.info(prefix + oneLine(message)),
      scoped: (inner) => scoped(scope === '' ? inner : `${scope} ${inner}`),
    }
  }
  return scoped('')
}

/**
 * Lets at most `max` lines through in any window of `windowMs`, then says once how many were dropped when it opens again:
 * a page in a loop must not rotate the lines away that tell why.
 */
export const limitLines = (log: Log, max: number, windowMs: number, now: () => number): Log => {
  let windowStart = -Infinity
  let lines = 0
  let dropped = 0
  const through = (write: (message: string) => void) => (message: string) => {
    if (now() - windowStart >= windowMs) {
      if (dropped > 0) log.warn(`${dropped} lines were dropped`)
      windowStart = now()
      lines = 0
      dropped = 0
    }
    if (lines < max) write(message)
    else dropped += 1
    lines += 1
  }
  return {
    error: through((message) => log.error(message)),
    warn: through((message) => log.warn(message)),
    info: through((message) => log.info(message)),
    scoped: (scope) => limitLines(log.scoped(scope), max, windowMs, now),
  }
}
