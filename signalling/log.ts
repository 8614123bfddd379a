export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

/**
 * Where the server says what it did. `error`: somebody lost something; `warn`: it recovered; `info`: one line a phase.
 * Fields never hold names, tokens, room codes, session descriptions or chat.
 */
export type Log = (level: LogLevel, event: string, fields: Readonly<Record<string, string | number | boolean>>) => void

/** Runs something that the outside world set off; a fault in it is logged and goes no further. Answers if it went well. */
export const contain = (log: Log, event: string, run: () => void): boolean => {
  try {
    run()
    return true
  } catch (fault) {
    log('error', event, { fault: String(fault) })
    return false
  }
}
